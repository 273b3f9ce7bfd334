#include "engine/study_results.h"

#include <algorithm>

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

}  // namespace

std::vector<Experiment> experiments(const model::Objective& objective, const std::vector<Trial>& trials) {
  std::vector<Experiment> all;
  for (const Trial& trial : trials) {
    if (!trial.finished()) continue;
    if (all.empty() || all.back().number != trial.experiment) {
      Experiment fresh;
      fresh.number = trial.experiment;
      fresh.configuration = trial.configuration;
      fresh.why = trial.why;
      fresh.started = trial.started;
      all.push_back(std::move(fresh));
    }
    Experiment& experiment = all.back();
    ++experiment.trials;
    experiment.ended = trial.ended;
    if (trial.failed) {
      experiment.failed = true;
      experiment.failure = trial.failure;
    }
    for (const auto& [name, value] : trial.metrics)
      experiment.metrics[name] += (value - experiment.metrics[name]) / experiment.trials;
  }
  for (Experiment& experiment : all)
    judge(objective, experiment);
  return all;
}

bool is_better(const model::Objective& objective, double a, double b) {
  return objective.goals().front().direction == model::Direction::kMinimize ? a < b : a > b;
}

const Experiment* best_experiment(const model::Objective& objective, const std::vector<Experiment>& experiments) {
  const Experiment* best = nullptr;
  for (const Experiment& experiment : experiments) {
    if (experiment.feasible && (!best || is_better(objective, *experiment.goal, *best->goal))) best = &experiment;
  }
  return best;
}

const Experiment* experiment_of(const std::vector<Experiment>& experiments, const model::Configuration& configuration) {
  const auto found = std::ranges::find(experiments, configuration, &Experiment::configuration);
  return found == experiments.end() ? nullptr : &*found;
}

std::vector<std::optional<double>> best_so_far(const model::Objective& objective,
                                               const std::vector<Experiment>& experiments) {
  std::vector<std::optional<double>> course;
  std::optional<double> best;
  for (const Experiment& experiment : experiments) {
    if (experiment.feasible && (!best || is_better(objective, *experiment.goal, *best))) best = experiment.goal;
    course.push_back(best);
  }
  return course;
}

}  // namespace trimtab::engine
