#include "simulation/account.h"

#include <fmt/format.h>

#include "insight/cost.h"

namespace trimtab::simulation {

int steps_of(const Scenario& scenario) {
  return static_cast<int>(scenario.length / scenario.step);
}

bool breaches(const model::Objective& objective, const StepTruth& truth, const model::Configuration& configuration) {
  const model::Metrics metrics = {
      {"p95", truth.p95_ms}, {"errors", truth.errors}, {"throughput", truth.throughput}, {"arrivals", truth.arrivals}};
  for (std::size_t k = 0; k < objective.slos().size(); ++k) {
    const auto value = objective.slo_value(k, metrics, configuration);
    if (value && !objective.slos()[k].holds(*value)) return true;
  }
  return false;
}

Account::Account(const Scenario& scenario, std::string policy) : scenario_(scenario) {
  outcome_.policy = std::move(policy);
}

void Account::book(const SimulatedService& service) {
  const model::Configuration configuration = service.live().replicas.front().configuration;
  const std::string fingerprint = configuration.fingerprint();
  if (fingerprint != priced_) {
    priced_ = fingerprint;
    cost_ = insight::monthly_cost(scenario_.application, configuration, scenario_.replicas);
  }
  cost_sum_ += cost_;
  ++outcome_.steps;
  if (breaches(scenario_.application.objective, service.history().back(), configuration)) ++outcome_.breached_steps;
}

void Account::note(Instant at, const std::string& text) {
  outcome_.story.push_back(day_and_time(scenario_, at) + " " + text);
}

RunOutcome Account::close(const SimulatedService& service) {
  outcome_.cost_month = outcome_.steps > 0 ? cost_sum_ / outcome_.steps : 0;
  outcome_.cost_end = cost_;
  outcome_.restarts = service.restarts();
  outcome_.kills = service.kills();
  outcome_.end = service.live().replicas.front().configuration;
  return outcome_;
}

std::string day_and_time(const Scenario& scenario, Instant at) {
  const Duration hour = Duration(scenario.start.us % scenario.load.day.count());
  const double days = to_seconds(at - scenario.start + hour) / to_seconds(scenario.load.day);
  const int day = static_cast<int>(days);
  const int minute = static_cast<int>((days - day) * 24 * 60 + 0.5);
  return fmt::format("day {} {:02}:{:02}", day + 1, minute / 60, minute % 60);
}

Result<SimulatedService> make_service(const Scenario& scenario, const ServiceModel& model,
                                      const model::Configuration& configuration) {
  ServiceOptions options;
  options.replicas = scenario.replicas;
  options.replica_start = scenario.replica_start;
  options.measurement_noise = scenario.measurement_noise;
  options.seed = scenario.seed;
  for (const model::Parameter& parameter : scenario.application.space.parameters()) {
    if (parameter.effect == model::ChangeEffect::kLive) options.live_parameters.push_back(parameter.name);
  }
  return SimulatedService::create(model, std::move(options), configuration, scenario.start);
}

}  // namespace trimtab::simulation
