// Rivals that size containers by their usage: they see CPU and memory of the container and know neither response times
// nor what runs inside. Run on the same service and load as the live engine.
#pragma once

#include <string>
#include <vector>

#include "simulation/scenario.h"

#include "base/result.h"

namespace trimtab::simulation {

// Every `every`, from the usage of the last `history`:
//   cpu_limit    = cpu_margin * quantile(usage, cpu_quantile), samples weighted with cpu_half_life when positive
//   memory_limit = memory_margin * quantile(working set, memory_quantile)
// rounded up to the grid and kept in its range. A kill raises memory by 20 % over what was seen, as the VPA does.
// A limit is changed when it moves by more than `least_change` (relative).
struct UsageRule {
  std::string name;
  double cpu_quantile = 0.95;
  double cpu_margin = 1.2;
  Duration cpu_half_life{};
  double memory_quantile = 0.95;
  double memory_margin = 1.2;
  Duration history = std::chrono::hours(24 * 8);
  Duration every = std::chrono::hours(24);
  double least_change = 0.05;
};

// "right-size to p95 usage + 20 %": what spreadsheets and simple right-sizers do, once a day.
[[nodiscard]] UsageRule right_size_rule();
// After the Vertical Pod Autoscaler's recommender: 90 % of CPU with a half-life of 24 h, peaks of memory over 8 days,
// margin 15 %, https://github.com/kubernetes/autoscaler/tree/master/vertical-pod-autoscaler (flags of the recommender
// and updater: change by 10 %, after 12 h).
[[nodiscard]] UsageRule vpa_rule();

// `loads`: arrivals of every step.
[[nodiscard]] Result<RunOutcome> run_static(const Scenario& scenario, const ServiceModel& model,
                                            const std::vector<double>& loads, const model::Configuration& configuration,
                                            const std::string& name);
[[nodiscard]] Result<RunOutcome> run_usage_rule(const Scenario& scenario, const ServiceModel& model,
                                                const std::vector<double>& loads, const UsageRule& rule);

}  // namespace trimtab::simulation
