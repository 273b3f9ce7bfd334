// Goal and SLOs: what is minimised or maximised, and the bounds that must hold. Formulas over metrics and parameters.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "expr/expression.h"
#include "model/configuration.h"

namespace trimtab::model {

enum class Direction { kMinimize, kMaximize };

struct Goal {
  Direction direction = Direction::kMinimize;
  expr::Expression formula;
  std::string text;  // as the user wrote it
};

// value(metrics, parameters) <= bound (upper) or >= bound. A document's `throughput >= 0.95 * arrivals` becomes
// value = throughput / (0.95 * arrivals), bound = 1, so that every SLO compares one modelled number with a constant.
struct Slo {
  std::string name;  // unique: the text, or the metric's name in the long form
  std::string text;
  expr::Expression value;
  bool upper = true;
  double bound = 0;
  double confidence = 0.95;  // probability with which a recommendation must meet it

  [[nodiscard]] bool holds(double observed) const { return upper ? observed <= bound : observed >= bound; }
  // > 0 inside the bound, < 0 outside, relative to the bound's size (absolute when the bound is 0).
  [[nodiscard]] double margin(double observed) const;
};

// Prior knowledge: how a metric moves with a parameter, whatever the load.
struct Monotone {
  std::string metric;
  std::string parameter;
  bool increasing = false;  // false: more of the parameter never raises the metric
};

// Named intermediate formulas (a document's `formulas:`), in an order in which each uses only earlier ones.
struct Formula {
  std::string name;
  expr::Expression expression;
};

using Metrics = std::map<std::string, double, std::less<>>;

// Evaluates goal, SLOs and formulas of one document. Immutable.
class Objective {
 public:
  // `formulas` in any order; a cycle is kInvalidInput that prints it.
  [[nodiscard]] static Result<Objective> create(std::vector<Goal> goals, std::vector<Slo> slos,
                                                std::vector<Formula> formulas);

  [[nodiscard]] const std::vector<Goal>& goals() const { return goals_; }
  [[nodiscard]] const std::vector<Slo>& slos() const { return slos_; }
  [[nodiscard]] const std::vector<Formula>& formulas() const { return formulas_; }
  // Value of goal k. kInvalidInput when a metric it needs is missing or the result is not finite.
  [[nodiscard]] Result<double> goal_value(std::size_t k, const Metrics& metrics, const Configuration& parameters) const;
  [[nodiscard]] Result<double> slo_value(std::size_t k, const Metrics& metrics, const Configuration& parameters) const;
  // True when goal k depends on no metric: then it is known exactly for every configuration (a cost of requests).
  [[nodiscard]] bool goal_is_known(std::size_t k, const std::vector<std::string>& parameter_names) const;
  // Metrics (not parameters, not formulas) that the goals and SLOs need; sorted, unique.
  [[nodiscard]] std::vector<std::string> required_metrics(const std::vector<std::string>& parameter_names) const;

 private:
  std::vector<Goal> goals_;
  std::vector<Slo> slos_;
  std::vector<Formula> formulas_;
};

}  // namespace trimtab::model
