#include "optimizer/slo_scale.h"

#include <algorithm>
#include <cmath>

#include "numeric/statistics.h"

namespace trimtab::optimizer {
namespace {

constexpr double kOffsetShare = 0.1;   // of the bound
constexpr double kFlat = 0.03;         // standard deviation on the scale below which nothing but noise was seen
constexpr double kNearBound = 0.15;    // a flat value this near is at an end by nature (throughput 1 against 0.95)
constexpr double kNearZero = 0.1;      // of the bound: an error share this small counts as none
constexpr double kUnitOfMargin = 0.2;  // of the margin, for saturating quantities

}  // namespace

SloScale::SloScale(const model::Slo& slo, const std::vector<double>& values) : upper_(slo.upper), bound_(slo.bound) {
  const double least = *std::ranges::min_element(values);
  if (bound_ > 0 && least >= 0) {
    offset_ = kOffsetShare * bound_;
  } else {
    span_ = std::max({std::abs(bound_), numeric::standard_deviation(values), 1e-9});
  }
  std::vector<double> scaled;
  for (const double value : values)
    scaled.push_back(to_scale(value));
  const double margin = -numeric::median(scaled);
  const double spread = numeric::standard_deviation(scaled);
  const bool none = upper_ && offset_ > 0 && numeric::quantile(values, 0.9) <= kNearZero * bound_;
  const bool complete = !upper_ && margin > 0 && margin < kNearBound && spread < kFlat;
  if (none || complete) unit_ = std::clamp(std::max(kUnitOfMargin * margin, 3 * spread), 0.005, 1.0);
}

double SloScale::to_scale(double value) const {
  if (span_ > 0) return (upper_ ? value - bound_ : bound_ - value) / span_;
  const double ratio = std::log((std::max(value, 0.0) + offset_) / (bound_ + offset_));
  return upper_ ? ratio : -ratio;
}

double SloScale::from_scale(double y) const {
  if (span_ > 0) return bound_ + (upper_ ? y : -y) * span_;
  return std::max(0.0, (bound_ + offset_) * std::exp(upper_ ? y : -y) - offset_);
}

}  // namespace trimtab::optimizer
