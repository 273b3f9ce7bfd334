// Memory need: what a process with this runtime and these settings may come to hold at its peak, as an interval, and by
// part. It answers one question: can this configuration be killed for memory? A limit below `high` is not called safe.
//
// Needs are resident anonymous memory plus the touched pages of the program itself, MiB. Priors are for services;
// figures that were observed replace them (`observed_mib`). Coverage against real processes:
// docs/results/ergonomics.md. Pure functions; thread safe; microseconds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "packs/runtime/dotnet_gc.h"
#include "packs/runtime/go_runtime.h"
#include "packs/runtime/hotspot.h"
#include "packs/runtime/v8_heap.h"

namespace trimtab::packs {

struct MemoryPart {
  std::string name;  // "heap", "metaspace", "code cache", "thread stacks", ...
  double low_mib = 0;
  double expected_mib = 0;
  double high_mib = 0;
  bool is_heap = false;  // what the runtime's heap limit bounds
};

struct MemoryNeed {
  double low_mib = 0;
  double expected_mib = 0;
  double high_mib = 0;
  std::vector<MemoryPart> parts;
  [[nodiscard]] bool fits(double limit_mib) const { return high_mib <= limit_mib; }
};

// What the program does with its runtime; none: not known, priors are taken.
struct ProgramFacts {
  std::optional<double> live_heap_mib;   // what survives a full collection at the peak
  std::optional<double> threads;         // at the peak, the runtime's own left out
  std::optional<double> loaded_classes;  // JVM
  std::optional<double> off_heap_mib;    // direct buffers, mapped files, native libraries' own memory
  // Peak of the working set seen with the present settings, and what the present settings were expected to need. Their
  // difference corrects the prediction for other settings, and narrows it.
  std::optional<double> observed_mib;
  std::optional<double> observed_heap_mib;  // the greatest heap of the settings under which it was seen
};

[[nodiscard]] MemoryNeed hotspot_memory(const RuntimeVersion& version, const HotspotErgonomics& ergonomics,
                                        const HotspotFlags& flags, const ProgramFacts& program);
[[nodiscard]] MemoryNeed go_memory(const GoErgonomics& ergonomics, const ProgramFacts& program);
[[nodiscard]] MemoryNeed node_memory(const NodeErgonomics& ergonomics, const ProgramFacts& program);
[[nodiscard]] MemoryNeed dotnet_memory(const DotnetErgonomics& ergonomics, const ProgramFacts& program);

}  // namespace trimtab::packs
