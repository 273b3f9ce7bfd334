// What a study found: trials gathered into experiments, the best of them, its course. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/study_document.h"
#include "engine/study_state.h"

namespace trimtab::engine {

// One configuration with its finished trials.
struct Experiment {
  int number = 0;
  model::Configuration configuration;
  std::string why;
  Instant started;
  Instant ended;
  int trials = 0;
  bool failed = false;  // one of its trials failed
  std::string failure;
  model::Metrics metrics;      // means over its trials
  std::optional<double> goal;  // of the means; none when failed
  bool feasible = false;       // every SLO holds on the means
  std::vector<double> slos;    // values in the order of the objective; empty when failed
};

[[nodiscard]] std::vector<Experiment> experiments(const model::Objective& objective, const std::vector<Trial>& trials);
// Whether goal value a is better than b.
[[nodiscard]] bool is_better(const model::Objective& objective, double a, double b);
// The feasible one with the best goal; nullptr when there is none.
[[nodiscard]] const Experiment* best_experiment(const model::Objective& objective,
                                                const std::vector<Experiment>& experiments);
// The experiment that ran the given configuration first; nullptr when none did.
[[nodiscard]] const Experiment* experiment_of(const std::vector<Experiment>& experiments,
                                              const model::Configuration& configuration);
// Goal of the best feasible experiment up to and with each one; none before the first.
[[nodiscard]] std::vector<std::optional<double>> best_so_far(const model::Objective& objective,
                                                             const std::vector<Experiment>& experiments);

}  // namespace trimtab::engine
