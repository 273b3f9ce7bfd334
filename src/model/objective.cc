#include "model/objective.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.h"
#include "model/name_graph.h"
#include "model/space.h"

namespace trimtab::model {
namespace {

// Names of formulas (computed when first asked for), metrics and parameters, in this order.
class Names final : public expr::Variables {
 public:
  Names(const std::vector<Formula>& formulas, const Metrics& metrics, const Configuration& parameters)
      : formulas_(formulas), metrics_(metrics), parameters_(parameters) {}

  [[nodiscard]] const Value* find(std::string_view name) const override {
    const auto known = values_.find(name);
    if (known != values_.end()) return &known->second;
    const auto formula = std::ranges::find(formulas_, name, &Formula::name);
    if (formula != formulas_.end()) {
      auto value = formula->expression.evaluate(*this);
      if (value) return &values_.emplace(name, *std::move(value)).first->second;
      if (!fault_) fault_ = std::move(value).error();
      return nullptr;
    }
    const auto metric = metrics_.find(name);
    if (metric != metrics_.end()) return &values_.emplace(name, metric->second).first->second;
    return parameters_.find(name);
  }
  // The innermost reason of a failure: "no value for p95" says more than "no value for cost".
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }

 private:
  const std::vector<Formula>& formulas_;
  const Metrics& metrics_;
  const Configuration& parameters_;
  mutable std::map<std::string, Value, std::less<>> values_;
  mutable std::optional<Error> fault_;
};

Result<double> evaluate(const expr::Expression& expression, const std::vector<Formula>& formulas,
                        const Metrics& metrics, const Configuration& parameters, std::string field) {
  const Names names(formulas, metrics, parameters);
  auto value = expression.evaluate_number(names);
  if (value) return *value;
  Error error = names.fault() ? *names.fault() : std::move(value).error();
  error.field = std::move(field);
  error.position = {};
  return fail(std::move(error));
}

// Names an expression needs in the end, formulas replaced by what they use.
void collect_leaves(const expr::Expression& expression, const std::vector<Formula>& formulas,
                    std::set<std::string>& leaves) {
  for (const auto& name : expression.variables()) {
    const auto formula = std::ranges::find(formulas, name, &Formula::name);
    if (formula == formulas.end()) {
      leaves.insert(name);
    } else {
      collect_leaves(formula->expression, formulas, leaves);
    }
  }
}

Result<std::vector<Formula>> ordered(std::vector<Formula> formulas) {
  NameGraph graph;
  for (const auto& formula : formulas) {
    const std::string path = "formulas." + formula.name;
    if (!is_valid_name(formula.name)) {
      return fail(invalid_input(fmt::format("\"{}\" is not a name", formula.name), path,
                                "use letters, digits, \"_\" and \".\", beginning with a letter"));
    }
    if (!graph.emplace(formula.name, formula.expression.variables()).second) {
      return fail(invalid_input(fmt::format("the formula \"{}\" stands twice", formula.name), path));
    }
  }
  if (const auto cycle = find_cycle(graph)) {
    return fail(invalid_input(fmt::format("the formulas go in a circle: {}", fmt::join(*cycle, " -> ")),
                              "formulas." + cycle->front()));
  }
  std::vector<Formula> result;
  for (const auto& name : in_order(graph))
    result.push_back(std::move(*std::ranges::find(formulas, name, &Formula::name)));
  return result;
}

Result<void> check_slos(const std::vector<Slo>& slos) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < slos.size(); ++i) {
    const std::string path = fmt::format("slos[{}]", i);
    if (!names.insert(slos[i].name).second) {
      return fail(invalid_input(fmt::format("the SLO \"{}\" stands twice", slos[i].name), path));
    }
    if (!std::isfinite(slos[i].bound)) return fail(invalid_input("the bound is not finite", path));
    if (!(slos[i].confidence >= 0.5 && slos[i].confidence < 1)) {
      return fail(
          invalid_input(fmt::format("the confidence must be at least 0.5 and below 1, found {}", slos[i].confidence),
                        path + ".confidence"));
    }
  }
  return {};
}

}  // namespace

double Slo::margin(double observed) const {
  const double inside = upper ? bound - observed : observed - bound;
  return bound == 0 ? inside : inside / std::fabs(bound);
}

Result<Objective> Objective::create(std::vector<Goal> goals, std::vector<Slo> slos, std::vector<Formula> formulas) {
  Objective objective;
  TRY_ASSIGN(objective.formulas_, ordered(std::move(formulas)));
  TRY(check_slos(slos));
  objective.goals_ = std::move(goals);
  objective.slos_ = std::move(slos);
  return objective;
}

Result<double> Objective::goal_value(std::size_t k, const Metrics& metrics, const Configuration& parameters) const {
  CHECK(k < goals_.size());
  return evaluate(goals_[k].formula, formulas_, metrics, parameters,
                  goals_.size() == 1 ? "goal" : fmt::format("goals[{}]", k));
}

Result<double> Objective::slo_value(std::size_t k, const Metrics& metrics, const Configuration& parameters) const {
  CHECK(k < slos_.size());
  return evaluate(slos_[k].value, formulas_, metrics, parameters, fmt::format("slos[{}]", k));
}

bool Objective::goal_is_known(std::size_t k, const std::vector<std::string>& parameter_names) const {
  CHECK(k < goals_.size());
  std::set<std::string> leaves;
  collect_leaves(goals_[k].formula, formulas_, leaves);
  return std::ranges::all_of(leaves, [&](const std::string& name) {
    return std::ranges::find(parameter_names, name) != parameter_names.end();
  });
}

std::vector<std::string> Objective::required_metrics(const std::vector<std::string>& parameter_names) const {
  std::set<std::string> leaves;
  for (const auto& goal : goals_)
    collect_leaves(goal.formula, formulas_, leaves);
  for (const auto& slo : slos_)
    collect_leaves(slo.value, formulas_, leaves);
  for (const auto& name : parameter_names)
    leaves.erase(name);
  return {leaves.begin(), leaves.end()};
}

}  // namespace trimtab::model
