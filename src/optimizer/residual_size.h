// ResidualSize: the robust size of residuals that should be standardised, for a ChangePointDetector. Where a model errs
// all the time its residuals are larger than 1 without any change, and are divided by this.
//
// The median of the absolute residuals over that of a standard normal variable, never below 1; a number of residuals of
// the right size is assumed before the first. A value type. Cost: size() is O(n) of the residuals.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "numeric/statistics.h"

namespace trimtab::optimizer {

class ResidualSize {
 public:
  explicit ResidualSize(std::size_t assumed) : sizes_(assumed, kNormalMedian) {}

  void add(double residual) { sizes_.push_back(std::abs(residual)); }
  [[nodiscard]] double size() const { return std::max(1.0, numeric::median(sizes_) / kNormalMedian); }

 private:
  static constexpr double kNormalMedian = 0.6745;  // of the absolute value of a standard normal variable
  std::vector<double> sizes_;
};

}  // namespace trimtab::optimizer
