// Memory feasibility of an application's configurations: the memory models of the runtimes (runtime/memory_need.h) fed
// with what the packs would render, and corrected by what was observed.
//
// What is bounded is the heap, by its limit: it is taken as full. What stands beside it (metaspace, code, stacks,
// buffers, the collector, native libraries) is a property of the program that no flag tells, so it is learned: working
// set less heap in use, window by window. The upper end is the highest that was seen, times 1.1, and a share of the
// distance to the model's own upper end that shrinks as 1 / (windows + 1): the chance that the next of n + 1
// exchangeable values passes all before.
//
// Metrics used, by their names in the packs: memory_working_set of the container; heap_used (memory of .NET),
// live_data, threads, external and heap_goal of the runtime. Pure; thread safe.
#pragma once

#include <memory>
#include <vector>

#include "model/memory_model.h"
#include "model/space.h"
#include "packs/application_parts.h"

namespace trimtab::packs {

// nullptr when no component is a runtime that is understood, inside a component whose memory limit is a parameter or a
// stated value. A runtime whose component names no `container` runs in the only one that has a memory limit. The packs
// are copied.
[[nodiscard]] std::shared_ptr<const model::MemoryModel> memory_feasibility(
    const std::vector<ResolvedComponent>& components, const model::Space& space);

}  // namespace trimtab::packs
