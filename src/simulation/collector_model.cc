#include "simulation/collector_model.h"

#include <algorithm>
#include <cmath>

namespace trimtab::simulation {
namespace {

constexpr double kPeriod_s = 0.1;

// Work per MiB of a copy of survivors and of a mark-compact of live data, one thread, and the fixed part of a
// collection; low, because the shop's live data are large arrays of bytes that are moved but not scanned. Orders of
// magnitude as in Jones, Hosking and Moss, "The Garbage Collection Handbook" (2nd ed., ch. 9); the ratios between
// collectors as in Lengauer et al., ICPE 2017.
constexpr double kCopy_s_per_mib = 0.0012;
constexpr double kCompact_s_per_mib = 0.0005;
constexpr double kCards_s_per_mib = 0.00001;
constexpr double kYoungFixed_s = 0.0015;
constexpr double kFullFixed_s = 0.010;
// Coordination and work stealing, per thread beyond the first; spinning threads beyond the cores cost far more.
constexpr double kThreadOverhead = 0.08;
constexpr double kSpinOverhead = 0.2;
// Above this share of the heap HotSpot throws "GC overhead limit exceeded" or "Java heap space".
constexpr double kExhausted = 0.93;

struct Shape {
  double eden_mib;
  double old_free_mib;
  double native_mib;
  double touched_mib;
};

Shape shape_of(const ReplicaSettings& s, const HeapUse& use) {
  const double heap = s.heap_mib;
  if (s.collector == Collector::kG1) {
    // Regions move between the generations; 5 to 60 % may be young (G1NewSizePercent, G1MaxNewSizePercent).
    const double eden = std::clamp(0.5 * (heap - use.live_mib), 0.05 * heap, 0.6 * heap);
    return {eden, std::max(0.0, 0.85 * (heap - use.live_mib - eden)), 25 + 0.07 * heap,
            std::min(heap, 2.6 * use.live_mib)};
  }
  // NewRatio=2: a third is young, SurvivorRatio=8: eight tenths of it are eden.
  const double eden = heap / 3 * 0.8;
  const double old_generation = heap * 2 / 3;
  const double native = s.collector == Collector::kParallel ? 8 + 0.03 * heap + 1.0 * s.gc_threads : 3 + 0.01 * heap;
  return {eden, std::max(0.0, old_generation - use.live_mib), native, std::min(heap, 2.4 * use.live_mib)};
}

// Wall time of `work` core seconds that must end before requests go on: on `threads` while the period's quota lasts,
// then at the quota's pace.
double wall_time(double work, double threads, const ReplicaSettings& s, double mutator_cores, double host_cores) {
  const double parallel = std::min(threads, host_cores);
  const double quota_left = kPeriod_s * s.cpu_cores * std::max(0.1, 1 - 0.5 * mutator_cores / s.cpu_cores);
  if (work <= quota_left || parallel <= s.cpu_cores) return work / parallel;
  return quota_left / parallel + (work - quota_left) / std::min(parallel, s.cpu_cores);
}

}  // namespace

double mutator_factor(Collector collector) {
  switch (collector) {
    case Collector::kSerial:
      return 1;
    case Collector::kParallel:
      return 1;
    case Collector::kG1:
      return 1.07;
  }
  return 1;
}

Collections collections(const ReplicaSettings& settings, const HeapUse& use, double mutator_cores, double host_cores) {
  Collections result;
  const Shape shape = shape_of(settings, use);
  result.native_mib = shape.native_mib;
  result.heap_touched_mib = shape.touched_mib;
  if (use.live_mib > kExhausted * settings.heap_mib || shape.old_free_mib <= 0.01 * settings.heap_mib) {
    result.exhausted = use.live_mib > kExhausted * settings.heap_mib;
  }
  const double threads = settings.collector == Collector::kSerial ? 1 : settings.gc_threads;
  const double overhead =
      1 + kThreadOverhead * (threads - 1) + kSpinOverhead * std::max(0.0, threads - std::ceil(settings.cpu_cores));

  const double eden = std::max(1.0, shape.eden_mib);
  const double young_rate = use.allocation_mib_s / eden;
  const double survivors = std::min(eden, use.request_mib + use.promotion_mib_s / std::max(young_rate, 1e-6));
  const double young_work = overhead * (kYoungFixed_s + kCopy_s_per_mib * survivors + kCards_s_per_mib * use.live_mib);
  const double young_wall = wall_time(young_work, threads, settings, mutator_cores, host_cores);

  // The old generation fills with promoted pages whose successors push them out of the cache.
  const double old_free = std::max(0.5, shape.old_free_mib);
  const double full_rate = use.promotion_mib_s / old_free;
  const double full_work = overhead * (kFullFixed_s + kCompact_s_per_mib * use.live_mib);
  double full_wall = wall_time(full_work, threads, settings, mutator_cores, host_cores);
  double pause_share = 1;
  if (settings.collector == Collector::kG1) pause_share = 0.15;  // marking is concurrent; remark and mixed are not
  full_wall *= pause_share;

  result.cpu_cores = young_rate * young_work + full_rate * full_work;
  result.cpu_square_rate =
      young_rate * young_work * young_work + full_rate * full_work * full_work * pause_share * pause_share;
  result.pause_ratio = std::min(0.95, young_rate * young_wall + full_rate * full_wall);
  const double first = young_rate * young_wall + full_rate * full_wall;
  const double second = young_rate * young_wall * young_wall + full_rate * full_wall * full_wall;
  result.pause_mean_s = first > 0 ? second / (2 * first) : 0;
  result.pause_max_s = full_rate > 1.0 / 3600 ? std::max(young_wall, full_wall) : young_wall;
  return result;
}

}  // namespace trimtab::simulation
