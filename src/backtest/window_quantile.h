// Quantiles of the newest part of a series.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "base/check.h"

namespace trimtab::backtest {

[[nodiscard]] inline std::span<const float> last_of(const std::vector<float>& values, std::size_t count) {
  return std::span(values).last(std::min(count, values.size()));
}

// With linear interpolation between neighbours, as quantile_over_time and numpy. Precondition: not empty.
[[nodiscard]] inline double interpolated_quantile(std::vector<float> values, double share) {
  CHECK(!values.empty());
  const double rank = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(rank);
  const auto nth = values.begin() + below;
  std::nth_element(values.begin(), nth, values.end());
  if (below + 1 >= std::ssize(values)) return *nth;
  const double next = *std::min_element(nth + 1, values.end());
  return *nth + (rank - static_cast<double>(below)) * (next - *nth);
}

}  // namespace trimtab::backtest
