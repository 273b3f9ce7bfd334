// Runs the live engine itself over a scenario in simulated time: the same step() that runs in production, fed by the
// service model. Everything is deterministic in the scenario.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/scenario.h"

#include "base/result.h"
#include "engine/live_engine.h"

namespace trimtab::simulation {

struct LiveSimulationOptions {
  // Called after every step of the engine, for tests and traces; may be empty.
  std::function<void(const engine::Event&, const engine::StepResult&)> on_step;
  std::function<void(int step, int steps)> on_progress;  // once an hour of simulated time; may be empty
  std::stop_token stop;                                  // kCancelled soon after it is requested
};

// Arrivals of every step: first the history's, then those of the run.
struct ScenarioLoad {
  std::vector<double> history;
  std::vector<double> run;
};
[[nodiscard]] ScenarioLoad scenario_load(const Scenario& scenario);

// The application's policy decides; with mode autonomous no person is needed. kInvalidInput: the baseline or the
// metrics do not fit the model.
[[nodiscard]] Result<RunOutcome> run_live(const Scenario& scenario, const ServiceModel& model, const ScenarioLoad& load,
                                          const LiveSimulationOptions& options = {});

// Everything that is compared, in this order: static, right-size, VPA-like, Trimtab, oracle. Seconds.
struct Comparison {
  std::string scenario;
  std::uint64_t seed = 0;
  std::string currency;
  double days = 0;
  double step_minutes = 0;
  std::vector<RunOutcome> outcomes;

  [[nodiscard]] const RunOutcome* find(std::string_view policy) const;
  // Of static's cost, mean over the run.
  [[nodiscard]] double saving(const RunOutcome& outcome) const;
  [[nodiscard]] double share_of_oracle(const RunOutcome& outcome) const;      // over the whole run, learning included
  [[nodiscard]] double end_share_of_oracle(const RunOutcome& outcome) const;  // of the configuration at the end
};
inline constexpr std::string_view kStatic = "static";
inline constexpr std::string_view kTrimtab = "Trimtab";
inline constexpr std::string_view kOracle = "oracle (best safe static)";

[[nodiscard]] Result<Comparison> compare(const Scenario& scenario, const LiveSimulationOptions& options = {});

}  // namespace trimtab::simulation
