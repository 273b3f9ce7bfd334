// What garbage collection costs: generational collectors on a heap with a given live set, allocation and promotion.
// Formulas and sources: docs/algorithms/service-model.md. Pure functions.
#pragma once

#include "simulation/service_model.h"

namespace trimtab::simulation {

struct HeapUse {
  double live_mib = 0;
  double allocation_mib_s = 0;
  double promotion_mib_s = 0;  // that outlives young collections
  double request_mib = 0;      // reachable from requests under way
};

struct Collections {
  double cpu_cores = 0;        // used by the collector
  double cpu_square_rate = 0;  // sum of rate times square of the work: lumps of CPU work, core^2 s
  double pause_ratio = 0;      // share of time in pauses
  double pause_mean_s = 0;     // as seen by a request that meets one (length-biased, residual)
  double pause_max_s = 0;
  double heap_touched_mib = 0;  // grows to this and stays
  double native_mib = 0;        // the collector's own tables
  bool exhausted = false;
};

// Processor time of requests relative to Serial: write barriers of the concurrent collector.
[[nodiscard]] double mutator_factor(Collector collector);
[[nodiscard]] Collections collections(const ReplicaSettings& settings, const HeapUse& use, double mutator_cores,
                                      double host_cores);

}  // namespace trimtab::simulation
