// Trouble around a workload that is neither its own nor Trimtab's doing, as the API server's objects tell it: nodes
// that are not well, pods on their way out, a rollout by somebody else. Pure functions over JSON that may lack
// anything. https://kubernetes.io/docs/reference/node/node-status/#condition
// https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/time.h"
#include "platform/kubernetes/workload_view.h"

namespace trimtab::platform {

// "node worker-1 is under memory pressure", "node worker-1 is cordoned"; empty when it is well.
[[nodiscard]] std::string node_trouble(const nlohmann::json& node);

// Pods that the cluster takes away: drained, preempted, pressed out by their node. `ended`: pods of the workload that
// have failed; those taken away before `since` are forgotten. Empty when there are none.
[[nodiscard]] std::string eviction(const std::vector<nlohmann::json>& pods, const std::vector<nlohmann::json>& ended,
                                   Instant since);

// A rollout under way that is not Trimtab's: "a rollout by somebody else is under way: 1 of 3 replicas are new".
// `state`: what Trimtab remembers; while it changes something, and for what it left behind itself, empty.
[[nodiscard]] std::string rollout_of_others(const nlohmann::json& workload, const ChangeState& state);

}  // namespace trimtab::platform
