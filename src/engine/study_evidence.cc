#include "engine/study_evidence.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/live_feasibility.h"

namespace trimtab::engine {
namespace {

model::Observation observation_of(const Trial& trial) {
  model::Observation observation;
  observation.start = trial.started;
  observation.end = trial.ended;
  observation.configuration = trial.configuration;
  observation.metrics = trial.metrics;
  observation.failed = trial.failed;
  observation.failure = trial.failure;
  return observation;
}

// The search counts runs, a study's budget experiments: those begun have the trials they have.
int runs_of_budget(const StudyDefinition& study, const StudyState& state) {
  const int left = std::max(0, budget_of(study, state) - state.experiments);
  return static_cast<int>(state.trials.size()) + left * std::max(1, study.trial.repeats);
}

optimizer::StudySearchRequest start_of(const StudyDefinition& study, const StudyState& state) {
  optimizer::StudySearchRequest start;
  start.budget = runs_of_budget(study, state);
  start.seed = study.seed;  // what is found on the way is then the same for every choice
  return start;
}

// What a process holds is learned from all trials, those of past eras too: to be killed is worse than to be careful.
optimizer::Problem problem_that_fits(const StudyDefinition& study, const StudyState& state) {
  optimizer::Problem problem = study.problem;
  if (!study.application.memory) return problem;
  std::vector<model::Observation> seen;
  for (const Trial& trial : state.trials) {
    if (trial.finished()) seen.push_back(observation_of(trial));
  }
  if (auto memory = memory_constraint_of_trials(study.application, seen))
    problem.space = problem.space.with(*std::move(memory));
  return problem;
}

}  // namespace

int budget_of(const StudyDefinition& study, const StudyState& state) {
  return state.budget > 0 ? state.budget : study.budget.experiments;
}

StudyEvidence::StudyEvidence(const StudyDefinition& study, const StudyState& state, optimizer::Problem problem,
                             bool watched)
    : problem_(std::make_unique<const optimizer::Problem>(std::move(problem))),
      eras_(*problem_, start_of(study, state), {}, watched) {
  std::vector<int> numbers;
  for (const Trial& trial : state.trials) {
    if (!trial.finished()) continue;
    numbers.push_back(trial.number);
    bool changed = eras_.add(observation_of(trial), fmt::format("trial {}", trial.number));
    if (!watched && std::ranges::binary_search(state.changes, trial.number)) {
      const std::size_t before = eras_.present_from();
      eras_.begin_era(numbers.size() - 1);
      changed = eras_.present_from() != before;
    }
    if (changed) changes_.push_back(numbers[eras_.present_from()]);
  }
  request_ = eras_.request();
  // A new stream for every suggestion, the same after an interruption.
  request_.seed += 1000003ULL * static_cast<std::uint64_t>(state.experiments);
  for (const Trial& trial : state.trials) {
    if (!trial.finished()) request_.pending.push_back(trial.configuration);
  }
}

StudyEvidence StudyEvidence::of_choice(const StudyDefinition& study, const StudyState& state) {
  return {study, state, problem_that_fits(study, state), true};
}

StudyEvidence StudyEvidence::of_state(const StudyDefinition& study, const StudyState& state) {
  return {study, state, study.problem, false};
}

}  // namespace trimtab::engine
