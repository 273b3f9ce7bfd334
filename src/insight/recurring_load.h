// Recurring load: what of a load history comes back, and what was a surge that came once.
#pragma once

#include "insight/load_history.h"

namespace trimtab::insight {

// The history with every surge cut to what the same time of the cycle brought otherwise: a bucket is cut to 1.05 times
// the highest load of the other cycles within an hour in 24 of the same time (with seven others or more: the second
// highest), when at least three were seen there. What comes more often than once in seven cycles recurs and stays, and
// so does what came seven cycles before or after (every Monday). Without a cycle nothing can be called a surge:
// returned as it is. Pure. Cost O(n) times the cycles held, n at most 336.
[[nodiscard]] LoadHistory without_surges(const LoadHistory& history);

}  // namespace trimtab::insight
