// The part of StudyModel that models goals.
#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "numeric/statistics.h"
#include "optimizer/standard_values.h"
#include "optimizer/study_model.h"

namespace trimtab::optimizer {
namespace {

constexpr std::size_t kScaleChosen = 10;  // configurations from which they say on which scale a goal is modelled
constexpr double kChebyshevSum = 0.05;    // weight of the sum beside the maximum (Knowles 2006, ParEGO)
constexpr double kNoScatter = 1e-9;       // variance of repeats of y below which measurements do not scatter

}  // namespace

// Where the fit of a goal's own model is kept.
std::size_t StudyModel::place_of(std::size_t goal) const {
  return problem_->objective.goals().size() == 1 ? 0 : problem_->objective.slos().size() + 2 + goal;
}

StudyModel::GoalValues StudyModel::goal_on_scale(const std::vector<std::size_t>& modelled, std::size_t goal,
                                                 bool as_measured) const {
  const bool maximised = problem_->objective.goals()[goal].direction == model::Direction::kMaximize;
  std::vector<double> values;
  for (const std::size_t i : modelled)
    values.push_back(data_.trials[i].goals[goal]);
  GoalValues scaled;
  scaled.scale.in_logs = !as_measured && std::ranges::all_of(values, [](double v) { return v > 0; });
  for (double& value : values)
    value = (maximised ? -1 : 1) * (scaled.scale.in_logs ? std::log(value) : value);
  cut_outliers(values);
  const Standard standard = standardise(values);
  scaled.scale.centre = standard.centre;
  scaled.scale.unit = standard.unit;
  scaled.values = std::move(values);
  return scaled;
}

// The pooled variance of the first goal's repeats on its scale.
StudyModel::Repeats StudyModel::repeats(const std::vector<std::size_t>& modelled, const GoalScale& scale) const {
  Repeats repeats;
  double squares = 0;
  for (const std::size_t i : modelled) {
    const Trial& trial = data_.trials[i];
    if (trial.count < 2) continue;
    std::vector<double> values = trial.goal_values;
    for (double& value : values)
      value = (scale.in_logs ? std::log(std::max(value, 1e-300)) : value) / scale.unit;
    squares += numeric::variance(values) * (trial.count - 1);
    repeats.freedom += trial.count - 1;
  }
  if (repeats.freedom > 0) repeats.variance = squares / repeats.freedom;
  return repeats;
}

// Whether trials can say on which scale a goal is best modelled.
bool StudyModel::scale_is_open(const std::vector<std::size_t>& modelled, std::size_t goal) const {
  return request_->prior == nullptr && fitting_of(place_of(goal)) == Fitting::kAnew &&
         modelled.size() >= kScaleChosen && modelled.size() <= kMostFitted &&
         std::ranges::all_of(modelled, [&](std::size_t i) { return data_.trials[i].goals[goal] > 0; });
}

// The log density of the goal's own values: that of y, and what a unit of the goal is on its scale (change of
// variables), so that scales can be compared. Repeats count where the density holds what they scatter. Precondition:
// the process was fitted to all of them.
double StudyModel::goal_evidence(const ModelledGoal& one, const std::vector<std::size_t>& modelled,
                                 std::size_t goal) const {
  const bool repeats_count = one.output.data.repeat_freedom > 0;
  double evidence = one.output.process->fitted_log_posterior();
  for (const std::size_t i : modelled) {
    const Trial& trial = data_.trials[i];
    const double slope = one.scale.unit * (one.scale.in_logs ? trial.goals[goal] : 1);
    evidence -= (repeats_count ? trial.count : 1) * std::log(slope);
  }
  return evidence;
}

StudyModel::Output StudyModel::output_of(const std::vector<std::size_t>& modelled, std::vector<double> values) const {
  Output output = new_output();
  for (const std::size_t i : modelled) {
    output.data.points.add(features(data_.trials[i].row, data_.trials[i].context));
    output.data.counts.push_back(data_.trials[i].count);
  }
  output.data.values = std::move(values);
  return output;
}

// One goal alone. Repeats that agree to the last digit say that nothing scatters: what the model does not explain is
// then no noise, and no likelihood is made of them.
Result<StudyModel::ModelledGoal> StudyModel::model_goal(const std::vector<std::size_t>& modelled, std::size_t goal,
                                                        bool as_measured) {
  GoalValues scaled = goal_on_scale(modelled, goal, as_measured);
  ModelledGoal one{scaled.scale, output_of(modelled, std::move(scaled.values))};
  if (problem_->objective.goals().size() == 1) {
    const Repeats found = repeats(modelled, one.scale);
    if (found.variance >= kNoScatter) {
      one.output.data.repeat_freedom = found.freedom;
      one.output.data.repeat_variance = found.variance;
    }
    expect_from_priors(one.output, 0, {one.scale.unit, one.scale.in_logs});
  }
  TRY(process_of(one.output, {}, place_of(goal)));
  return one;
}

// What was chosen last stays until all is fitted anew.
Result<StudyModel::ModelledGoal> StudyModel::model_on_better_scale(const std::vector<std::size_t>& modelled,
                                                                   std::size_t goal) {
  const bool open = scale_is_open(modelled, goal);
  if (open) fit_.as_measured[goal] = false;
  TRY_ASSIGN(ModelledGoal one, model_goal(modelled, goal, fit_.as_measured[goal]));
  if (!open) return one;
  TRY_ASSIGN(ModelledGoal other, model_goal(modelled, goal, true));
  fit_.as_measured[goal] = goal_evidence(other, modelled, goal) > goal_evidence(one, modelled, goal);
  if (fit_.as_measured[goal]) return other;
  fit_.hyper[place_of(goal)] = one.output.process->hyper();
  return one;
}

// Several goals as one, by weights of this request. What is weighed stays in logarithms.
Result<StudyModel::Output> StudyModel::model_weighted(const std::vector<std::size_t>& modelled,
                                                      std::uint64_t weights_seed) {
  Random random = Random::named(weights_seed, "goals");
  std::vector<double> worst(modelled.size(), -1e300);
  std::vector<double> sum(modelled.size(), 0);
  double weights = 0;
  for (std::size_t g = 0; g < problem_->objective.goals().size(); ++g) {
    const std::vector<double> values = goal_on_scale(modelled, g, false).values;
    const double weight = random.exponential();
    weights += weight;
    for (std::size_t i = 0; i < values.size(); ++i) {
      worst[i] = std::max(worst[i], weight * values[i]);
      sum[i] += weight * values[i];
    }
  }
  for (std::size_t i = 0; i < sum.size(); ++i)
    sum[i] = (worst[i] + kChebyshevSum * sum[i]) / weights;
  Output output = output_of(modelled, std::move(sum));
  TRY(process_of(output, {}, 0));
  return output;
}

Result<void> StudyModel::learn_goals(const std::vector<std::size_t>& modelled, std::uint64_t weights_seed) {
  if (modelled.empty()) return {};
  const std::size_t goals = problem_->objective.goals().size();
  for (std::size_t g = 0; g < goals; ++g) {
    TRY_ASSIGN(ModelledGoal one, model_on_better_scale(modelled, g));
    scales_.push_back(one.scale);
    alone_.push_back(std::move(one.output));
  }
  if (goals == 1) {
    goal_ = std::move(alone_.front());
    alone_.clear();
  } else {
    TRY_ASSIGN(goal_, model_weighted(modelled, weights_seed));
  }
  const Repeats found = repeats(modelled, scales_.front());
  if (found.freedom > 0) scatter_ = found.variance < kNoScatter ? Scatter::kNone : Scatter::kSome;
  for (std::size_t k = 0; k < encoding_->size(); ++k)
    lengths_.push_back(std::exp(fit_.hyper[0][1 + k]));
  return {};
}

}  // namespace trimtab::optimizer
