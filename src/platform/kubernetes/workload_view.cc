#include "platform/kubernetes/workload_view.h"

#include <algorithm>

#include "kubernetes/quantity.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "platform/kubernetes/container_change.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kShownDigest = 19;  // "sha256:" and twelve digits, as container tools show
constexpr int kCrashesTolerated = 2;      // of a new replica before a rollout is given up

const Json& container_status(const Json& pod, const std::string& container) {
  static const Json kNothing;
  for (const Json& status : field(pod, {"status", "containerStatuses"})) {
    if (field_text(status, {"name"}) == container) return status;
  }
  return kNothing;
}

std::string trouble_of(const Json& pod, const Json& status) {
  const std::string reason = field_text(status, {"state", "waiting", "reason"});
  // ContainerCreating and PodInitializing are the way of things.
  if (!reason.empty() && reason != "ContainerCreating" && reason != "PodInitializing") {
    const std::string message = field_text(status, {"state", "waiting", "message"}).substr(0, 200);
    return reason + (message.empty() ? "" : ": " + message);
  }
  if (const Json* scheduled = condition(pod, "PodScheduled");
      scheduled != nullptr && field_text(*scheduled, {"status"}) == "False") {
    return field_text(*scheduled, {"reason"}) + ": " + field_text(*scheduled, {"message"}).substr(0, 200);
  }
  if (const Json* pending = condition(pod, "PodResizePending"); pending != nullptr) {
    return "resize " + field_text(*pending, {"reason"}) + ": " + field_text(*pending, {"message"}).substr(0, 200);
  }
  return {};
}

bool same_quantity(const Json& a, const Json& b) {
  if (!a.is_string() || !b.is_string()) return a == b;
  const auto x = kubernetes::parse_quantity(a.get_ref<const std::string&>());
  const auto y = kubernetes::parse_quantity(b.get_ref<const std::string&>());
  return x && y && *x == *y;
}

bool has_quantities(const Json& actual, const Json& wanted) {
  for (const char* group : {"limits", "requests"}) {
    for (const auto& [name, value] : field(wanted, {group}).items()) {
      if (!same_quantity(field(actual, {group, name.c_str()}), value)) return false;
    }
  }
  return true;
}

// Why the pods of the new template will not become ready; empty when they may.
std::string pod_failure(const Json& pod, const std::string& container) {
  const Json& status = container_status(pod, container);
  const std::string reason = field_text(status, {"state", "waiting", "reason"});
  const int restarts = field_int(status, {"restartCount"});
  const bool lost = reason == "ImagePullBackOff" || reason == "ErrImagePull" || reason == "ErrImageNeverPull" ||
                    reason == "InvalidImageName" || reason == "CreateContainerConfigError";
  if (!lost && restarts < kCrashesTolerated) return {};
  const std::string last = field_text(status, {"lastState", "terminated", "reason"});
  return field_text(pod, {"metadata", "name"}) +
         (lost ? ": " + reason : " ended " + std::to_string(restarts) + " times (" + last + ")");
}

}  // namespace

const Json& field(const Json& object, std::initializer_list<const char*> path) {
  static const Json kNothing;
  const Json* at = &object;
  for (const char* name : path) {
    if (!at->is_object()) return kNothing;
    const auto found = at->find(name);
    if (found == at->end()) return kNothing;
    at = &*found;
  }
  return *at;
}

std::string field_text(const Json& object, std::initializer_list<const char*> path) {
  const Json& found = field(object, path);
  return found.is_string() ? found.get<std::string>() : std::string();
}

int field_int(const Json& object, std::initializer_list<const char*> path, int fallback) {
  const Json& found = field(object, path);
  return found.is_number_integer() ? found.get<int>() : fallback;
}

const Json* condition(const Json& object, const char* type) {
  for (const Json& each : field(object, {"status", "conditions"})) {
    if (field_text(each, {"type"}) == type) return &each;
  }
  return nullptr;
}

bool is_true(const Json* found) {
  return found != nullptr && field_text(*found, {"status"}) == "True";
}

const Json* find_container(const Json& pod_spec, const std::string& name) {
  const Json& containers = field(pod_spec, {"containers"});
  if (!containers.is_array() || containers.empty()) return nullptr;
  if (name.empty()) return containers.size() == 1 ? &containers[0] : nullptr;
  for (const Json& container : containers) {
    if (field_text(container, {"name"}) == name) return &container;
  }
  return nullptr;
}

ChangeState read_state(const Json& workload) {
  const auto parsed = Json::parse(field_text(workload, {"metadata", "annotations", kStateAnnotation}), nullptr, false);
  ChangeState state;
  state.completed = field_text(parsed, {"completed"});
  state.under_way = field_text(parsed, {"underWay"});
  if (const auto at = parse_rfc3339(field_text(parsed, {"changedAt"}))) state.changed_at = *at;
  state.left = field_text(parsed, {"left"});
  state.before = field_text(parsed, {"before"});
  state.before_mark = field_text(parsed, {"beforeConfiguration"});
  state.before_decision = field_text(parsed, {"beforeDecision"});
  state.written = field_text(parsed, {"written"});
  state.live = field_text(parsed, {"live"});
  state.pods_before = field_text(parsed, {"podsBefore"});
  state.request_before = field_text(parsed, {"requestBefore"});
  state.scaler_before = field_text(parsed, {"scalerBefore"});
  state.scaler_mark = field_text(parsed, {"scalerConfiguration"});
  return state;
}

std::string write_state(const ChangeState& state) {
  Json made = Json::object();
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) made[name] = value;
  };
  put("completed", state.completed);
  put("underWay", state.under_way);
  if (state.changed_at.us > 0) put("changedAt", format_rfc3339(state.changed_at));
  put("left", state.left);
  put("before", state.before);
  put("beforeConfiguration", state.before_mark);
  put("beforeDecision", state.before_decision);
  put("written", state.written);
  put("live", state.live);
  put("podsBefore", state.pods_before);
  put("requestBefore", state.request_before);
  put("scalerBefore", state.scaler_before);
  put("scalerConfiguration", state.scaler_mark);
  return made.dump();
}

engine::ReplicaState read_replica(const Json& pod, const std::string& container, const Stack& stack, Instant since) {
  engine::ReplicaState replica;
  replica.name = field_text(pod, {"metadata", "name"});
  replica.identity = field_text(pod, {"metadata", "uid"});
  replica.ready = is_true(condition(pod, "Ready"));
  const Json& status = container_status(pod, container);
  if (const Json* specified = find_container(field(pod, {"spec"}), container); specified != nullptr) {
    replica.configuration = read_container(*specified, field(status, {"resources"}), stack);
  }
  const int restarts = field_int(status, {"restartCount"});
  if (restarts > 0) replica.identity += "/" + std::to_string(restarts);
  const auto finished = parse_rfc3339(field_text(status, {"lastState", "terminated", "finishedAt"}));
  if (finished && *finished > since) {
    replica.restarts = restarts;
    replica.out_of_memory_kills = field_text(status, {"lastState", "terminated", "reason"}) == "OOMKilled" ? 1 : 0;
  }
  replica.trouble = trouble_of(pod, status);
  return replica;
}

RolloutStatus rollout_status(const Json& workload, const std::vector<Json>& pods, const std::string& container,
                             const std::string& decision) {
  RolloutStatus status;
  status.wanted = field_int(workload, {"spec", "replicas"}, 1);
  const bool seen =
      field_int(workload, {"status", "observedGeneration"}) >= field_int(workload, {"metadata", "generation"});
  const bool stateful = field_text(workload, {"kind"}) == "StatefulSet";
  const int updated = field_int(workload, {"status", "updatedReplicas"});
  const int all = field_int(workload, {"status", "replicas"});
  const int available = field_int(workload, {"status", "availableReplicas"});
  const bool one_revision = !stateful || field_text(workload, {"status", "currentRevision"}) ==
                                             field_text(workload, {"status", "updateRevision"});
  status.done = seen && one_revision && updated == status.wanted && all == updated && available == updated;
  const Json* progressing = condition(workload, "Progressing");
  if (seen && progressing != nullptr && field_text(*progressing, {"reason"}) == "ProgressDeadlineExceeded") {
    status.failure = "the rollout made no progress in time";
  }
  if (const Json* failed = condition(workload, "ReplicaFailure"); seen && is_true(failed)) {
    status.failure = field_text(*failed, {"message"}).substr(0, 300);  // a quota or a policy refuses the pods
  }
  for (const Json& pod : pods) {
    if (pod_decision(pod) != decision) continue;
    if (is_true(condition(pod, "Ready"))) ++status.updated;
    if (status.failure.empty()) status.failure = pod_failure(pod, container);
  }
  return status;
}

bool is_paused(const Json& workload) {
  return field_text(workload, {"metadata", "annotations", kPausedAnnotation}) == "true";
}

std::string held_by(const Json& workload) {
  return field_text(workload, {"metadata", "annotations", kCanaryAnnotation});
}

std::string template_decision(const Json& workload) {
  return field_text(workload, {"spec", "template", "metadata", "annotations", kDecisionAnnotation});
}

std::string template_mark(const Json& workload) {
  return fmt::format("{:016x}", stable_hash(field(workload, {"spec", "template"}).dump()));
}

std::string pod_decision(const Json& pod) {
  return field_text(pod, {"metadata", "annotations", kDecisionAnnotation});
}

std::string release_of(const std::vector<Json>& pods, const std::string& container) {
  std::string release;
  for (const Json& pod : pods) {
    const Json* specified = find_container(field(pod, {"spec"}), container);
    std::string one = specified == nullptr ? std::string() : field_text(*specified, {"image"});
    // A tag may be moved; the digest tells what was pulled.
    const std::string id = field_text(container_status(pod, container), {"imageID"});
    if (one.empty() || id.empty()) return {};  // it has not started
    const std::size_t digest = id.find("sha256:");
    if (!one.contains('@') && digest != std::string::npos) one += "@" + id.substr(digest, kShownDigest);
    if (!release.empty() && one != release) return {};
    release = std::move(one);
  }
  return release;
}

Json pod_resources(const Json& pod, const std::string& container) {
  const Json* found = find_container(field(pod, {"spec"}), container);
  return found == nullptr ? Json::object() : field(*found, {"resources"});
}

bool asks_for(const Json& pod, const std::string& container, const Json& resources) {
  return has_quantities(pod_resources(pod, container), resources);
}

bool resize_restarts(const Json& container, const Json& before, const Json& after) {
  for (const Json& policy : field(container, {"resizePolicy"})) {
    if (field_text(policy, {"restartPolicy"}) != "RestartContainer") continue;
    const std::string name = field_text(policy, {"resourceName"});
    for (const char* group : {"limits", "requests"}) {
      const Json& wanted = field(after, {group, name.c_str()});
      if (!wanted.is_null() && !same_quantity(field(before, {group, name.c_str()}), wanted)) return true;
    }
  }
  return false;
}

ResizeStatus resize_status(const Json& pod, const std::string& container, const Json& resources) {
  ResizeStatus status;
  if (const Json* pending = condition(pod, "PodResizePending"); pending != nullptr) {
    status.waits = field_text(*pending, {"reason"}) == "Deferred";
    status.failure = field_text(*pending, {"reason"}) + ": " + field_text(*pending, {"message"}).substr(0, 200);
    return status;
  }
  if (const Json* going = condition(pod, "PodResizeInProgress"); going != nullptr) {
    if (field_text(*going, {"reason"}) == "Error")
      status.failure = "Error: " + field_text(*going, {"message"}).substr(0, 200);
    return status;
  }
  status.done = has_quantities(field(container_status(pod, container), {"resources"}), resources);
  return status;
}

}  // namespace trimtab::platform
