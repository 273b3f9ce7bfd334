// What a study says without suggesting: what to expect of configurations, and which is the best so far.
#include <cmath>
#include <limits>

#include "optimizer/study_model.h"
#include "optimizer/study_search.h"

namespace trimtab::optimizer {

Result<Suggestion> foresee(const Problem& problem, const StudySearchRequest& request,
                           const model::Configuration& configuration) {
  TRY_ASSIGN(const StudyModel model, StudyModel::learn(problem, request, request.seed));
  Suggestion suggestion;
  suggestion.configuration = model.encoding().canonical(configuration);
  if (!model.has_goal()) return suggestion;
  const std::vector<double> row = model.encoding().encode(configuration);
  suggestion.feasible = std::exp(model.believe(row).log_feasible[0]);
  suggestion.predictions = model.predictions(row);
  return suggestion;
}

Result<std::vector<double>> feasibility(const Problem& problem, const StudySearchRequest& request,
                                        std::span<const model::Configuration> configurations) {
  TRY_ASSIGN(const StudyModel model, StudyModel::learn(problem, request, request.seed));
  Points rows{model.encoding().size(), {}};
  for (const model::Configuration& one : configurations)
    rows.add(model.encoding().encode(one));
  std::vector<double> chances = model.believe(rows).log_feasible;
  for (double& chance : chances)
    chance = std::exp(chance);
  return chances;
}

namespace {

// The best of the trials that did not fail and hold the SLOs: as measured, or by the model in the request's context.
std::optional<BestConfiguration> best_trial(const Problem& problem, const StudyModel& model, bool by_model) {
  const bool maximised = problem.objective.goals().front().direction == model::Direction::kMaximize;
  // Where repeats agree the measurement ranks better than the model's mean; with noise it is the other way round, and
  // measurements in other contexts are comparable only through the model.
  const bool rank_by_model =
      model.context_varies() || (model.scatter() != StudyModel::Scatter::kNone && model.noise_share() >= kNoisy);
  std::optional<BestConfiguration> found;
  double found_rank = std::numeric_limits<double>::infinity();
  for (const Trial& trial : model.trials()) {
    if (trial.count == 0 || trial.failures > 0) continue;
    if (!by_model && !trial.holds(problem.objective)) continue;
    const auto belief = model.believe(trial.row);
    if (by_model && belief.log_feasible[0] < std::log(0.5)) continue;
    const double measured = maximised ? -trial.goals.front() : trial.goals.front();
    const double rank = rank_by_model ? belief.mean[0] : measured;
    if (found && rank >= found_rank) continue;
    found_rank = rank;
    found = BestConfiguration{trial.configuration, trial.goals.front(), std::exp(belief.log_feasible[0]), trial.count};
  }
  return found;
}

}  // namespace

std::optional<BestConfiguration> best(const Problem& problem, const StudySearchRequest& request) {
  const auto model = StudyModel::learn(problem, request, request.seed);
  if (!model) return std::nullopt;
  std::optional<BestConfiguration> found;
  if (model->context_varies()) found = best_trial(problem, *model, true);
  return found ? found : best_trial(problem, *model, false);
}

}  // namespace trimtab::optimizer
