#include "engine/live_feasibility.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "engine/live_facts.h"

namespace trimtab::engine {
namespace {

using model::Configuration;
using model::MemoryForecast;
using model::MemoryModel;

constexpr double kRoundingMib = 0.5;

// What the search is told of a constraint that no formula says: the names of the parameters that trade against one
// another. What counts is `check`.
model::Constraint constraint_named(const model::Space& space, const MemoryForecast& forecast) {
  model::Constraint constraint;
  constraint.text = fmt::format("memory of {} within {}", forecast.component, forecast.limit_parameter);
  std::string formula;
  for (const model::Parameter& parameter : space.parameters()) {
    const bool of_runtime = parameter.name.starts_with(forecast.component + ".") && parameter.unit == "MiB";
    if (of_runtime || parameter.name == forecast.limit_parameter)
      formula += (formula.empty() ? "" : " + ") + parameter.name;
  }
  if (auto parsed = expr::Expression::parse(formula.empty() ? "true" : formula + " >= 0"); parsed)
    constraint.expression = *std::move(parsed);
  return constraint;
}

double shortage(const std::optional<MemoryForecast>& forecast) {
  return forecast ? std::max(0.0, forecast->missing_mib()) : 0;
}

}  // namespace

std::optional<model::Constraint> memory_constraint(const model::Application& application,
                                                   const std::vector<model::Observation>& seen,
                                                   const Configuration& present) {
  if (!application.memory) return std::nullopt;
  const std::shared_ptr<const MemoryModel> memory = application.memory->corrected(seen);
  const auto now = memory->forecast(present);
  if (!now) return std::nullopt;
  model::Constraint constraint = constraint_named(application.space, *now);
  const double allowed = shortage(now) + kRoundingMib;
  constraint.check = [memory, allowed](const Configuration& configuration) -> Result<void> {
    const auto forecast = memory->forecast(configuration);
    if (!forecast || forecast->missing_mib() <= allowed) return {};
    return fail(invalid_input(forecast->text()));
  };
  return constraint;
}

std::optional<model::Constraint> memory_constraint_of_trials(const model::Application& application,
                                                             const std::vector<model::Observation>& seen) {
  if (!application.memory) return std::nullopt;
  const std::shared_ptr<const MemoryModel> memory = application.memory->corrected(seen);
  const auto missing = [](const MemoryForecast& forecast) {
    return (forecast.windows > 0 ? forecast.high_mib : forecast.expected_mib) - forecast.limit_mib;
  };
  Configuration known = application.baseline;
  if (known.empty() && !seen.empty()) known = seen.front().configuration;
  const auto now = memory->forecast(known);
  model::Constraint constraint;
  constraint.text = "memory within its limit";
  if (now) constraint = constraint_named(application.space, *now);
  const double allowed = (now && !application.baseline.empty() ? std::max(0.0, missing(*now)) : 0) + kRoundingMib;
  constraint.check = [memory, missing, allowed](const Configuration& configuration) -> Result<void> {
    const auto forecast = memory->forecast(configuration);
    if (!forecast || missing(*forecast) <= allowed) return {};
    return fail(invalid_input(forecast->text()));
  };
  return constraint;
}

Result<void> check_memory(const model::Application& application, const LiveApplicationState& state,
                          const Configuration& target) {
  if (!application.memory) return {};
  const auto memory = application.memory->corrected(state.observations);
  const auto forecast = memory->forecast(target);
  if (!forecast || forecast->expected_mib <= forecast->limit_mib + kRoundingMib) return {};
  if (forecast->missing_mib() <= shortage(memory->forecast(state.expected)) + kRoundingMib) return {};
  return fail(invalid_input(
      "the kernel would kill it: " + forecast->text(), "edits." + forecast->limit_parameter,
      fmt::format("set {} to {:.0f} MiB or more, or give {} less; pack_rules.memory: false switches the check off",
                  forecast->limit_parameter, std::ceil(forecast->high_mib), forecast->component)));
}

std::string memory_statement(const model::Application& application, const LiveApplicationState& state,
                             const Configuration& target) {
  if (!application.memory) return {};
  const auto forecast = application.memory->corrected(state.observations)->forecast(target);
  return forecast ? forecast->text() : "";
}

std::optional<model::Binding> memory_warning(const model::Application& application, const LiveApplicationState& state,
                                             const Configuration& target) {
  if (!application.memory) return std::nullopt;
  const auto forecast = application.memory->corrected(state.observations)->forecast(target);
  if (!forecast || forecast->missing_mib() <= kRoundingMib) return std::nullopt;
  return model::Binding{"memory", forecast->limit_parameter, "may be killed for memory: " + forecast->text()};
}

}  // namespace trimtab::engine
