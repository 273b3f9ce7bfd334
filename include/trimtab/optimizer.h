// Trimtab's optimiser as a library: finds the best configuration of a system in few measurements.
//
//   auto tuner = trimtab::Optimizer::create(trimtab::Space().integer("threads", 1, 64).minimize("time"), {});
//   auto next = tuner->ask();                                   // what to measure
//   tuner->tell(next->front().id, {{"time", measured}});        // what came out
//   auto best = tuner->best();
//
// The same as the command `trimtab optimize`: the same space documents, the same search, the same suggestions for the
// same seed and calls. Every fault is a value; nothing is thrown but std::bad_alloc. A refused call changes nothing.
// Not thread safe: one thread at a time uses an Optimizer; different ones are independent.
// Stable: within a major version declarations are only added. Needs C++23.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#define TRIMTAB_API __attribute__((visibility("default")))

namespace trimtab {

using Value = std::variant<double, std::string>;           // a number (integers are whole ones), or a category or level
using Values = std::map<std::string, Value, std::less<>>;  // a configuration: parameter -> value; active ones only
using Numbers = std::map<std::string, double, std::less<>>;  // metrics, or context variables such as the load

struct Fault {
  std::string code;     // "invalid_input", "not_found", "conflict", "data_loss", ...
  std::string message;  // what is wrong, and what to do
  std::string field;    // where: "parameters[2].max", "tell.metrics.p95"
};

template <class T>
using Outcome = std::expected<T, Fault>;

// A space document built in code. Faults show in Optimizer::create().
class TRIMTAB_API Space {
 public:
  struct Domain {
    bool log_scale = false;
    double step = 0;     // 0: none for reals, 1 for integers
    std::string when{};  // the parameter exists only where this formula holds: "gc == \"G1\""
  };

  Space& integer(std::string_view name, std::int64_t min, std::int64_t max, const Domain& domain);
  Space& integer(std::string_view name, std::int64_t min, std::int64_t max) { return integer(name, min, max, {}); }
  Space& real(std::string_view name, double min, double max, const Domain& domain);
  Space& real(std::string_view name, double min, double max) { return real(name, min, max, {}); }
  Space& categorical(std::string_view name, const std::vector<std::string>& values, std::string_view when = {});
  Space& ordinal(std::string_view name, const std::vector<std::string>& values, std::string_view when = {});
  Space& constraint(std::string_view formula);  // "heap + 300 <= memory"
  Space& minimize(std::string_view formula);    // of metrics and parameters; several goals: a front is searched
  Space& maximize(std::string_view formula);
  Space& slo(std::string_view bound);  // "p95 <= 250"
  Space& context(std::string_view name);
  Space& baseline(const Values& configuration);  // what runs now: it is measured first

  [[nodiscard]] std::string document() const;  // kind: Space

 private:
  Space& add(std::string_view list, std::string item);

  std::map<std::string, std::vector<std::string>, std::less<>> lists_;
  std::string baseline_;
};

struct Options {
  std::uint64_t seed = 1;
  int budget = 0;                     // measurements in all, 0: unknown; shapes the search, does not end it
  bool live = false;                  // bounded safe steps from the baseline, for production
  std::vector<std::string> priors{};  // texts of earlier runs: CSV, JSON lines or a saved state; not with live
};

struct Range {
  double mean = 0;
  double low = 0;  // low and high enclose 90 %
  double high = 0;
};

struct Suggestion {
  std::string id;
  Values configuration;
  double feasible = 1;                                   // probability that it does not fail and every SLO holds
  std::map<std::string, Range, std::less<>> prediction;  // by goal and SLO; empty before the first tell
  std::string why;
};

struct Told {
  std::string id;
  std::vector<double> goals;
  bool feasible = false;  // whether every SLO held
  // Not empty when this measurement shows that the system changed: the id of the first measurement that is still
  // believed. Earlier ones count as a prior only.
  std::string changed_since{};
};

struct Best {
  Values configuration;
  Numbers metrics;  // means of what was measured
  std::vector<double> goals;
  double confidence = 0;  // that every SLO holds
  int measurements = 0;
};

struct Share {
  std::string parameter;
  double share = 0;        // of the goal's variation that it explains by itself
  double interaction = 0;  // and only together with others
};

class TRIMTAB_API Optimizer {
 public:
  // `document`: a space document, YAML or JSON.
  [[nodiscard]] static Outcome<Optimizer> create(std::string_view document, const Options& options);
  [[nodiscard]] static Outcome<Optimizer> create(const Space& space, const Options& options);
  // From save(), with the same document and options: goes on exactly as the saved one would have. "data_loss" for text
  // that is not whole, "conflict" for another document, seed or priors.
  [[nodiscard]] static Outcome<Optimizer> restore(std::string_view document, const Options& options,
                                                  std::string_view saved);

  Optimizer(Optimizer&&) noexcept;
  Optimizer& operator=(Optimizer&&) noexcept;
  ~Optimizer();

  // 1 to 64 configurations to measure; ask again for more workers, tell in any order. Milliseconds each.
  [[nodiscard]] Outcome<std::vector<Suggestion>> ask(int count = 1, const Numbers& context = {});
  // Every metric that goals and SLOs need; finite numbers.
  Outcome<Told> tell(std::string_view id, const Numbers& metrics, const Numbers& context = {});
  // A point that was not suggested, or a repeated measurement.
  Outcome<Told> tell_point(const Values& configuration, const Numbers& metrics, const Numbers& context = {});
  Outcome<Told> tell_failed(std::string_view id, std::string_view reason);

  // Nothing while nothing told holds the SLOs.
  [[nodiscard]] Outcome<std::optional<Best>> best(const Numbers& context = {}) const;
  // What is expected of a configuration; without id and why. "unavailable" before the first measurement.
  [[nodiscard]] Outcome<Suggestion> predict(const Values& configuration, const Numbers& context = {}) const;
  // What explains the goal, the greatest share first.
  [[nodiscard]] Outcome<std::vector<Share>> explain() const;
  // What nothing told dominates.
  [[nodiscard]] Outcome<std::vector<Best>> pareto() const;

  // One sentence a prior: how it is taken.
  [[nodiscard]] std::vector<std::string> prior_notes() const;
  // Everything asked and told, as text for a file.
  [[nodiscard]] std::string save() const;

 private:
  struct Impl;
  explicit Optimizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace trimtab
