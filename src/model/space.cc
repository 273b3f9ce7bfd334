#include "model/space.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.h"
#include "model/name_graph.h"

namespace trimtab::model {
namespace {

// How far, in steps, a number may lie from the grid and still count as on it: decimal steps such as 0.05 are not exact.
constexpr double kGridTolerance = 1e-6;
// Above 2^53 neighbouring whole numbers are no longer told apart by a double.
constexpr double kLargestWhole = 9007199254740992.0;

bool is_whole(double number) {
  return number == std::floor(number) && std::fabs(number) <= kLargestWhole;
}

// min + k * step as the decimal number a person would write: 0.05 + 5 * 0.05 is 0.3, not 0.30000000000000004. When both
// are decimals of at most nine places the sum is formed in whole numbers, and one division rounds it correctly.
double grid_point(double min, double step, double k) {
  double scale = 1;
  for (int places = 0; places <= 9; ++places, scale *= 10) {
    const double low = std::round(min * scale);
    const double by = std::round(step * scale);
    if (low / scale == min && by / scale == step) return (low + k * by) / scale;
  }
  return min + k * step;
}

std::optional<double> effective_step(const Parameter& parameter) {
  if (parameter.step) return parameter.step;
  if (parameter.type == ParameterType::kInteger) return 1.0;
  return std::nullopt;
}

// Index of the last point of the grid.
double last_index(const Parameter& parameter, double step) {
  return std::floor((parameter.max - parameter.min) / step + kGridTolerance);
}

std::string with_unit(double number, const std::string& unit) {
  return unit.empty() ? fmt::format("{}", number) : fmt::format("{} {}", number, unit);
}

Result<void> check_numbers(const Parameter& p) {
  if (!std::isfinite(p.min) || !std::isfinite(p.max)) {
    return fail(invalid_input("the range is not finite", std::isfinite(p.min) ? "max" : "min"));
  }
  if (p.min > p.max) {
    return fail(invalid_input(fmt::format("min {} is greater than max {}", p.min, p.max), "min", "swap them"));
  }
  if (p.scale == Scale::kLog && p.min <= 0) {
    return fail(invalid_input(fmt::format("a logarithmic scale needs min above 0, found {}", p.min), "min"));
  }
  if (p.step && (!std::isfinite(*p.step) || *p.step <= 0)) {
    return fail(invalid_input(fmt::format("step must be above 0, found {}", *p.step), "step"));
  }
  if (p.type == ParameterType::kInteger) {
    if (!is_whole(p.min)) return fail(invalid_input(fmt::format("min {} is not a whole number", p.min), "min"));
    if (!is_whole(p.max)) return fail(invalid_input(fmt::format("max {} is not a whole number", p.max), "max"));
    if (p.step && !is_whole(*p.step)) {
      return fail(invalid_input(fmt::format("step {} is not a whole number", *p.step), "step"));
    }
  }
  if (!p.values.empty()) return fail(invalid_input("a number has a range, not a list of values", "values"));
  return {};
}

Result<void> check_levels(const Parameter& p) {
  if (p.values.empty()) return fail(invalid_input("the list of values is empty", "values"));
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < p.values.size(); ++i) {
    if (p.values[i].empty()) return fail(invalid_input("a value is empty", fmt::format("values[{}]", i)));
    if (!seen.insert(p.values[i]).second) {
      return fail(
          invalid_input(fmt::format("the value \"{}\" stands twice", p.values[i]), fmt::format("values[{}]", i)));
    }
  }
  if (p.step) return fail(invalid_input("only numbers have a step", "step"));
  if (p.scale == Scale::kLog) return fail(invalid_input("only numbers have a scale", "scale"));
  return {};
}

Result<void> check_max_step(const Parameter& p) {
  if (!p.max_step) return {};
  if (p.type == ParameterType::kCategorical) {
    return fail(invalid_input("a category has no greatest step", "max_step"));
  }
  if (!std::isfinite(*p.max_step) || *p.max_step <= 0) {
    return fail(invalid_input(fmt::format("max_step must be above 0, found {}", *p.max_step), "max_step"));
  }
  const double least = p.is_number() ? effective_step(p).value_or(0) : 1;
  if (*p.max_step < least * (1 - kGridTolerance)) {
    return fail(invalid_input(fmt::format("max_step {} is smaller than one step, {}", *p.max_step, least), "max_step",
                              "the parameter could never change"));
  }
  return {};
}

// Names of a configuration that belong to active parameters only; remembers when another one was asked for.
class ActiveValues final : public expr::Variables {
 public:
  ActiveValues(const Space& space, const Configuration& configuration) : space_(space), configuration_(configuration) {}

  [[nodiscard]] const Value* find(std::string_view name) const override {
    const Parameter* parameter = space_.find(name);
    if (parameter != nullptr && parameter->when && !space_.is_active(*parameter, configuration_)) {
      touched_inactive_ = true;
      return nullptr;
    }
    return configuration_.find(name);
  }
  [[nodiscard]] bool touched_inactive() const { return touched_inactive_; }

 private:
  const Space& space_;
  const Configuration& configuration_;
  mutable bool touched_inactive_ = false;
};

// A constraint that needs the value of an inactive parameter says nothing about this configuration: it holds.
Result<bool> evaluate(const Space& space, const Constraint& constraint, const Configuration& configuration) {
  if (constraint.check) return constraint.check(configuration).has_value();
  const ActiveValues values(space, configuration);
  auto result = constraint.expression.evaluate_boolean(values);
  if (!result && values.touched_inactive()) return true;
  return result;
}

std::string used_values(const Constraint& constraint, const Configuration& configuration) {
  std::vector<std::string> parts;
  for (const auto& name : constraint.expression.variables()) {
    const Value* value = configuration.find(name);
    if (value == nullptr) continue;
    parts.push_back(
        fmt::format("{} = {}", name, value->is_number() ? fmt::format("{}", value->number()) : value->text()));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string name_of(const Constraint& constraint) {
  if (constraint.origin.empty()) return fmt::format("the constraint \"{}\"", constraint.text);
  return fmt::format("the relation \"{}\" of {}", constraint.text, constraint.origin);
}

Result<void> check_names(const std::vector<Parameter>& parameters) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& parameter = parameters[i];
    const std::string path = fmt::format("parameters[{}]", i);
    auto sound = parameter.check();
    if (!sound) {
      Error error = std::move(sound).error();
      error.field = path + "." + error.field;
      return fail(std::move(error));
    }
    if (!names.insert(parameter.name).second) {
      return fail(invalid_input(fmt::format("the parameter \"{}\" stands twice", parameter.name), path + ".name"));
    }
  }
  return {};
}

}  // namespace

bool is_valid_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '.'; };
  if (name.empty() || name.size() > 128 || !letter(name.front()) || name.back() == '.') return false;
  if (name.contains("..")) return false;
  for (const std::string_view reserved : {"true", "false", "and", "or", "not"}) {
    if (name == reserved) return false;
  }
  return std::ranges::all_of(name, inner);
}

std::optional<std::size_t> Parameter::cardinality() const {
  if (!is_number()) return values.size();
  const auto grid = effective_step(*this);
  if (!grid) return min == max ? std::optional<std::size_t>(1) : std::nullopt;
  return static_cast<std::size_t>(last_index(*this, *grid)) + 1;
}

Result<void> Parameter::check() const {
  if (!is_valid_name(name)) {
    return fail(invalid_input(fmt::format("\"{}\" is not a name", name), "name",
                              "use letters, digits, \"_\" and \".\", beginning with a letter"));
  }
  TRY(is_number() ? check_numbers(*this) : check_levels(*this));
  return check_max_step(*this);
}

Result<void> Parameter::validate(const Value& value) const {
  if (!is_number()) {
    if (!value.is_text()) {
      return fail(invalid_input(fmt::format("{} takes one of {}", name, fmt::join(values, ", ")), name));
    }
    if (std::ranges::find(values, value.text()) != values.end()) return {};
    return fail(invalid_input(fmt::format("\"{}\" is no value of {}", value.text(), name), name,
                              fmt::format("known: {}", fmt::join(values, ", "))));
  }
  if (!value.is_number()) {
    return fail(invalid_input(fmt::format("{} takes a number, found a {}", name, value.type_name()), name));
  }
  const double number = value.number();
  if (!(number >= min && number <= max)) {
    return fail(invalid_input(
        fmt::format("{} = {} is outside its range {} to {}", name, number, min, with_unit(max, unit)), name));
  }
  const double nearest = snap(number);
  const auto grid = effective_step(*this);
  if (grid && std::fabs(nearest - number) > *grid * kGridTolerance) {
    return fail(invalid_input(fmt::format("{} = {} is between the steps of {} from {}", name, number, *grid, min), name,
                              fmt::format("the nearest is {}", nearest)));
  }
  return {};
}

double Parameter::snap(double number) const {
  CHECK(is_number());
  const auto grid = effective_step(*this);
  if (!(number > min)) return min;  // also for what is not a number
  if (!grid) return std::min(number, max);
  const double k = std::min(std::round((std::min(number, max) - min) / *grid), last_index(*this, *grid));
  return grid_point(min, *grid, k);
}

Result<Space> Space::create(std::vector<Parameter> parameters, std::vector<Constraint> constraints) {
  TRY(check_names(parameters));
  Space space;
  space.parameters_ = std::move(parameters);
  space.constraints_ = std::move(constraints);
  NameGraph conditions;
  for (std::size_t i = 0; i < space.parameters_.size(); ++i) {
    const Parameter& parameter = space.parameters_[i];
    if (!parameter.when) continue;
    const std::string path = fmt::format("parameters[{}].when", i);
    for (const auto& name : parameter.when->variables()) {
      if (space.find(name) == nullptr) {
        return fail(invalid_input(fmt::format("\"{}\" is not a parameter", name), path));
      }
    }
    conditions.emplace(parameter.name, parameter.when->variables());
  }
  if (const auto cycle = find_cycle(conditions)) {
    const auto at = std::ranges::find(space.parameters_, cycle->front(), &Parameter::name) - space.parameters_.begin();
    return fail(invalid_input(fmt::format("the conditions go in a circle: {}", fmt::join(*cycle, " -> ")),
                              fmt::format("parameters[{}].when", at)));
  }
  for (std::size_t i = 0; i < space.constraints_.size(); ++i) {
    for (const auto& name : space.constraints_[i].expression.variables()) {
      if (space.find(name) != nullptr) continue;
      return fail(invalid_input(fmt::format("\"{}\" is not a parameter", name), fmt::format("constraints[{}]", i)));
    }
  }
  return space;
}

const Parameter* Space::find(std::string_view name) const {
  const auto at = std::ranges::find(parameters_, name, &Parameter::name);
  return at == parameters_.end() ? nullptr : &*at;
}

bool Space::is_active(const Parameter& parameter, const Configuration& configuration) const {
  if (!parameter.when) return true;
  const ActiveValues values(*this, configuration);
  return parameter.when->evaluate_boolean(values).value_or(false);
}

Result<void> Space::validate(const Configuration& configuration) const {
  for (const auto& [name, value] : configuration.entries()) {
    if (find(name) == nullptr) return fail(invalid_input(fmt::format("\"{}\" is not a parameter", name), name));
  }
  for (const auto& parameter : parameters_) {
    if (!is_active(parameter, configuration)) continue;
    const Value* value = configuration.find(parameter.name);
    if (value == nullptr) {
      return fail(invalid_input(fmt::format("{} has no value", parameter.name), parameter.name));
    }
    TRY(parameter.validate(*value));
  }
  for (const auto& constraint : constraints_) {
    TRY_ASSIGN(const bool satisfied, evaluate(*this, constraint, configuration));
    if (satisfied) continue;
    if (constraint.check) return fail(invalid_input(violation(constraint, configuration), "constraints"));
    return fail(
        invalid_input(fmt::format("{} does not hold ({})", name_of(constraint), used_values(constraint, configuration)),
                      "constraints"));
  }
  return {};
}

bool Space::holds(const Constraint& constraint, const Configuration& configuration) const {
  return evaluate(*this, constraint, configuration).value_or(false);
}

std::string Space::violation(const Constraint& constraint, const Configuration& configuration) const {
  if (!constraint.check) return constraint.described();
  const auto checked = constraint.check(configuration);
  return checked ? constraint.text : checked.error().message;
}

Space Space::with(Constraint constraint) const {
  Space more = *this;
  more.constraints_.push_back(std::move(constraint));
  return more;
}

bool Space::satisfies_constraints(const Configuration& configuration) const {
  return std::ranges::all_of(constraints_,
                             [&](const Constraint& constraint) { return holds(constraint, configuration); });
}

}  // namespace trimtab::model
