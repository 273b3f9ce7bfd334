#include "optimizer/study_acquisition.h"

#include <algorithm>
#include <cmath>

#include "numeric/lbfgs.h"
#include "numeric/normal.h"

namespace trimtab::optimizer {
namespace {

// Of the fall below the asked score, in log improvement for a standard deviation: nearly a wall, with a slope to climb
// back along. At 2 a tenth of the suggestions lay below the score and broke an SLO four times as often as the others.
constexpr double kSteepness = 10;
// Improvements far below this (of y, whose standard deviation is 1) are all the same: where nothing is left to gain
// near what is known to hold, their logarithms, without bound, would send the search to where SLOs break.
constexpr double kNegligible = 0.001;
constexpr int kRounds = 3;      // of a climb, alternating
constexpr double kReach = 0.2;  // of a number's range, in one round
constexpr int kIterations = 5;  // of L-BFGS in a round
constexpr double kLeastVariance = 1e-12;

// log(s h(D / s)) and its derivatives by D and s.
struct LogImprovement {
  double value = 0;
  double by_difference = 0;
  double by_scale = 0;
};

LogImprovement log_improvement(double difference, double s) {
  const double z = difference / s;
  LogImprovement result;
  const double log_h = numeric::log_expected_improvement(z);
  result.value = std::log(s) + log_h;
  // d log h / dz = Phi / h; d/ds (s h(D/s)) = phi(z).
  result.by_difference = std::exp(numeric::normal_log_cdf(z) - log_h) / s;
  result.by_scale = std::exp(-0.5 * z * z - 0.91893853320467274178 - log_h) / s;
  return result;
}

// The logarithm of the improvement and what is negligible, together.
LogImprovement with_negligible(const LogImprovement& improvement) {
  const double least = std::log(kNegligible);
  LogImprovement sum;
  sum.value = std::max(least, improvement.value) + std::log1p(std::exp(-std::abs(least - improvement.value)));
  const double share = std::exp(improvement.value - sum.value);
  if (share > 0) {
    sum.by_difference = improvement.by_difference * share;
    sum.by_scale = improvement.by_scale * share;
  }
  return sum;
}

// The standard score of a probability, and its derivative by the probability's logarithm.
struct Score {
  double value = 0;
  double slope = 0;
};

Score score_of(double log_probability) {
  constexpr double kLeast = 1e-12;  // beyond, quantiles are rounding
  const double p = std::exp(log_probability);
  if (p < kLeast) return {numeric::normal_quantile(kLeast), 0};
  if (p > 1 - kLeast) return {numeric::normal_quantile(1 - kLeast), 0};
  const double z = numeric::normal_quantile(p);
  return {z, p / numeric::normal_pdf(z)};
}

}  // namespace

StudyAcquisition::StudyAcquisition(const StudyModel& model, std::optional<double> least_score)
    : model_(model),
      least_score_(model.has_bounds() ? least_score : std::nullopt),
      seeks_feasible_(!model.incumbent_is_feasible()),
      exact_(model.scatter() == StudyModel::Scatter::kNone),
      best_(model.incumbent_mean()),
      best_variance_(model.incumbent_variance()),
      noise_(model.noise_variance()) {}

double StudyAcquisition::scale(double variance, double covariance) const {
  return exact_ ? std::sqrt(variance + kLeastVariance)
                : std::max(1e-9, variance - covariance) / std::sqrt(variance + noise_);
}

double StudyAcquisition::log_gain(std::span<const double> row) const {
  const auto belief = model_.believe(row);
  const double variance = belief.deviation[0] * belief.deviation[0];
  return log_improvement(best_ - belief.mean[0], scale(variance, belief.covariance[0])).value;
}

std::vector<double> StudyAcquisition::values(const Points& rows) const {
  const auto belief = model_.believe(rows);
  std::vector<double> values = belief.log_feasible;
  if (seeks_feasible_) return values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double s = scale(belief.deviation[i] * belief.deviation[i], belief.covariance[i]);
    const LogImprovement improvement = log_improvement(best_ - belief.mean[i], s);
    if (!least_score_) {
      values[i] += improvement.value;
      continue;
    }
    values[i] += with_negligible(improvement).value -
                 kSteepness * std::max(0.0, *least_score_ - score_of(belief.log_feasible[i]).value);
  }
  return values;
}

double StudyAcquisition::repeat_value(std::span<const double> row, std::span<const double> rival,
                                      bool incumbent_first) const {
  Points both{row.size(), {row.begin(), row.end()}};
  both.add(rival);
  const auto belief = model_.believe(both);
  const double variance = belief.deviation[0] * belief.deviation[0];
  const double covariance = belief.covariance[incumbent_first ? 1 : 0];
  const double s = std::max(1e-9, std::abs(variance - covariance)) / std::sqrt(variance + noise_);
  const LogImprovement improvement = log_improvement(-std::abs(belief.mean[1] - belief.mean[0]), s);
  return (least_score_ ? with_negligible(improvement) : improvement).value + belief.log_feasible[0];
}

double StudyAcquisition::value_with_slope(std::span<const double> row, std::span<double> slope) const {
  const auto belief = model_.believe_with_slopes(row);
  double value = belief.log_feasible;
  double feasible_weight = 1;
  LogImprovement improvement;
  double by_variance = 0;
  double by_covariance = 0;
  if (!seeks_feasible_) {
    const double variance = belief.goal.variance;
    double s = 0;
    if (exact_) {
      s = std::sqrt(variance + kLeastVariance);
      by_variance = 0.5 / s;
    } else {
      const double total = std::sqrt(variance + noise_);
      const double moved = std::max(1e-9, variance - belief.goal.covariance);
      s = moved / total;
      by_variance = 1 / total - 0.5 * moved / (total * total * total);
      by_covariance = -1 / total;
    }
    improvement = log_improvement(best_ - belief.goal.mean, s);
    if (least_score_) {
      improvement = with_negligible(improvement);
      const Score score = score_of(belief.log_feasible);
      if (score.value < *least_score_) {
        value -= kSteepness * (*least_score_ - score.value);
        feasible_weight += kSteepness * score.slope;
      }
    }
    value += improvement.value;
  }
  for (std::size_t k = 0; k < slope.size(); ++k)
    slope[k] = feasible_weight * belief.feasible_slope[k] - improvement.by_difference * belief.goal.mean_slope[k] +
               improvement.by_scale *
                   (by_variance * belief.goal.variance_slope[k] + by_covariance * belief.goal.covariance_slope[k]);
  return value;
}

bool StudyAcquisition::accept(const Taken& taken, std::vector<double> row, double value, Found& found) const {
  if (value <= found.value + 1e-9 || taken.contains(row)) return false;
  found = {std::move(row), value};
  return true;
}

// The numbers that one move changes: all of them, or, where something may break, only the one whose slope promises most
// within reach, if any does: there a model that knows little is dear.
std::vector<std::size_t> StudyAcquisition::moved_numbers(std::span<const double> row) const {
  std::vector<std::size_t> numbers;
  for (std::size_t k = 0; k < row.size(); ++k)
    if (model_.encoding().levels(k) == 0) numbers.push_back(k);
  if (numbers.empty() || !model_.has_bounds()) return numbers;
  std::vector<double> slope(row.size());
  value_with_slope(row, slope);
  std::vector<std::size_t> steepest;
  double most = 0;
  for (const std::size_t k : numbers) {
    const double gain = std::abs(slope[k]) * std::min(kReach, slope[k] > 0 ? 1 - row[k] : row[k]);
    if (gain > most) most = gain, steepest = {k};
  }
  return steepest;
}

// Not far: a maximiser that is free in many dimensions ends in corners, where the model knows least.
bool StudyAcquisition::move_numbers(const StudyCandidates& candidates, const Taken& taken, Found& found) const {
  const std::size_t d = found.row.size();
  const std::vector<std::size_t> numbers = moved_numbers(found.row);
  if (numbers.empty()) return false;
  numeric::Box box{found.row, found.row};
  for (const std::size_t k : numbers) {
    box.lower[k] = std::max(0.0, found.row[k] - kReach);
    box.upper[k] = std::min(1.0, found.row[k] + kReach);
  }
  const auto objective = [&](std::span<const double> row, std::span<double> slopes) {
    const double value = value_with_slope(row, slopes);
    for (double& one : slopes)
      one = -one;
    return -value;
  };
  const auto top = numeric::minimize(
      objective, found.row, box, {.max_iterations = kIterations, .gradient_tolerance = 1e-3, .value_tolerance = 1e-4});
  const auto row = candidates.valid(top.x, found.row);
  return row && accept(taken, *row, values(Points{d, *row}).front(), found);
}

bool StudyAcquisition::move_level(const StudyCandidates& candidates, const Taken& taken, Random& random,
                                  Found& found) const {
  const Points moves = candidates.single_moves(found.row, random);
  if (moves.rows() == 0) return false;
  const std::vector<double> worth = values(moves);
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < worth.size(); ++i) {
    if (worth[i] <= (best ? worth[*best] : found.value + 1e-9)) continue;
    if (!taken.contains({moves.row(i).begin(), moves.row(i).end()})) best = i;
  }
  return best && accept(taken, {moves.row(*best).begin(), moves.row(*best).end()}, worth[*best], found);
}

void StudyAcquisition::climb(const StudyCandidates& candidates, const Taken& taken, Random& random,
                             Found& found) const {
  for (int round = 0; round < kRounds; ++round) {
    const bool numbers = move_numbers(candidates, taken, found);
    const bool level = move_level(candidates, taken, random, found);
    if (!numbers && !level) return;
  }
}

}  // namespace trimtab::optimizer
