// Load contexts: the regimes of an application's load, recognised from its own history.
#pragma once

#include <string>
#include <vector>

#include "insight/load_history.h"

namespace trimtab::insight {

// A recognised regime of the load.
struct LoadContext {
  std::string id;    // "c1": stable while the regime lives on
  std::string name;  // "valley", "low", "medium", "high", "peak"
  double low = 0;    // requests/s
  double high = 0;
  double centre = 0;
  int windows = 0;   // buckets of the history that belong to it
  double share = 0;  // of the time seen

  bool operator==(const LoadContext&) const = default;
};

// Clusters the logarithm of the loads in one dimension (k-means with exact dynamic programming, Wang and Song 2011,
// "Ckmeans.1d.dp", R Journal 3/2), 1 to 5 clusters: the greatest number whose neighbouring centres are at least a
// factor of 1.35 apart and whose smallest cluster holds at least 5 % of the time. Ids of `previous` are kept by nearest
// centre (within a factor of 1.35). Empty when fewer than 8 loads were seen. Deterministic. Cost O(k n^2), n at most
// 336.
[[nodiscard]] std::vector<LoadContext> recognise_contexts(const LoadHistory& history,
                                                          const std::vector<LoadContext>& previous);

// The context whose range holds the load, or the nearest one on a log scale; nullptr when there are none.
[[nodiscard]] const LoadContext* context_of(const std::vector<LoadContext>& contexts, double load);

}  // namespace trimtab::insight
