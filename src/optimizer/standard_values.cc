#include "optimizer/standard_values.h"

#include <algorithm>
#include <cmath>

#include "numeric/statistics.h"

namespace trimtab::optimizer {
namespace {

constexpr std::size_t kFewest = 5;     // values that have outliers
constexpr double kLeastSpread = 1e-9;  // of their size, below which values are all the same
constexpr double kAbove = 1e-12;       // keeps equal values where they are, whatever the rounding

}  // namespace

double outlier_fence(const std::vector<double>& values) {
  const double low = numeric::quantile(values, 0.1);
  const double high = numeric::quantile(values, 0.9);
  return high + (high - low) + kAbove;
}

void cut_outliers(std::vector<double>& values) {
  if (values.size() < kFewest) return;
  const double fence = outlier_fence(values);
  for (double& value : values)
    value = std::min(value, fence);
}

Standard standard_of(const std::vector<double>& values) {
  Standard standard{numeric::mean(values), numeric::standard_deviation(values)};
  if (!(standard.unit > kLeastSpread * (1 + std::abs(standard.centre)))) standard.unit = 1;
  return standard;
}

Standard standardise(std::vector<double>& values) {
  const Standard standard = standard_of(values);
  for (double& value : values)
    value = (value - standard.centre) / standard.unit;
  return standard;
}

}  // namespace trimtab::optimizer
