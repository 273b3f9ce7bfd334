#include "backtest/decaying_histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace trimtab::backtest {
namespace {

constexpr double kEpsilon = 1e-4;       // a bucket below it is empty: 0.001 of the least sample's weight 0.1
constexpr double kGreatestPower = 100;  // of two, before weights are taken to a new reference

}  // namespace

DecayingHistogram::DecayingHistogram(double greatest, double first, double ratio, double half_life_hours)
    : first_(first), ratio_(ratio), half_life_(half_life_hours) {
  // NewExponentialHistogramOptions: ceil(log(ratio, greatest * (ratio - 1) / first + 1)) + 1 buckets.
  const double count = std::ceil(std::log(greatest * (ratio - 1) / first + 1) / std::log(ratio)) + 1;
  weights_.assign(static_cast<std::size_t>(count), 0);
}

std::size_t DecayingHistogram::bucket_of(double value) const {
  if (value < first_) return 0;
  const auto bucket = static_cast<std::size_t>(std::log(value * (ratio_ - 1) / first_ + 1) / std::log(ratio_));
  return std::min(bucket, weights_.size() - 1);
}

double DecayingHistogram::start_of(std::size_t bucket) const {
  return first_ * (std::pow(ratio_, static_cast<double>(bucket)) - 1) / (ratio_ - 1);
}

bool DecayingHistogram::is_empty() const {
  return std::all_of(weights_.begin(), weights_.end(), [](double w) { return w < kEpsilon; });
}

double DecayingHistogram::percentile(double share) const {
  if (is_empty()) return 0;
  const double total = std::accumulate(weights_.begin(), weights_.end(), 0.0);
  std::size_t last = weights_.size() - 1;
  while (last > 0 && weights_[last] < kEpsilon)
    --last;
  double sum = 0;
  std::size_t bucket = 0;
  for (; bucket < last; ++bucket) {
    sum += weights_[bucket];
    if (sum >= share * total) break;
  }
  return bucket < weights_.size() - 1 ? start_of(bucket + 1) : start_of(bucket);
}

void DecayingHistogram::change(double value, double weight, double hour) {
  double power = (hour - reference_) / half_life_;
  if (power > kGreatestPower) {
    const double shift = std::round(power);
    for (double& w : weights_)
      w = std::ldexp(w, -static_cast<int>(shift));
    reference_ += shift * half_life_;
    power = (hour - reference_) / half_life_;
  }
  double& bucket = weights_[bucket_of(value)];
  bucket = std::max(0.0, bucket + weight * std::exp2(power));
}

}  // namespace trimtab::backtest
