// SLO burn: how often each SLO was outside its bound, and how fast that uses up what is allowed.
#pragma once

#include <string>
#include <vector>

#include "model/objective.h"
#include "model/observation.h"

namespace trimtab::insight {

struct SloBurn {
  std::string slo;
  double seconds = 0;  // of time judged
  double seconds_breached = 0;
  double share = 0;  // breached / judged
  double rate = 0;   // share / allowed share: above 1 the budget is used up before its time
};

// Over the windows that start at or after `from` (failed ones without the SLO's metrics count as breached for their
// whole length). A window lasts until its end; windows that overlap are counted twice. One entry per SLO, in order.
// Precondition: allowed_share > 0.
[[nodiscard]] std::vector<SloBurn> slo_burn(const model::Objective& objective,
                                            const std::vector<model::Observation>& observations, Instant from,
                                            double allowed_share);

}  // namespace trimtab::insight
