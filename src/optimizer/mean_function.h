// MeanFunction: what is expected of a Gaussian process's values before any of them is seen, when that is not zero.
// Implementations are immutable and safe to share for reading.
#pragma once

#include <span>
#include <vector>

#include "optimizer/kernel.h"

namespace trimtab::optimizer {

class MeanFunction {
 public:
  MeanFunction() = default;
  MeanFunction(const MeanFunction&) = delete;
  MeanFunction& operator=(const MeanFunction&) = delete;
  virtual ~MeanFunction() = default;

  // Of every row, in the unit of the process's values.
  [[nodiscard]] virtual std::vector<double> values(const Points& rows) const = 0;
  // The value at one row; adds its derivatives by the columns to `slopes`.
  [[nodiscard]] virtual double value_and_slopes(std::span<const double> row, std::span<double> slopes) const = 0;
};

}  // namespace trimtab::optimizer
