// Account: adds up, step by step, what a simulated run costs and in which steps it broke an SLO, from the truth.
#pragma once

#include <string>

#include "simulation/scenario.h"
#include "simulation/simulated_service.h"

namespace trimtab::simulation {

// Whether the truth of a step breaks one of the application's SLOs. The SLOs may use p95 (ms), errors (share),
// throughput and arrivals (requests/s) and the parameters; one that uses anything else is not judged.
[[nodiscard]] bool breaches(const model::Objective& objective, const StepTruth& truth,
                            const model::Configuration& configuration);

class Account {
 public:
  // `scenario` outlives the account.
  Account(const Scenario& scenario, std::string policy);
  // After every step of the service.
  void book(const SimulatedService& service);
  void note(Instant at, const std::string& text);
  RunOutcome& outcome() { return outcome_; }
  // Closes the account.
  [[nodiscard]] RunOutcome close(const SimulatedService& service);

 private:
  const Scenario& scenario_;
  RunOutcome outcome_;
  std::string priced_;  // fingerprint of the configuration whose cost is known
  double cost_ = 0;
  double cost_sum_ = 0;
};

// "day 3 14:05", days count from 1.
[[nodiscard]] std::string day_and_time(const Scenario& scenario, Instant at);

// The service of a scenario, running the application's baseline. kInvalidInput when that is not the model's.
[[nodiscard]] Result<SimulatedService> make_service(const Scenario& scenario, const ServiceModel& model,
                                                    const model::Configuration& configuration);

}  // namespace trimtab::simulation
