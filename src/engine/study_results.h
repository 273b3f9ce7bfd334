// What a study found: trials gathered into experiments, the best of them, its course. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/study_document.h"
#include "engine/study_state.h"

namespace trimtab::engine {

// One configuration with its finished trials. Where measurements changed between them only those after the change
// count.
struct Experiment {
  int number = 0;
  model::Configuration configuration;
  std::string why;
  Instant started;
  Instant ended;
  int trials = 0;
  int era = 0;          // changes before its last trial
  bool past = false;    // measured before the latest change: a hint, no longer taken as true
  bool failed = false;  // one of its trials failed
  std::string failure;
  model::Metrics metrics;      // means over its trials
  std::optional<double> goal;  // of the means; none when failed
  bool feasible = false;       // every SLO holds on the means
  std::vector<double> slos;    // values in the order of the objective; empty when failed
};

[[nodiscard]] std::vector<Experiment> experiments(const model::Objective& objective, const StudyState& state);
// Whether goal value a is better than b.
[[nodiscard]] bool is_better(const model::Objective& objective, double a, double b);
// The feasible one with the best goal, of those that are not past; nullptr when there is none.
[[nodiscard]] const Experiment* best_experiment(const model::Objective& objective,
                                                const std::vector<Experiment>& experiments);
// The experiment that ran the given configuration first, of those that are not past; nullptr when none did.
[[nodiscard]] const Experiment* experiment_of(const std::vector<Experiment>& experiments,
                                              const model::Configuration& configuration);
// Goal of the best feasible experiment of its era up to and with each one; none before the first.
[[nodiscard]] std::vector<std::optional<double>> best_so_far(const model::Objective& objective,
                                                             const std::vector<Experiment>& experiments);
// Where an era began: its first trial, and that trial's experiment.
struct Change {
  int trial = 0;
  int experiment = 0;
};
[[nodiscard]] std::vector<Change> changes(const StudyState& state);
// "Measurements changed with trial 43: what was measured before is a hint only, not counted for the best."; empty when
// they did not.
[[nodiscard]] std::string changes_text(const StudyState& state);

}  // namespace trimtab::engine
