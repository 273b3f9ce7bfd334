// Real programs that hold memory of every kind, against the predicted interval of their peak; each runs under a memory
// limit of the interval's upper end, which is what the model calls safe.
#pragma once

#include "runtimes/grid.h"

#include "packs/runtime/memory_need.h"

namespace trimtab::runtimes {

struct MemoryTally {
  int cases = 0;
  int inside = 0;
  int killed = 0;
};
// Prints a line for each case.
[[nodiscard]] MemoryTally run_memory(const Observer& observer, const Installed& runtime);

}  // namespace trimtab::runtimes
