// Space: the parameters that may be changed, their domains, and the relations that every configuration must satisfy.
// Immutable after create(); safe to share between threads for reading.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expr/expression.h"
#include "model/configuration.h"

namespace trimtab::model {

enum class ParameterType { kInteger, kReal, kCategorical, kOrdinal };
enum class Scale { kLinear, kLog };
// What a change of the parameter costs the running application.
enum class ChangeEffect { kLive, kReload, kRestart };

struct Parameter {
  std::string name;  // "heap" or "jvm.heap"
  ParameterType type = ParameterType::kReal;
  double min = 0;  // numbers only; inclusive
  double max = 0;
  std::optional<double> step;  // grid min, min + step, ...; integers have 1 when absent
  Scale scale = Scale::kLinear;
  std::vector<std::string> values;  // categorical and ordinal
  std::string unit;                 // "MiB", "cores"; empty when there is none
  std::optional<expr::Expression> when;
  // Live use only: the greatest change of one decision, in units of the parameter (levels for ordinals). None: no
  // limit.
  std::optional<double> max_step;
  ChangeEffect effect = ChangeEffect::kRestart;
  std::string description;

  [[nodiscard]] bool is_number() const { return type == ParameterType::kInteger || type == ParameterType::kReal; }
  // Whether the definition itself is sound. kInvalidInput with the field ("max") that is not.
  [[nodiscard]] Result<void> check() const;
  // Number of admissible values when finite and countable (grid, levels), else none.
  [[nodiscard]] std::optional<std::size_t> cardinality() const;
  // kInvalidInput with the reason when `value` is not admissible (wrong type, outside, off the grid).
  [[nodiscard]] Result<void> validate(const Value& value) const;
  // The nearest admissible number. Precondition: is_number().
  [[nodiscard]] double snap(double number) const;
};

// Letters, digits, '_' and '.', beginning with a letter or '_'; what formulas can name.
[[nodiscard]] bool is_valid_name(std::string_view name);

struct Constraint {
  expr::Expression expression;  // boolean
  std::string text;             // as the user wrote it
  std::string origin{};         // who says so: "the pack jvm"; empty: the user
  // Instead of the expression, for what no formula can say: pure and thread safe; the error says what is wrong.
  std::function<Result<void>(const Configuration&)> check{};

  [[nodiscard]] std::string described() const { return origin.empty() ? text : text + " (" + origin + ")"; }
};

class Space {
 public:
  // Checks names (unique; letters, digits, '_' and '.'), domains, that formulas refer only to parameters, and that
  // `when` conditions have no cycle. Errors: kInvalidInput with field path such as "parameters[2].max".
  [[nodiscard]] static Result<Space> create(std::vector<Parameter> parameters, std::vector<Constraint> constraints);

  [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }
  [[nodiscard]] const std::vector<Constraint>& constraints() const { return constraints_; }
  [[nodiscard]] const Parameter* find(std::string_view name) const;
  // Whether the parameter's `when` holds under the configuration (true when it has none). A condition on a parameter
  // that is itself inactive does not hold.
  [[nodiscard]] bool is_active(const Parameter& parameter, const Configuration& configuration) const;
  // Every active parameter present and admissible, nothing unknown, all constraints hold. The error names the first
  // fault.
  [[nodiscard]] Result<void> validate(const Configuration& configuration) const;
  // Whether one of constraints() holds; a formula that cannot be evaluated does not.
  [[nodiscard]] bool holds(const Constraint& constraint, const Configuration& configuration) const;
  // What is wrong when it does not hold: the constraint, or the words of its check.
  [[nodiscard]] std::string violation(const Constraint& constraint, const Configuration& configuration) const;
  // The same space with one more constraint, which names nothing but its parameters.
  [[nodiscard]] Space with(Constraint constraint) const;
  // Only the constraints, for callers whose values are known to be admissible. Inactive parameters keep any value; a
  // constraint that needs one holds.
  [[nodiscard]] bool satisfies_constraints(const Configuration& configuration) const;

 private:
  std::vector<Parameter> parameters_;
  std::vector<Constraint> constraints_;
};

}  // namespace trimtab::model
