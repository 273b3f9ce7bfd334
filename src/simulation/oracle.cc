#include "simulation/oracle.h"

#include <algorithm>
#include <cmath>

#include "simulation/account.h"
#include "simulation/live_simulation.h"
#include "simulation/usage_policy.h"
#include <fmt/format.h>

#include "insight/cost.h"

namespace trimtab::simulation {
namespace {

constexpr std::size_t kMostCostLevels = 4096;
constexpr std::size_t kMostLevels = 48;
constexpr std::size_t kMostThreadLevels = 8;  // parameters with little effect: threads
constexpr int kMostConfirmations = 20;

std::vector<model::Value> levels(const model::Parameter& parameter, std::size_t most) {
  if (!parameter.is_number()) return {parameter.values.begin(), parameter.values.end()};
  std::vector<model::Value> values;
  const std::size_t count = std::min(parameter.cardinality().value_or(most), most);
  for (std::size_t i = 0; i < count; ++i) {
    const double part = count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0;
    const bool logarithmic = parameter.scale == model::Scale::kLog && parameter.min > 0 && count == most;
    const double number = logarithmic ? parameter.min * std::pow(parameter.max / parameter.min, part)
                                      : parameter.min + part * (parameter.max - parameter.min);
    const model::Value value = parameter.snap(number);
    if (values.empty() || values.back() != value) values.push_back(value);
  }
  return values;
}

// All combinations of the levels, over a base configuration.
std::vector<model::Configuration> combinations(const std::vector<const model::Parameter*>& parameters,
                                               std::size_t most) {
  std::vector<model::Configuration> all(1);
  for (const model::Parameter* parameter : parameters) {
    const bool threads = parameter->name.ends_with("threads");
    std::vector<model::Configuration> next;
    for (const model::Value& value : levels(*parameter, threads ? std::min(most, kMostThreadLevels) : most)) {
      for (const model::Configuration& configuration : all) {
        next.push_back(configuration);
        next.back().set(parameter->name, value);
      }
    }
    all = std::move(next);
  }
  return all;
}

bool changes_cost(const Scenario& scenario, const model::Parameter& parameter) {
  const auto cost = [&](const model::Value& value) {
    model::Configuration configuration = scenario.application.baseline;
    configuration.set(parameter.name, value);
    return insight::monthly_cost(scenario.application, configuration, scenario.replicas);
  };
  const std::vector<model::Value> values = levels(parameter, 3);
  return std::ranges::any_of(values, [&](const model::Value& value) { return cost(value) != cost(values.front()); });
}

// Killed for lack of memory, even if only in the worst minute.
bool killed_at(const Scenario& scenario, const ServiceModel& model, const model::Configuration& configuration,
               double load) {
  const auto settings = replica_settings(configuration);
  return !settings || model.evaluate(*settings, {load / scenario.replicas, model.cache_capacity(*settings)}).killed;
}

// Warm, at one load.
bool holds_at(const Scenario& scenario, const ServiceModel& model, const model::Configuration& configuration,
              double load) {
  const auto settings = replica_settings(configuration);
  if (!settings) return false;
  const double share = load / scenario.replicas;
  const ReplicaReport report = model.evaluate(*settings, {share, model.cache_capacity(*settings)});
  if (report.killed || report.heap_exhausted || report.timeouts >= 1) return false;
  StepTruth truth;
  const WeightedLatency whole{&report.latency, 1};
  truth.p95_ms = 1000 * quantile({&whole, 1}, 0.95, model.parameters().timeout_s);
  truth.errors = report.timeouts;
  truth.arrivals = load;
  truth.throughput = report.throughput * scenario.replicas;
  return !breaches(scenario.application.objective, truth, configuration);
}

}  // namespace

Result<RunOutcome> run_oracle(const Scenario& scenario, const ServiceModel& model, const std::vector<double>& loads) {
  if (loads.empty()) return fail(invalid_input("the scenario has no steps", "length"));
  const model::Space& space = scenario.application.space;
  std::vector<const model::Parameter*> priced;
  std::vector<const model::Parameter*> free;
  for (const model::Parameter& parameter : space.parameters())
    (changes_cost(scenario, parameter) ? priced : free).push_back(&parameter);

  std::vector<double> sorted = loads;
  std::ranges::sort(sorted);
  const auto allowed = static_cast<std::size_t>(scenario.allowed_breach * static_cast<double>(sorted.size()));
  const std::size_t rank = sorted.size() - 1 - std::min(allowed, sorted.size() - 1);
  const double load = sorted[rank];

  std::vector<std::pair<double, model::Configuration>> cells;
  for (model::Configuration& cell : combinations(priced, kMostCostLevels)) {
    const double cost =
        insight::monthly_cost(scenario.application, scenario.application.baseline.with(cell), scenario.replicas);
    cells.emplace_back(cost, std::move(cell));
  }
  std::ranges::stable_sort(cells, {}, [](const auto& cell) { return cell.first; });
  const std::vector<model::Configuration> rest = combinations(free, kMostLevels);
  int confirmations = 0;
  for (const auto& [cost, cell] : cells) {
    for (const model::Configuration& inner : rest) {
      const model::Configuration candidate = cell.with(inner);
      if (!space.satisfies_constraints(candidate) || !holds_at(scenario, model, candidate, load) ||
          killed_at(scenario, model, candidate, sorted.back())) {
        continue;
      }
      TRY_ASSIGN(RunOutcome outcome, run_static(scenario, model, loads, candidate, std::string(kOracle)));
      if (outcome.breached_share() <= scenario.allowed_breach && outcome.kills == 0) return outcome;
      if (++confirmations == kMostConfirmations) {
        return fail(
            not_found(fmt::format("no safe configuration could be confirmed; the last one, {}, breaks an SLO in {:.2f} "
                                  "% of the time, {} kills",
                                  candidate.to_string(), 100 * outcome.breached_share(), outcome.kills)));
      }
      break;  // a dearer cell has more room
    }
  }
  return fail(not_found("no configuration of the space holds the SLOs under this load", "widen the ranges"));
}

}  // namespace trimtab::simulation
