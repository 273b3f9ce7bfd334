// A small simulated world for the live engine's tests: an application document, a service whose latency follows its
// configuration and load, a platform, a metric source, and a clock that only the story moves. Tests only.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "engine/live_collaborators.h"
#include "engine/live_facts.h"
#include "engine/live_json.h"

namespace trimtab::engine::story {

using model::Configuration;
using model::RecommendationState;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

inline expr::Expression formula(std::string_view text) {
  return expr::Expression::parse(text).value();
}

inline model::Parameter number(std::string name, double min, double max, double step, double max_step, std::string unit,
                               model::ChangeEffect effect) {
  model::Parameter made;
  made.name = std::move(name), made.unit = std::move(unit), made.effect = effect;
  made.min = min, made.max = max, made.step = step, made.max_step = max_step;
  return made;
}

inline model::Metric metric(std::string name, model::MetricRole role, bool required = true) {
  model::Metric made;
  made.name = std::move(name), made.role = role, made.required = required;
  return made;
}

inline model::Application shop() {
  using model::MetricRole;
  model::Application made;
  made.name = "shop";
  made.revision = "r1";
  std::vector<model::Parameter> parameters{
      number("container.cpu_limit", 0.1, 2, 0.05, 0.25, "cores", model::ChangeEffect::kLive),
      number("container.memory_limit", 256, 1024, 16, 128, "MiB", model::ChangeEffect::kRestart),
      number("jvm.heap", 64, 768, 16, 128, "MiB", model::ChangeEffect::kRestart)};
  made.space = model::Space::create(std::move(parameters),
                                    {{formula("jvm.heap + 100 <= container.memory_limit"), "jvm.heap + 100 <= ..."}})
                   .value();
  made.metrics = {metric("arrivals", MetricRole::kLoad), metric("p95", MetricRole::kLatency),
                  metric("errors", MetricRole::kErrors),
                  metric("container.oom_kills", MetricRole::kOutOfMemory, false)};
  made.load_metric = "arrivals";
  const auto slo = [](std::string name, double bound) {
    return model::Slo{
        name, name + " <= " + std::to_string(static_cast<int>(bound * 100)) + " %", formula(name), true, bound, 0.95};
  };
  made.objective =
      model::Objective::create({{model::Direction::kMinimize,
                                 formula("40 * container.cpu_limit + 6 * container.memory_limit / 1024"), "cost"}},
                               {slo("p95", 250), slo("errors", 0.01)}, {})
          .value();
  made.prices = {"EUR", 20, 3, 0};
  made.cadence = {seconds(60), seconds(5), minutes(2), seconds(15), seconds(30), hours(1), 3, 3, 6};
  made.policy.mode = model::Mode::kRecommend;
  made.policy.tolerated_regression = 0.5;
  made.policy.bar_failed_for = hours(24);
  return made;
}

inline const Configuration kLive{{"container.cpu_limit", 1.0}, {"container.memory_limit", 512.0}, {"jvm.heap", 256.0}};

// The service and its platform. One replica's worth of truth is enough for the engine.
struct World {
  Configuration live = kLive;
  double load = 40;            // requests/s
  double cpu_seconds = 0.005;  // of work in a request
  double errors = 0;
  double noise = 0.02;
  bool healthy = true;
  std::string trouble;
  std::string disturbance;
  std::string release;
  int out_of_memory = 0;
  int exits = 0;
  std::string last_decision;
  std::optional<Error> metrics_error;
  std::optional<Error> live_error;
  std::map<std::string, MetricSample::Status> bad_samples;
  std::map<std::string, double> shown;  // what the runtime says of itself: metric -> value
  std::function<std::optional<Error>(const ApplyRequest&)> apply_error;
  std::function<void()> amid_apply;       // once, between two replicas; for platforms that can be stopped there
  std::vector<ApplyRequest> carried_out;  // changes that really touched the application
  Random random{7};

  double p95() {
    const double rho = load * cpu_seconds / live.number("container.cpu_limit").value_or(1);
    const double base = rho < 0.97 ? 20 / (1 - rho) : 2000;
    return base * std::exp(noise * random.normal());
  }
  WindowSamples window(const QueryMetrics& query) {
    WindowSamples made{query.start, query.end, {}};
    const std::map<std::string, double> truth{
        {"arrivals", load}, {"p95", p95()}, {"errors", errors}, {"container.oom_kills", 0}};
    for (const auto& [name, value] : truth) {
      const auto bad = bad_samples.find(name);
      const auto status = bad == bad_samples.end() ? MetricSample::Status::kUsable : bad->second;
      made.samples[name] = {value, 12, 12, query.end, status};
    }
    for (const auto& [name, value] : shown)
      made.samples[name] = {value, 12, 12, query.end, MetricSample::Status::kUsable};
    return made;
  }
  LiveState read(Instant at) const {
    LiveState state;
    state.at = at, state.configuration = live, state.fingerprint = live.fingerprint(), state.decision = last_decision;
    state.healthy = healthy, state.trouble = trouble, state.disturbance = disturbance, state.release = release;
    state.replicas = {{"shop-1", healthy, live, "1", exits, out_of_memory, trouble},
                      {"shop-2", true, live, "2", 0, 0, ""}};
    return state;
  }
  Result<LiveState> apply(const ApplyRequest& request, Instant at) {
    if (request.decision == last_decision && live == request.target) return read(at);  // idempotent
    if (!request.expected_fingerprint.empty() && request.expected_fingerprint != live.fingerprint()) {
      return fail(conflict("another configuration is live"));
    }
    if (apply_error) {
      if (auto error = apply_error(request)) return fail(*error);
    }
    live = request.target, last_decision = request.decision;
    out_of_memory = exits = 0, healthy = true, trouble.clear();
    carried_out.push_back(request);
    return read(at);
  }
};

// Cuts the CPU limit by 0.1 down to `least`.
inline ProposalSearch cutting_cpu(double least = 0.5) {
  return [least](const optimizer::Problem&, const optimizer::SafeSearchRequest& request) {
    optimizer::SafeSearchResult result;
    const double cpu = request.incumbent.number("container.cpu_limit").value_or(0);
    Configuration next = request.incumbent;
    next.set("container.cpu_limit", std::round((cpu - 0.1) * 20) / 20);
    const bool barred = std::ranges::any_of(request.barred, [&](const auto& one) { return one.configuration == next; });
    const bool frozen = std::ranges::find(request.frozen, "container.cpu_limit") != request.frozen.end();
    if (cpu - 0.1 < least - 1e-9 || barred || frozen) {
      result.none = optimizer::NoProposal{"no_safe_gain", "no configuration in reach is cheaper and safe"};
      return Result<optimizer::SafeSearchResult>(result);
    }
    result.proposal = optimizer::SafeProposal{next, 0.97, 0.1, "exploit", {{"p95", "ms", 25, 28, 25, 40, 60}}, {}, {}};
    return Result<optimizer::SafeSearchResult>(result);
  };
}

inline Result<optimizer::Posterior> fixed_prediction(const optimizer::Problem&, const optimizer::SafeSearchRequest&,
                                                     const std::string& metric, const Configuration&, double) {
  if (metric == "errors") return optimizer::Posterior{0, 0, 0.001};
  return optimizer::Posterior{30, 20, 50};
}

}  // namespace trimtab::engine::story
