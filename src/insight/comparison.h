// Comparison at equal load: did a change make the application worse, judged on windows before and after that carried
// the same load. Pure functions.
//
// Every window after is matched with up to three windows before whose load is within the caliper (nearest first, none
// used twice). Of both groups the logarithms are compared by Welch's t (Welch 1947, Biometrika 34) with a one-sided
// non-inferiority test against the tolerated ratio. Windows are taken as independent.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/observation.h"
#include "model/recommendation.h"

namespace trimtab::insight {

struct ComparedMetric {
  std::string name;
  // Value of the metric in a window; nothing when the window does not know it.
  std::function<std::optional<double>(const model::Observation&)> value;
  bool lower_is_better = true;
  double tolerated = 0.05;  // relative worsening that is accepted
  // Added to every value before the logarithm, so that zero errors can be compared: a small part of the SLO's bound.
  double offset = 0;
};

struct ComparisonOptions {
  double confidence = 0.95;  // one-sided
  double caliper = 0.1;      // greatest relative difference of the loads in a match
  int minimum_windows = 2;   // matched, on each side; fewer: undecided
};

// Rows in the order of `metrics`. A row's conclusion:
//   "worse"     worse than tolerated, with the stated confidence
//   "better"    better than before, with the stated confidence
//   "same"      not worse than tolerated, with the stated confidence
//   "undecided" none of these, or too few windows at equal load (the verdict's conclusion says which)
// low and high: confidence limits of the relative change, each one-sided at `confidence`. p_value: of the hypothesis
// "worse than tolerated"; small means it is not.
[[nodiscard]] model::Verdict compare_at_equal_load(const std::vector<model::Observation>& before,
                                                   const std::vector<model::Observation>& after,
                                                   const std::vector<ComparedMetric>& metrics,
                                                   const ComparisonOptions& options);

}  // namespace trimtab::insight
