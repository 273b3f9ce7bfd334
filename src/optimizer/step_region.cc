#include "optimizer/step_region.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "base/random.h"
#include "numeric/sobol.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Observation;
using model::Parameter;
using model::ParameterType;
using model::Value;

constexpr double kTolerance = 1e-9;      // relative, of steps
constexpr double kFailureRadius = 0.05;  // around a configuration that failed, in the normalised space
constexpr double kFailureLoad = 0.9;     // of the load of the failure: below it the failure says little
constexpr double kRealStep = 0.02;       // of the range: the grid of a real number without one

double grid_of(const Parameter& parameter) {
  if (parameter.step) return *parameter.step;
  if (parameter.type == ParameterType::kInteger) return 1;
  return kRealStep * (parameter.max - parameter.min);
}

double level_of(const Parameter& parameter, const Value& value) {
  if (!value.is_text()) return -1;
  return static_cast<double>(std::ranges::find(parameter.values, value.text()) - parameter.values.begin());
}

bool contains_word(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

}  // namespace

StepRegion::StepRegion(const Problem& problem, const SafeSearchRequest& request, double highest_load, bool restarts)
    : space_(&problem.space),
      request_(&request),
      incumbent_(&request.incumbent),
      highest_load_(highest_load),
      encoding_(problem.space, request.incumbent) {
  for (const Parameter& parameter : space_->parameters()) {
    const bool frozen = std::ranges::find(request.frozen, parameter.name) != request.frozen.end();
    const bool waits = !restarts && parameter.effect == model::ChangeEffect::kRestart;
    movable_.push_back(!frozen && !waits && space_->is_active(parameter, *incumbent_) &&
                       incumbent_->find(parameter.name) != nullptr);
  }
}

bool StepRegion::within_step(const Parameter& parameter, const Value& value) const {
  const Value* now = incumbent_->find(parameter.name);
  if (now == nullptr || *now == value) return true;
  if (parameter.type == ParameterType::kCategorical || !parameter.max_step) return true;
  const double distance = parameter.is_number() ? std::abs(value.number() - now->number())
                                                : std::abs(level_of(parameter, value) - level_of(parameter, *now));
  return distance <= *parameter.max_step * (1 + kTolerance);
}

std::optional<std::string> StepRegion::barred(const Configuration& configuration) const {
  for (const BarredRegion& region : request_->barred)
    if (encoding_.distance(configuration, region.configuration) <= region.radius)
      return "near " + region.configuration.to_string() + ", which failed or was rejected";
  for (const Observation& observation : request_->observations) {
    if (!observation.failed || observation.configuration == *incumbent_) continue;
    if (observation.load > 0 && highest_load_ < kFailureLoad * observation.load) continue;
    if (encoding_.distance(configuration, observation.configuration) <= kFailureRadius)
      return "near " + observation.configuration.to_string() + ", which failed: " + observation.failure;
    if (!contains_word(observation.failure, "memory") && !contains_word(observation.failure, "oom")) continue;
    // Out of memory: no less memory for a heap that is no smaller.
    bool helps = false;
    for (const Parameter& parameter : space_->parameters()) {
      const auto value = configuration.number(parameter.name);
      const auto failed = observation.configuration.number(parameter.name);
      if (!value || !failed) continue;
      if (parameter.name.ends_with("memory_limit") && *value > *failed) helps = true;
      if (parameter.name.ends_with("heap") && *value < *failed) helps = true;
    }
    if (!helps) return "no more memory than " + observation.configuration.to_string() + ", which ran out of it";
  }
  return std::nullopt;
}

StepRegion::Finding StepRegion::examine(const Configuration& configuration) const {
  int changes = 0;
  for (std::size_t k = 0; k < space_->parameters().size(); ++k) {
    const Parameter& parameter = space_->parameters()[k];
    const Value* value = configuration.find(parameter.name);
    const Value* now = incumbent_->find(parameter.name);
    if (value == nullptr || now == nullptr || *value == *now) continue;
    ++changes;
    if (!movable_[k]) return {Obstacle::kStep, parameter.name + " may not change now"};
    if (!within_step(parameter, *value)) return {Obstacle::kStep, parameter.name};
  }
  if (request_->max_changes > 0 && changes > request_->max_changes)
    return {Obstacle::kChanges, fmt::format("at most {} parameters change at once", request_->max_changes)};
  for (const model::Constraint& constraint : space_->constraints())
    if (!space_->holds(constraint, configuration))
      return {constraint.check ? Obstacle::kMemory : Obstacle::kConstraint,
              space_->violation(constraint, configuration)};
  if (auto text = barred(configuration)) return {Obstacle::kBarred, std::move(*text)};
  return {};
}

std::optional<Value> StepRegion::moved(std::size_t k, double share) const {
  const Parameter& parameter = space_->parameters()[k];
  if (!movable_[k] || parameter.type == ParameterType::kCategorical) return std::nullopt;
  const Value now = *incumbent_->find(parameter.name);
  if (parameter.is_number()) {
    const double reach = parameter.max_step.value_or(parameter.max - parameter.min);
    const double target = std::clamp(now.number() + share * reach, parameter.min, parameter.max);
    double value = parameter.snap(target);
    // Rounding may have stepped past the end: one grid step back.
    if (std::abs(value - now.number()) > reach * (1 + kTolerance))
      value = parameter.snap(value + (share > 0 ? -1 : 1) * grid_of(parameter));
    if (value == now.number()) return std::nullopt;
    return Value(value);
  }
  const auto last = static_cast<double>(parameter.values.size() - 1);
  const double reach = std::floor(parameter.max_step.value_or(last));
  const double level = std::clamp(std::round(level_of(parameter, now) + share * reach), 0.0, last);
  if (level == level_of(parameter, now)) return std::nullopt;
  return Value(parameter.values[static_cast<std::size_t>(level)]);
}

std::optional<Value> StepRegion::next_value(std::size_t k, const Configuration& from, double sign, double steps) const {
  const Parameter& parameter = space_->parameters()[k];
  const Value* now = from.find(parameter.name);
  if (now == nullptr || parameter.type == ParameterType::kCategorical) return std::nullopt;
  if (parameter.is_number()) {
    const double target = now->number() + sign * steps * grid_of(parameter);
    if (target < parameter.min - kTolerance || target > parameter.max + kTolerance) return std::nullopt;
    const double value = parameter.snap(target);
    return value == now->number() ? std::nullopt : std::optional<Value>(value);
  }
  const double level = level_of(parameter, *now) + sign * steps;
  if (level < 0 || level >= static_cast<double>(parameter.values.size())) return std::nullopt;
  return Value(parameter.values[static_cast<std::size_t>(level)]);
}

Configuration StepRegion::towards_incumbent(const Configuration& configuration, double share) const {
  Configuration result = configuration;
  for (const Parameter& parameter : space_->parameters()) {
    const auto value = configuration.number(parameter.name);
    const auto now = incumbent_->number(parameter.name);
    if (value && now && *value != *now) result.set(parameter.name, parameter.snap(*now + share * (*value - *now)));
  }
  return result;
}

// A candidate outside is pulled towards the incumbent, which satisfies everything that can be satisfied.
void StepRegion::add(std::vector<Configuration>& into, Configuration configuration) const {
  for (const double share : {1.0, 0.6, 0.3}) {
    Configuration nearer = share < 1 ? towards_incumbent(configuration, share) : configuration;
    if (nearer == *incumbent_) return;
    if (!contains(nearer)) continue;
    into.push_back(std::move(nearer));
    return;
  }
}

// All combinations of a few shares for up to four numbers: those that improve the goal first, then those that appear in
// a constraint with one of them (less memory is possible only with less heap).
void StepRegion::add_joint_moves(std::vector<Configuration>& into, const std::vector<Direction>& helps) const {
  constexpr std::size_t kMost = 4;
  static constexpr double kShares[] = {0, 0.15, 0.3, 0.5, 0.75, 1};
  std::vector<Direction> joint(helps.begin(), helps.begin() + static_cast<long>(std::min(helps.size(), kMost)));
  for (const model::Constraint& constraint : space_->constraints()) {
    const auto& names = constraint.expression.variables();
    for (const Direction& help : helps) {
      if (std::ranges::find(names, space_->parameters()[help.parameter].name) == names.end()) continue;
      for (std::size_t k = 0; k < movable_.size() && joint.size() < kMost; ++k) {
        if (std::ranges::find(names, space_->parameters()[k].name) == names.end() || !movable_[k]) continue;
        if (std::ranges::find(joint, k, &Direction::parameter) == joint.end()) joint.push_back({k, help.sign});
      }
    }
  }
  const std::size_t shares = joint.size() > 3 ? 4 : std::size(kShares);
  std::size_t combinations = 1;
  for (std::size_t i = 0; i < joint.size(); ++i)
    combinations *= shares;
  for (std::size_t code = 1; code < combinations; ++code) {
    Configuration candidate = *incumbent_;
    std::size_t rest = code;
    for (const Direction& direction : joint) {
      const double share = shares == 4 ? static_cast<double>(rest % 4) / 3 : kShares[rest % shares];
      rest /= shares;
      if (const auto value = moved(direction.parameter, direction.sign * share))
        candidate.set(space_->parameters()[direction.parameter].name, *value);
    }
    add(into, std::move(candidate));
  }
}

void StepRegion::add_sobol(std::vector<Configuration>& into, std::size_t count, std::uint64_t seed) const {
  const std::size_t d = movable_.size();
  if (d == 0) return;
  const std::vector<double> points = numeric::scrambled_sobol(count, d, seed);
  Random random = Random::named(seed, "moves");
  // Few changes at once: what is proposed must be explained, and fewer changes are learned from more easily.
  const double chance = std::max(0.35, std::min(1.0, 2.0 / static_cast<double>(d)));
  for (std::size_t i = 0; i < count; ++i) {
    Configuration candidate = *incumbent_;
    for (std::size_t k = 0; k < d; ++k) {
      const Parameter& parameter = space_->parameters()[k];
      const double u = points[i * d + k];
      if (random.uniform() > chance || !movable_[k]) continue;
      if (parameter.type == ParameterType::kCategorical) {
        candidate.set(parameter.name,
                      parameter.values[static_cast<std::size_t>(u * static_cast<double>(parameter.values.size()))]);
      } else if (const auto value = moved(k, 2 * u - 1)) {
        candidate.set(parameter.name, *value);
      }
    }
    add(into, std::move(candidate));
  }
}

std::vector<Configuration> StepRegion::candidates(const std::vector<Direction>& helps, std::size_t count,
                                                  std::uint64_t seed) const {
  std::vector<Configuration> found;
  for (const Observation& observation : request_->observations) {
    Configuration seen = *incumbent_;
    for (const Parameter& parameter : space_->parameters())
      if (const Value* value = observation.configuration.find(parameter.name); value && parameter.validate(*value))
        seen.set(parameter.name, *value);
    if (found.empty() || !(found.back() == seen)) add(found, std::move(seen));
  }
  for (std::size_t k = 0; k < movable_.size(); ++k) {
    const Parameter& parameter = space_->parameters()[k];
    for (const double share : {-1.0, -0.5, -0.25, 0.25, 0.5, 1.0}) {
      const auto value = moved(k, share);
      if (!value) continue;
      Configuration candidate = *incumbent_;
      candidate.set(parameter.name, *value);
      add(found, std::move(candidate));
    }
    for (const std::string& value : parameter.values) {
      Configuration candidate = *incumbent_;
      candidate.set(parameter.name, value);
      if (movable_[k]) add(found, std::move(candidate));
    }
  }
  add_joint_moves(found, helps);
  add_sobol(found, count, seed);
  std::set<std::string> seen;
  std::erase_if(found, [&](const Configuration& c) { return !seen.insert(c.to_string()).second; });
  return found;
}

std::vector<Configuration> StepRegion::neighbours(const Configuration& centre,
                                                  const std::vector<Direction>& helps) const {
  std::vector<Configuration> found;
  const auto consider = [&](Configuration candidate) {
    if (!(candidate == *incumbent_) && !(candidate == centre) && contains(candidate))
      found.push_back(std::move(candidate));
  };
  std::vector<Configuration> helped{centre};
  for (const Direction& help : helps)
    for (const double steps : {1.0, 2.0})
      if (const auto value = next_value(help.parameter, centre, help.sign, steps); value && movable_[help.parameter]) {
        helped.push_back(centre);
        helped.back().set(space_->parameters()[help.parameter].name, *value);
        consider(helped.back());
      }
  for (const Configuration& start : helped) {
    for (std::size_t k = 0; k < movable_.size(); ++k) {
      const Parameter& parameter = space_->parameters()[k];
      if (!movable_[k]) continue;
      for (const double steps : {-8.0, -4.0, -2.0, -1.0, 1.0, 2.0, 4.0, 8.0}) {
        if (&start != &helped.front() && std::abs(steps) > 2) continue;
        const auto value = next_value(k, start, steps > 0 ? 1 : -1, std::abs(steps));
        if (!value) continue;
        Configuration candidate = start;
        candidate.set(parameter.name, *value);
        consider(std::move(candidate));
      }
      if (parameter.type != ParameterType::kCategorical || &start != &helped.front()) continue;
      for (const std::string& value : parameter.values) {
        Configuration candidate = start;
        candidate.set(parameter.name, value);
        consider(std::move(candidate));
      }
    }
  }
  return found;
}

}  // namespace trimtab::optimizer
