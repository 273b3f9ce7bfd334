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

// The condition of that type in an object's status; nullptr when it has none. Whether it is there and holds.
[[nodiscard]] const nlohmann::json* condition(const nlohmann::json& object, const char* type);
[[nodiscard]] bool is_true(const nlohmann::json* found);

// The container of that name; empty name: the only one. nullptr when there is none.
[[nodiscard]] const nlohmann::json* find_container(const nlohmann::json& pod_spec, const std::string& name);

// What Trimtab remembers of a change, as an annotation of the workload: it survives us, and two of us see the same.
struct ChangeState {
  std::string completed;    // decision
  std::string under_way;    // decision; empty: none
  Instant changed_at;       // when the last one was completed
  std::string left;         // template_mark() when the last change had ended: another one is somebody else's writing
  std::string before;       // container of the template before the last rolling change (JSON), for an exact way back
  std::string before_mark;  // fingerprint of its configuration
  std::string before_decision;  // that the template carried then; put back with the rest, so that the old pods stay
  std::string written;  // the fields (JSON) that the last rolling change wrote: whether somebody wrote others since
  std::string live;     // resources (JSON) that pods have beyond the template, set in place; empty: none
  // Of the change under way: what it goes back to.
  std::string pods_before;     // resources (JSON) of the pods
  std::string request_before;  // of CPU, a quantity
  // The autoscaler's fields (JSON) before its last change, and the fingerprint of their values.
  std::string scaler_before;
  std::string scaler_mark;
};
constexpr const char* kStateAnnotation = "trimtab.dev/state";
constexpr const char* kCanaryAnnotation = "trimtab.dev/canary";      // decision whose rollout Trimtab holds
constexpr const char* kPausedAnnotation = "trimtab.dev/paused";      // "true": the kill switch
constexpr const char* kDecisionAnnotation = "trimtab.dev/decision";  // of the template: whose it is
[[nodiscard]] bool is_paused(const nlohmann::json& workload);        // by the kill switch
[[nodiscard]] std::string held_by(const nlohmann::json& workload);   // decision whose rollout is held; else empty
[[nodiscard]] std::string template_decision(const nlohmann::json& workload);
// Tells one pod template from another. The generation would not do: a Deployment's grows with its annotations.
[[nodiscard]] std::string template_mark(const nlohmann::json& workload);
[[nodiscard]] std::string pod_decision(const nlohmann::json& pod);
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

// What runs in the container of these pods: "shop:1.4@sha256:3f1b..."; empty when they differ
// or one has not started.
[[nodiscard]] std::string release_of(const std::vector<nlohmann::json>& pods, const std::string& container);

// The resources of a pod's container, as asked for.
[[nodiscard]] nlohmann::json pod_resources(const nlohmann::json& pod, const std::string& container);
// Whether they have all of these quantities.
[[nodiscard]] bool asks_for(const nlohmann::json& pod, const std::string& container, const nlohmann::json& resources);
// Whether a container's resizePolicy has it started anew when its resources become these: then the replicas are better
// replaced, one after the other and when the next is ready.
[[nodiscard]] bool resize_restarts(const nlohmann::json& container, const nlohmann::json& before,
                                   const nlohmann::json& after);

// Where an in-place change of a pod stands: its container has these resources in force.
struct ResizeStatus {
  bool done = false;
  std::string failure;  // Infeasible, Deferred, Error
  bool waits = false;   // Deferred: may still come
};
[[nodiscard]] ResizeStatus resize_status(const nlohmann::json& pod, const std::string& container,
                                         const nlohmann::json& resources);

}  // namespace trimtab::platform
