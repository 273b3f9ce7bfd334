#include "engine/study_results.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace trimtab::engine {
namespace {

void judge(const model::Objective& objective, Experiment& experiment) {
  if (experiment.failed) {
    experiment.metrics.clear();
    return;
  }
  if (const auto goal = objective.goal_value(0, experiment.metrics, experiment.configuration)) experiment.goal = *goal;
  experiment.feasible = experiment.goal.has_value();
  for (std::size_t k = 0; k < objective.slos().size(); ++k) {
    const auto value = objective.slo_value(k, experiment.metrics, experiment.configuration);
    if (!value) {
      experiment.feasible = false;
      experiment.slos.clear();
      return;
    }
    experiment.slos.push_back(*value);
    if (!objective.slos()[k].holds(*value)) experiment.feasible = false;
  }
}

int era_of(const StudyState& state, int trial) {
  return static_cast<int>(std::ranges::count_if(state.changes, [&](int first_trial) { return first_trial <= trial; }));
}

void add(const Trial& trial, Experiment& experiment) {
  ++experiment.trials;
  experiment.ended = trial.ended;
  if (trial.failed) {
    experiment.failed = true;
    experiment.failure = trial.failure;
  }
  for (const auto& [name, value] : trial.metrics)
    experiment.metrics[name] += (value - experiment.metrics[name]) / experiment.trials;
}

// What was measured before the change is not of this era.
void begin_again(int era, Experiment& experiment) {
  experiment.era = era;
  experiment.trials = 0;
  experiment.failed = false;
  experiment.failure.clear();
  experiment.metrics.clear();
}

}  // namespace

std::vector<Experiment> experiments(const model::Objective& objective, const StudyState& state) {
  std::vector<Experiment> all;
  for (const Trial& trial : state.trials) {
    if (!trial.finished()) continue;
    if (all.empty() || all.back().number != trial.experiment) {
      Experiment fresh;
      fresh.number = trial.experiment;
      fresh.configuration = trial.configuration;
      fresh.why = trial.why;
      fresh.started = trial.started;
      all.push_back(std::move(fresh));
    }
    if (const int era = era_of(state, trial.number); era != all.back().era) begin_again(era, all.back());
    add(trial, all.back());
  }
  for (Experiment& experiment : all) {
    experiment.past = experiment.era < static_cast<int>(state.changes.size());
    judge(objective, experiment);
  }
  return all;
}

bool is_better(const model::Objective& objective, double a, double b) {
  return objective.goals().front().direction == model::Direction::kMinimize ? a < b : a > b;
}

const Experiment* best_experiment(const model::Objective& objective, const std::vector<Experiment>& experiments) {
  const Experiment* best = nullptr;
  for (const Experiment& experiment : experiments) {
    if (experiment.past || !experiment.feasible) continue;
    if (!best || is_better(objective, *experiment.goal, *best->goal)) best = &experiment;
  }
  return best;
}

const Experiment* experiment_of(const std::vector<Experiment>& experiments, const model::Configuration& configuration) {
  const auto found = std::ranges::find_if(experiments, [&](const Experiment& experiment) {
    return !experiment.past && experiment.configuration == configuration;
  });
  return found == experiments.end() ? nullptr : &*found;
}

std::vector<std::optional<double>> best_so_far(const model::Objective& objective,
                                               const std::vector<Experiment>& experiments) {
  std::vector<std::optional<double>> course;
  std::optional<double> best;
  int era = 0;
  for (const Experiment& experiment : experiments) {
    if (experiment.era != era) best.reset();
    era = experiment.era;
    if (experiment.feasible && (!best || is_better(objective, *experiment.goal, *best))) best = experiment.goal;
    course.push_back(best);
  }
  return course;
}

std::vector<Change> changes(const StudyState& state) {
  std::vector<Change> all;
  for (const Trial& trial : state.trials) {
    if (std::ranges::binary_search(state.changes, trial.number)) all.push_back({trial.number, trial.experiment});
  }
  return all;
}

std::string changes_text(const StudyState& state) {
  if (state.changes.empty()) return "";
  const int latest = state.changes.back();
  if (state.changes.size() == 1) {
    return fmt::format(
        "Measurements changed with trial {}: what was measured before is a hint only, not counted for the best.",
        latest);
  }
  const std::vector<int> earlier(state.changes.begin(), state.changes.end() - 1);
  return fmt::format(
      "Measurements changed with trials {} and {}: what was measured before trial {} is a hint only, not counted for "
      "the best.",
      fmt::join(earlier, ", "), latest, latest);
}

}  // namespace trimtab::engine
