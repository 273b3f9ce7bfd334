// Coming need: what CPU a container needs in the next hour, for sizes that are renewed every few minutes. Pure.
#pragma once

#include <span>

namespace trimtab::scan {

// Chosen on generated load (seed 1) and four of Azure's machines: docs/results/backtest.md.
struct ComingNeedPolicy {
  int recent = 12;         // five minutes: need that was seen within the hour may come again at once
  int ahead = 12;          // five minutes that are looked for in former days
  int days = 14;           // that are looked back
  double quantile = 0.85;  // of the former days' peaks of that hour: two days of a fortnight may be exceptions
  double margin = 0.10;    // as of daily sizes
  double hold = 0.30;      // a reduction by less is not worth a change
};

// `fives`: means of five minutes of the busiest replica, in cores, oldest first, without gaps. The larger of the newest
// hour's peak and of what former days needed in the same hour, with the margin. 0: nothing was seen.
[[nodiscard]] double coming_cpu(std::span<const float> fives, const ComingNeedPolicy& policy);
// What to reserve when `reserved` is: raised at once, lowered when it is worth a change.
[[nodiscard]] double renewed_cpu(double reserved, double coming, const ComingNeedPolicy& policy);

}  // namespace trimtab::scan
