// Node.js: V8's heap limit, by version, memory seen and flags. A model of Heap::HeapSizeFromPhysicalMemory and of what
// Node gives it (ResourceConstraints::ConfigureDefaults), for 64 bit without pointer compression. Pure functions;
// thread safe; microseconds. Sources: https://github.com/nodejs/node/blob/v20.20.2/deps/v8/src/heap/heap.cc,
// https://nodejs.org/api/cli.html#--max-old-space-sizesize-in-mib. Held against Node 18 to 24 by tests/runtimes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "packs/runtime/runtime.h"

namespace trimtab::packs {

struct NodeFlags {
  std::optional<double> max_old_space_mib;
  std::optional<double> max_old_space_percentage;  // of the memory seen; Node 22.20 and 24.6 and later
  std::optional<double> max_semi_space_mib;
  std::optional<double> max_heap_mib;  // --max-heap-size: old and young together
};
// `words`: NODE_OPTIONS first, then the command line; the last wins. '_' and '-' are the same in Node's flags.
[[nodiscard]] NodeFlags read_node_flags(const std::vector<std::string>& words);

struct NodeErgonomics {
  double memory_mib = 0;  // what it takes for the machine's memory
  bool sees_limits = true;
  double old_space_mib = 0;
  double semi_space_mib = 0;
  double heap_limit_mib = 0;  // v8.getHeapStatistics().heap_size_limit: old + 3 x semi
};

// Unknown versions are taken for 20.
[[nodiscard]] NodeErgonomics node_ergonomics(const RuntimeVersion& version, const Surroundings& surroundings,
                                             const NodeFlags& flags);

}  // namespace trimtab::packs
