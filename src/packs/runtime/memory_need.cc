#include "packs/runtime/memory_need.h"

#include <algorithm>
#include <cmath>

namespace trimtab::packs {
namespace {

// A process may sit above the sum of its parts: the allocator's slack and fragmentation.
constexpr double kSlackLow = 1.0;
constexpr double kSlackExpected = 1.03;
constexpr double kSlackHigh = 1.08;
// An observed peak may be passed by a later one by so much and no more.
constexpr double kObservedRoom = 1.1;

MemoryNeed sum(std::vector<MemoryPart> parts) {
  MemoryNeed need;
  for (const auto& part : parts) {
    need.low_mib += part.low_mib;
    need.expected_mib += part.expected_mib;
    need.high_mib += part.high_mib;
  }
  need.low_mib *= kSlackLow;
  need.expected_mib *= kSlackExpected;
  need.high_mib *= kSlackHigh;
  need.parts = std::move(parts);
  return need;
}

// Beside the heap, what was seen is better than what is supposed.
void correct(const ProgramFacts& program, double heap_mib, MemoryNeed& need) {
  if (!program.observed_mib || !program.observed_heap_mib) return;
  const double heap_growth = std::max(0.0, heap_mib - *program.observed_heap_mib);
  need.high_mib = std::min(need.high_mib, *program.observed_mib * kObservedRoom + heap_growth * kSlackHigh);
  need.high_mib = std::max(need.high_mib, *program.observed_mib);
  need.expected_mib = std::clamp(need.expected_mib, need.low_mib, need.high_mib);
  need.low_mib = std::min(need.low_mib, need.expected_mib);
}

// Share of the heap that the collector's own structures take: card tables, remembered sets, mark bitmaps, forwarding.
// https://docs.oracle.com/en/java/javase/21/vm/native-memory-tracking.html shows them as "GC".
struct CollectorCost {
  double fixed_mib;
  double low_share;
  double high_share;
};
CollectorCost cost_of(Collector collector) {
  switch (collector) {
    case Collector::kSerial:
    case Collector::kEpsilon:
      return {1, 0.002, 0.01};
    case Collector::kParallel:
    case Collector::kConcMarkSweep:
      return {4, 0.005, 0.05};
    case Collector::kG1:
      return {10, 0.02, 0.1};
    case Collector::kZ:
    case Collector::kShenandoah:
      return {16, 0.02, 0.12};
  }
  return {0, 0, 0};
}

MemoryPart heap_part(const HotspotErgonomics& ergonomics, const HotspotFlags& flags, const ProgramFacts& program) {
  MemoryPart heap{"heap", 0, 0, ergonomics.max_heap_mib, true};
  const double start = std::min(ergonomics.initial_heap_mib, ergonomics.max_heap_mib);
  const double live = std::min(program.live_heap_mib.value_or(0), ergonomics.max_heap_mib);
  heap.low_mib = flags.pre_touch ? start : live;
  // A heap fills before it is collected; twice to three times what lives is usual.
  constexpr double kUsualHeadroom = 2.5;
  heap.expected_mib =
      program.live_heap_mib ? std::min(ergonomics.max_heap_mib, live * kUsualHeadroom) : ergonomics.max_heap_mib;
  heap.expected_mib = std::max(heap.expected_mib, heap.low_mib);
  return heap;
}

}  // namespace

MemoryNeed hotspot_memory(const RuntimeVersion& version, const HotspotErgonomics& ergonomics, const HotspotFlags& flags,
                          const ProgramFacts& program) {
  constexpr double kUsualClasses = 12000;  // a Spring Boot web service with JPA
  constexpr double kUsualThreads = 60;
  const double classes = program.loaded_classes.value_or(kUsualClasses);
  const double threads = program.threads.value_or(kUsualThreads);
  std::vector<MemoryPart> parts{heap_part(ergonomics, flags, program)};

  // 14,000,000 B + 5,800 B a class: https://github.com/paketo-buildpacks/libjvm/blob/main/calc/metaspace.go. Shared
  // archives of classes make it less.
  const double metaspace = (14.0e6 + 5800 * classes) / 1048576;
  const double metaspace_most = std::min(metaspace * 1.35, flags.max_metaspace_mib.value_or(1e9));
  parts.push_back(
      {"metaspace", std::min(metaspace * 0.3, metaspace_most), std::min(metaspace, metaspace_most), metaspace_most});

  // ReservedCodeCacheSize 240 MiB with tiered compilation, 48 without; what is compiled follows the classes in use.
  const double reserved = flags.reserved_code_cache_mib.value_or(flags.tiered.value_or(true) ? 240 : 48);
  parts.push_back({"code cache", std::min(4.0, reserved), std::min(8 + classes * 0.003, reserved),
                   std::min(16 + classes * 0.007, reserved)});

  // A stack is reserved whole and touched as deep as the calls go.
  const double stack = flags.thread_stack_kib.value_or(1024) / 1024;
  const double runtime_threads =
      18 + ergonomics.parallel_gc_threads + ergonomics.concurrent_gc_threads + ergonomics.compiler_threads;
  parts.push_back({"thread stacks", threads * std::min(stack, 0.03), (threads + runtime_threads) * std::min(stack, 0.1),
                   threads * std::min(stack, 0.25) + runtime_threads * 0.15});

  const CollectorCost cost = cost_of(ergonomics.collector);
  const double heap = ergonomics.max_heap_mib;
  parts.push_back({"collector", cost.low_share * parts[0].low_mib,
                   cost.fixed_mib + heap * (cost.low_share + cost.high_share) / 2,
                   cost.fixed_mib + ergonomics.parallel_gc_threads * 1.5 + heap * cost.high_share});
  // Arenas of C2 at work; they are given back.
  parts.push_back({"compilers", 1, 4.0 * ergonomics.compiler_threads, 16.0 * ergonomics.compiler_threads});
  const double off_heap = program.off_heap_mib.value_or(0);
  const double off_heap_prior = program.off_heap_mib ? 2 : std::min(10.0, flags.max_direct_mib.value_or(10));
  parts.push_back(
      {"direct and native", off_heap * 0.9, off_heap + off_heap_prior / 2, off_heap * 1.05 + off_heap_prior + 6});
  // libjvm's touched pages, symbol and string tables, the mapped archive of classes.
  const double base = version.major >= 17 || !version.is_known() ? 26 : 22;
  parts.push_back({"the JVM itself", base * 0.6, base, base * 1.6});

  MemoryNeed need = sum(std::move(parts));
  correct(program, ergonomics.max_heap_mib, need);
  return need;
}

MemoryNeed go_memory(const GoErgonomics& ergonomics, const ProgramFacts& program) {
  constexpr double kUsualLiveMib = 64;
  constexpr double kUsualThreads = 12;
  const double live = program.live_heap_mib.value_or(kUsualLiveMib);
  const double growth = ergonomics.gc_percent ? 1 + *ergonomics.gc_percent / 100 : 1e6;
  constexpr double kLeastHeapMib = 4;  // the first collection: https://go.dev/doc/gc-guide#GOGC
  double goal = std::max(kLeastHeapMib, live * growth);
  double highest = goal * 1.1;  // the collector overshoots while it marks
  if (ergonomics.mem_limit_mib) {
    // A soft limit: held as long as what lives fits; then the collector gives way.
    const double soft = std::max(*ergonomics.mem_limit_mib, live * 1.1);
    goal = std::min(goal, soft);
    highest = std::min(highest, soft * 1.05);
  }
  const double threads = program.threads.value_or(kUsualThreads) + ergonomics.max_procs;
  const double off_heap = program.off_heap_mib.value_or(0);
  std::vector<MemoryPart> parts{
      {"heap", std::min(live, goal) * 0.95, goal, highest, true},
      {"goroutine stacks and runtime", 1, 6 + goal * 0.03, 12 + goal * 0.08},
      {"threads", 0, threads * 0.05, threads * 0.15},
      {"native", off_heap * 0.9, off_heap, off_heap * 1.05 + 4},
      {"program", 0.5, 6, 24},
  };
  MemoryNeed need = sum(std::move(parts));
  correct(program, goal, need);
  return need;
}

MemoryNeed node_memory(const NodeErgonomics& ergonomics, const ProgramFacts& program) {
  constexpr double kUsualOffHeapMib = 16;  // Buffers live outside V8's heap
  const double live = std::min(program.live_heap_mib.value_or(ergonomics.heap_limit_mib), ergonomics.heap_limit_mib);
  const double old_most = ergonomics.old_space_mib;
  const double young_most = 3 * ergonomics.semi_space_mib;
  const double off_heap = program.off_heap_mib.value_or(kUsualOffHeapMib);
  std::vector<MemoryPart> parts{
      {"old generation", std::min(live, old_most) * 0.9, std::min(live * 1.5, old_most), old_most * 1.02, true},
      {"young generation", 1, young_most * 0.6, young_most, true},
      {"buffers and native", program.off_heap_mib ? off_heap * 0.9 : 0, off_heap, off_heap * 1.1 + 12},
      {"code and Node itself", 30, 48, 80},
      {"threads", 1, 6, 12},
  };
  MemoryNeed need = sum(std::move(parts));
  correct(program, ergonomics.heap_limit_mib, need);
  return need;
}

MemoryNeed dotnet_memory(const DotnetErgonomics& ergonomics, const ProgramFacts& program) {
  constexpr double kUsualLiveMib = 64;
  constexpr double kUsualThreads = 25;
  // Allocated between two collections of the youngest generation, a heap: it follows the processor's cache, and Server
  // GC takes a multiple of it (gc.cpp, get_gen0_min_size). Without a hard limit nothing else bounds it.
  constexpr double kBudgetMib = 128;
  constexpr double kServerBudgetMib = 320;
  const double live = program.live_heap_mib.value_or(kUsualLiveMib);
  const double budget = ergonomics.server ? kServerBudgetMib * (ergonomics.adapts ? 1 : ergonomics.heaps) : kBudgetMib;
  const double free_run = live * 2 + budget;
  const double highest = ergonomics.hard_limit_mib.value_or(free_run);
  const double expected = std::min(highest, live * 1.3 + budget * 0.6);
  const double threads = program.threads.value_or(kUsualThreads);
  const double off_heap = program.off_heap_mib.value_or(0);
  std::vector<MemoryPart> parts{
      {"heap", std::min(live, highest) * 0.95, expected, highest, true},
      {"collector", 0, 4 + expected * 0.02, 16 + highest * 0.05},
      {"the runtime itself", 18, 36, 64},
      {"compiled code and types", 2, 12, 64},
      {"thread stacks", threads * 0.01, threads * 0.08, threads * 0.2},
      {"native", off_heap * 0.9, off_heap, off_heap * 1.05 + 8},
  };
  MemoryNeed need = sum(std::move(parts));
  correct(program, highest, need);
  return need;
}

}  // namespace trimtab::packs
