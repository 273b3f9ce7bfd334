// Small robust statistics over a handful of numbers. Pure; inputs are copied where order matters.
#pragma once

#include <span>
#include <vector>

namespace trimtab::numeric {

// 0 when empty.
[[nodiscard]] double mean(std::span<const double> values);
// Unbiased (n - 1); 0 for fewer than two.
[[nodiscard]] double variance(std::span<const double> values);
[[nodiscard]] double standard_deviation(std::span<const double> values);
// Linear interpolation between order statistics (type 7 of Hyndman and Fan 1996). Precondition: not empty, 0 <= q <= 1.
[[nodiscard]] double quantile(std::vector<double> values, double q);
[[nodiscard]] double median(std::vector<double> values);
// 1.4826 times the median distance from the median: the standard deviation of a normal sample with outliers.
[[nodiscard]] double robust_deviation(const std::vector<double>& values);

}  // namespace trimtab::numeric
