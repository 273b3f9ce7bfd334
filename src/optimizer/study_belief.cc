// The part of StudyModel that answers: what is believed of configurations.
#include <algorithm>
#include <cmath>

#include "numeric/normal.h"
#include "numeric/statistics.h"
#include "optimizer/study_model.h"

namespace trimtab::optimizer {
namespace {

constexpr double kLeastNoFailure = 0.02;  // probability; without a floor few failures would rule out whole regions
constexpr double kLeastVariance = 1e-6;
constexpr double kZ = 1.6448536269514722;  // of 95 %

// Log probability that c <= bound, and its derivatives by the mean and the variance of c.
struct HoldsBelow {
  double log_probability = 0;
  double by_mean = 0;
  double by_variance = 0;
};

HoldsBelow holds_below(double bound, double mean, double variance) {
  const double s = std::sqrt(variance + kLeastVariance);
  const double z = (bound - mean) / s;
  HoldsBelow result;
  result.log_probability = numeric::normal_log_cdf(z);
  // phi/Phi in logarithms: far in the tail both vanish.
  const double ratio = std::exp(-0.5 * z * z - 0.91893853320467274178 - result.log_probability);
  result.by_mean = -ratio / s;
  result.by_variance = -0.5 * ratio * z / (s * s);
  return result;
}

HoldsBelow does_not_fail(double mean, double variance) {
  HoldsBelow result = holds_below(1, mean, variance + kFailureNoise);
  if (result.log_probability < std::log(kLeastNoFailure)) return {std::log(kLeastNoFailure), 0, 0};
  return result;
}

}  // namespace

StudyModel::Belief StudyModel::believe(std::span<const double> row) const {
  return believe(Points{row.size(), {row.begin(), row.end()}});
}

StudyModel::Belief StudyModel::believe(const Points& rows) const {
  Belief belief;
  const Points points = features_of(rows);
  const std::size_t n = rows.rows();
  belief.log_feasible.assign(n, 0);
  for (const auto& slo : slos_) {
    if (!slo) continue;
    const Moments moments = slo->output.process->predict(points);
    const double noise = slo->output.process->noise_variance();
    for (std::size_t i = 0; i < n; ++i)
      belief.log_feasible[i] += holds_below(0, moments.mean[i], moments.variance[i] + noise).log_probability;
  }
  if (failure_) {
    const Moments moments = failure_->process->predict(points);
    for (std::size_t i = 0; i < n; ++i)
      belief.log_feasible[i] += does_not_fail(moments.mean[i], moments.variance[i]).log_probability;
  }
  if (!goal_) {
    belief.mean.assign(n, 0);
    belief.deviation.assign(n, 1);
    belief.covariance.assign(n, 0);
    return belief;
  }
  Moments moments = goal_->process->predict(points, incumbent_reference_);
  belief.mean = std::move(moments.mean);
  belief.covariance = std::move(moments.covariance);
  belief.covariance.resize(n, 0);
  for (const double variance : moments.variance)
    belief.deviation.push_back(std::sqrt(variance));
  return belief;
}

// The parameters are the first columns. Nothing without an incumbent.
std::vector<double> StudyModel::of_parameters(std::vector<double> slopes) const {
  slopes.resize(encoding_->size(), 0);
  return slopes;
}

StudyModel::LocalBelief StudyModel::believe_with_slopes(std::span<const double> row) const {
  const std::vector<double> point = features(row, data_.context);
  LocalBelief belief;
  belief.goal = goal_->process->predict_with_slopes(point, incumbent_ ? &incumbent_reference_ : nullptr);
  belief.goal.mean_slope = of_parameters(belief.goal.mean_slope);
  belief.goal.variance_slope = of_parameters(belief.goal.variance_slope);
  belief.goal.covariance_slope = of_parameters(belief.goal.covariance_slope);
  belief.feasible_slope.assign(row.size(), 0);
  const auto add = [&](const LocalMoments& moments, const HoldsBelow& holds) {
    belief.log_feasible += holds.log_probability;
    const std::vector<double> mean = of_parameters(moments.mean_slope);
    const std::vector<double> variance = of_parameters(moments.variance_slope);
    for (std::size_t k = 0; k < row.size(); ++k)
      belief.feasible_slope[k] += holds.by_mean * mean[k] + holds.by_variance * variance[k];
  };
  for (const auto& slo : slos_) {
    if (!slo) continue;
    const LocalMoments moments = slo->output.process->predict_with_slopes(point);
    add(moments, holds_below(0, moments.mean, moments.variance + slo->output.process->noise_variance()));
  }
  if (failure_) {
    const LocalMoments moments = failure_->process->predict_with_slopes(point);
    add(moments, does_not_fail(moments.mean, moments.variance));
  }
  return belief;
}

double StudyModel::noise_variance() const {
  return goal_ ? goal_->process->noise_variance() : 0;
}

// What varies with the configuration is the data's variance without the noise.
double StudyModel::noise_share() const {
  if (!goal_) return 0;
  const double noise = noise_variance();
  return noise / std::max({1e-9, std::exp(goal_->process->hyper().front()) + prior_variance_, noise * 1e-3});
}

Result<void> StudyModel::assume_tried(const Points& rows) {
  if (rows.rows() == 0) return {};
  const Points points = features_of(rows);
  const auto assume = [&](Output& output) -> Result<void> {
    const Moments moments = output.process->predict(points);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      output.data.points.add(points.row(i));
      output.data.values.push_back(moments.mean[i]);
      if (!output.data.counts.empty()) output.data.counts.push_back(1);
    }
    TRY_ASSIGN(output.process, GaussianProcess::condition(output.kernel, output.process->hyper(), output.data));
    return {};
  };
  if (goal_) {
    TRY(assume(*goal_));
    if (incumbent_) incumbent_reference_ = goal_->process->reference(incumbent_reference_.row);
  }
  for (auto& slo : slos_)
    if (slo) TRY(assume(slo->output));
  return {};
}

model::Prediction StudyModel::prediction_of(std::size_t goal, const Points& point) const {
  const GaussianProcess& process = *(alone_.empty() ? *goal_ : alone_[goal]).process;
  const GoalScale& scale = scales_[goal];
  const auto& declared = problem_->objective.goals()[goal];
  const Moments moments = process.predict(point);
  const double reach = kZ * std::sqrt(moments.variance[0] + process.noise_variance());
  const double sign = declared.direction == model::Direction::kMaximize ? -1 : 1;
  const auto back = [&](double y) {
    const double value = sign * (scale.centre + scale.unit * y);
    return scale.in_logs ? std::exp(value) : value;
  };
  const double a = back(moments.mean[0] - reach);
  const double b = back(moments.mean[0] + reach);
  const double now = incumbent_ ? data_.trials[*incumbent_].goals[goal] : 0;
  return {declared.text, "", now, back(moments.mean[0]), std::min(a, b), std::max(a, b), 0};
}

std::vector<model::Prediction> StudyModel::predictions(std::span<const double> row) const {
  std::vector<model::Prediction> result;
  const Points points = features_of(Points{row.size(), {row.begin(), row.end()}});
  for (std::size_t g = 0; g < scales_.size(); ++g)
    result.push_back(prediction_of(g, points));
  for (std::size_t k = 0; k < slos_.size(); ++k) {
    if (!slos_[k]) continue;
    const ModelledSlo& slo = *slos_[k];
    const Moments moments = slo.output.process->predict(points);
    const double reach = kZ * std::sqrt(moments.variance[0] + slo.output.process->noise_variance());
    const auto back = [&](double y) { return slo.scale.from_scale(slo.unit * y); };
    const double a = back(moments.mean[0] - reach);
    const double b = back(moments.mean[0] + reach);
    const bool seen = incumbent_ && !data_.trials[*incumbent_].slos[k].empty();
    result.push_back({problem_->objective.slos()[k].name, "",
                      seen ? numeric::mean(data_.trials[*incumbent_].slos[k]) : 0, back(moments.mean[0]),
                      std::min(a, b), std::max(a, b), 0});
  }
  return result;
}

}  // namespace trimtab::optimizer
