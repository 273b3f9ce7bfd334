// What the API server's objects say of a workload and its pods. Pure functions over JSON that may lack anything.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/time.h"
#include "engine/platform.h"
#include "platform/local/stack.h"

namespace trimtab::platform {

[[nodiscard]] const nlohmann::json& field(const nlohmann::json& object, std::initializer_list<const char*> path);
[[nodiscard]] std::string field_text(const nlohmann::json& object, std::initializer_list<const char*> path);
[[nodiscard]] int field_int(const nlohmann::json& object, std::initializer_list<const char*> path, int fallback = 0);

// The container of that name; empty name: the only one. nullptr when there is none.
[[nodiscard]] const nlohmann::json* find_container(const nlohmann::json& pod_spec, const std::string& name);

// What Trimtab remembers of a change, as an annotation of the workload: it survives us, and two of us see the same.
struct ChangeState {
  std::string completed;    // decision
  std::string under_way;    // decision; empty: none
  Instant changed_at;       // when the last one was completed
  std::string before;       // container of the template before the last rolling change (JSON), for an exact way back
  std::string before_mark;  // fingerprint of its configuration
  std::string before_decision;  // that the template carried then; put back with the rest, so that the old pods stay
  std::string live;             // resources (JSON) that pods have beyond the template, set in place; empty: none
};
constexpr const char* kStateAnnotation = "trimtab.dev/state";
constexpr const char* kCanaryAnnotation = "trimtab.dev/canary";        // decision whose rollout Trimtab holds
constexpr const char* kPausedAnnotation = "trimtab.dev/paused";        // "true": the kill switch
[[nodiscard]] ChangeState read_state(const nlohmann::json& workload);  // damaged: as if there were none
[[nodiscard]] std::string write_state(const ChangeState& state);

// Of a pod. `since`: exits before it are not counted.
[[nodiscard]] engine::ReplicaState read_replica(const nlohmann::json& pod, const std::string& container,
                                                const Stack& stack, Instant since);

// Where a rollout stands.
struct RolloutStatus {
  bool done = false;
  int updated = 0;  // ready replicas of the new template
  int wanted = 0;
  std::string failure;  // it will not get better by waiting; empty otherwise
};
// `pods`: of the workload, of any revision.
[[nodiscard]] RolloutStatus rollout_status(const nlohmann::json& workload, const std::vector<nlohmann::json>& pods,
                                           const std::string& container, const std::string& decision);

// Where an in-place change of a pod stands: its container has these resources in force.
struct ResizeStatus {
  bool done = false;
  std::string failure;  // Infeasible, Deferred, Error
  bool waits = false;   // Deferred: may still come
};
[[nodiscard]] ResizeStatus resize_status(const nlohmann::json& pod, const std::string& container,
                                         const nlohmann::json& resources);

}  // namespace trimtab::platform
