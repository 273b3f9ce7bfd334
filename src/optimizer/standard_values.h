// How the values of an output become those that a Gaussian process is fitted to: bad outliers cut, centred, in units of
// their standard deviation. Values are to be minimised. Pure; cost O(n log n). Private to the optimiser.
#pragma once

#include <vector>

namespace trimtab::optimizer {

// Where bad outliers are cut: one central 80 % range above the 90 % quantile. The usual quartiles (Tukey) collapse once
// most trials lie near the optimum, and would flatten all else. Precondition: not empty.
[[nodiscard]] double outlier_fence(const std::vector<double>& values);

// Outliers on the bad side carry no more information than "bad". Fewer than five values have none.
void cut_outliers(std::vector<double>& values);

struct Standard {
  double centre = 0;
  double unit = 1;  // 1 where the values hardly differ
};
// Precondition: not empty.
[[nodiscard]] Standard standard_of(const std::vector<double>& values);
// Makes the values standard ones, and says by what.
Standard standardise(std::vector<double>& values);

}  // namespace trimtab::optimizer
