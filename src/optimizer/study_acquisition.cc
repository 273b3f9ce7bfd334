#include "optimizer/study_acquisition.h"

#include <algorithm>
#include <cmath>

#include "numeric/lbfgs.h"
#include "numeric/normal.h"

namespace trimtab::optimizer {
namespace {

// Of the fall below the least feasibility, in units of log probability. 500, which lets nothing unsafe through, left
// twice the regret where a tenth of the space is feasible, and broke SLOs hardly less often.
constexpr double kSteepness = 20;
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

}  // namespace

StudyAcquisition::StudyAcquisition(const StudyModel& model, double least_feasible)
    : model_(model),
      least_log_feasible_(least_feasible > 0 ? std::log(least_feasible) : -1e300),
      seeks_feasible_(!model.incumbent_is_feasible()),
      exact_(model.scatter() == StudyModel::Scatter::kNone),
      best_(model.incumbent_mean()),
      best_variance_(model.incumbent_variance()),
      noise_(model.noise_variance()) {}

double StudyAcquisition::penalty(double log_feasible) const {
  return kSteepness * std::min(0.0, log_feasible - least_log_feasible_);
}

std::vector<double> StudyAcquisition::values(const Points& rows) const {
  const auto belief = model_.believe(rows);
  std::vector<double> values = belief.log_feasible;
  if (seeks_feasible_) return values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double variance = belief.deviation[i] * belief.deviation[i];
    const double s = exact_ ? std::sqrt(variance + kLeastVariance)
                            : std::max(1e-9, variance - belief.covariance[i]) / std::sqrt(variance + noise_);
    values[i] += penalty(belief.log_feasible[i]) + log_improvement(best_ - belief.mean[i], s).value;
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
  return log_improvement(-std::abs(belief.mean[1] - belief.mean[0]), s).value + belief.log_feasible[0];
}

// The value at one row, with its slope.
double StudyAcquisition::at(std::span<const double> row, std::span<double> slope) const {
  const auto belief = model_.believe_with_slopes(row);
  const bool below = belief.log_feasible < least_log_feasible_;
  double value = belief.log_feasible;
  double feasible_weight = 1;
  LogImprovement improvement;
  double by_variance = 0;
  double by_covariance = 0;
  if (!seeks_feasible_) {
    value += penalty(belief.log_feasible);
    if (below) feasible_weight += kSteepness;
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

// Along the one number that promises most, and not far: a maximiser that is free in many dimensions ends in corners,
// where the model knows least (forty parameters of which four matter: regret 0.04 instead of 0.18 after 50 runs).
bool StudyAcquisition::move_number(const StudyCandidates& candidates, const Taken& taken, Found& found) const {
  const std::size_t d = found.row.size();
  std::vector<double> slope(d);
  at(found.row, slope);
  std::optional<std::size_t> chosen;
  double most = 0;
  for (std::size_t k = 0; k < d; ++k) {
    if (model_.encoding().levels(k) != 0) continue;
    const double gain = std::abs(slope[k]) * std::min(kReach, slope[k] > 0 ? 1 - found.row[k] : found.row[k]);
    if (gain > most) most = gain, chosen = k;
  }
  if (!chosen) return false;
  numeric::Box box{found.row, found.row};
  box.lower[*chosen] = std::max(0.0, found.row[*chosen] - kReach);
  box.upper[*chosen] = std::min(1.0, found.row[*chosen] + kReach);
  const auto objective = [&](std::span<const double> row, std::span<double> slopes) {
    const double value = at(row, slopes);
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
    const bool number = move_number(candidates, taken, found);
    const bool level = move_level(candidates, taken, random, found);
    if (!number && !level) return;
  }
}

}  // namespace trimtab::optimizer
