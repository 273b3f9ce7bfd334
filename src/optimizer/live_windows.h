// LiveWindows: the windows of a live application with how many changes came after each. What an application did before
// a change, a release or something that only shows in what is measured, is not what it does now.
//
// A change shows as residuals of windows against earlier ones of the same configuration at the same load (the level of
// the CPU used and of every SLO that follows the load), in a ChangePointDetector. Shifts of the CPU used below 7 %
// and of responses below 20 % count as none; a shift of a third of the CPU used shows within five windows.
// Deterministic; no clock.
#pragma once

#include <cstddef>
#include <vector>

#include "model/observation.h"
#include "optimizer/problem.h"

namespace trimtab::optimizer {

// What a change may have done to the level of a response and to how configurations differ, as variances of logarithms
// (0.05: a factor of 1.25 at one deviation). Most releases change little.
struct EraBoundary {
  std::size_t first = 0;  // window after it
  bool seen = false;      // in what was measured; else announced, as a release
  double level = 0;
  double relative = 0;
};

struct LiveWindows {
  const std::vector<model::Observation>* observations = nullptr;  // oldest first
  std::vector<EraBoundary> boundaries;                            // oldest first
  // Changes since each window.
  [[nodiscard]] std::size_t age_of(std::size_t window) const;
  // The first window after the last change that was seen or announced; after the last one seen.
  [[nodiscard]] std::size_t present() const { return boundaries.empty() ? 0 : boundaries.back().first; }
  [[nodiscard]] std::size_t since_seen() const;
};

// `releases`: the first window of each new release, ascending. `observations` must outlive the result. Cost: O(n^2) of
// windows, measured 6 ms at 512.
[[nodiscard]] LiveWindows tell_eras(const Problem& problem, const std::vector<model::Observation>& observations,
                                    const std::vector<std::size_t>& releases);

}  // namespace trimtab::optimizer
