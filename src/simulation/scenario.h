// Scenario: an application, the load it will get, and what is compared on it: a fortnight of production in seconds.
#pragma once

#include <string>
#include <vector>

#include "simulation/load_model.h"
#include "simulation/service_model.h"

#include "model/application.h"

namespace trimtab::simulation {

struct Scenario {
  std::string name;
  model::Application application;  // its baseline is complete
  ServiceParameters service;
  LoadOptions load;
  Instant start;
  Duration length = std::chrono::hours(24 * 14);
  // Of load before the start that monitoring still knows when Trimtab is enrolled; nothing was tuned in it.
  Duration history = std::chrono::hours(24 * 14);
  Duration step = std::chrono::minutes(1);  // resolution of the truth; SLOs are judged on every step
  int replicas = 2;
  Duration replica_start = std::chrono::seconds(40);
  double measurement_noise = 0.02;
  double allowed_breach = 0.005;  // share of the steps that the best static configuration may be in breach
  std::uint64_t seed = 1;
};

[[nodiscard]] int steps_of(const Scenario& scenario);

// Books what a run costs and whether it holds its SLOs.
struct RunOutcome {
  std::string policy;
  int steps = 0;
  int breached_steps = 0;
  double cost_month = 0;  // mean over the run
  double cost_end = 0;    // of the configuration at the end
  int changes = 0;        // applied, roll backs not counted
  int roll_backs = 0;
  int restarts = 0;  // of replicas, by changes
  int kills = 0;     // out of memory
  model::Configuration end;
  std::vector<std::string> story;  // "day 1 02:00 applied: ...", one line per change

  [[nodiscard]] double breached_share() const { return steps > 0 ? static_cast<double>(breached_steps) / steps : 0; }
};

}  // namespace trimtab::simulation
