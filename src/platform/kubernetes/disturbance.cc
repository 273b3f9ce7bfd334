#include "platform/kubernetes/disturbance.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestReason = 120;  // of what controllers write; the text is for one line

constexpr std::array<std::pair<const char*, const char*>, 4> kPressures{{
    {"MemoryPressure", "is under memory pressure"},
    {"DiskPressure", "is under disk pressure"},
    {"PIDPressure", "is short of process ids"},
    {"NetworkUnavailable", "has no network"},
}};

std::string status_of(const Json& object, const char* type) {
  for (const Json& each : field(object, {"status", "conditions"})) {
    if (field_text(each, {"type"}) == type) return field_text(each, {"status"});
  }
  return {};
}

std::string reason_of(const Json& object, const char* type) {
  for (const Json& each : field(object, {"status", "conditions"})) {
    if (field_text(each, {"type"}) == type) return field_text(each, {"reason"}).substr(0, kLongestReason);
  }
  return {};
}

// When the cluster decided to take the pod away; nothing when it has not.
std::optional<Instant> taken_at(const Json& pod) {
  for (const Json& each : field(pod, {"status", "conditions"})) {
    if (field_text(each, {"type"}) != "DisruptionTarget" || field_text(each, {"status"}) != "True") continue;
    if (const auto at = parse_rfc3339(field_text(each, {"lastTransitionTime"}))) return *at;
    return Instant{};
  }
  return std::nullopt;
}

}  // namespace

std::string node_trouble(const Json& node) {
  const std::string name = "node " + field_text(node, {"metadata", "name"}) + " ";
  const std::string ready = status_of(node, "Ready");
  // Unknown: its kubelet has not been heard of for a while.
  if (ready != "True") return name + "is not ready (" + reason_of(node, "Ready") + ")";
  for (const auto& [type, words] : kPressures) {
    if (status_of(node, type) == "True") return name + words;
  }
  if (field(node, {"spec", "unschedulable"}) == true) return name + "is cordoned";
  return {};
}

std::string eviction(const std::vector<Json>& pods, const std::vector<Json>& ended, Instant since) {
  for (const std::vector<Json>* some : {&pods, &ended}) {
    for (const Json& pod : *some) {
      const auto at = taken_at(pod);
      if (!at || (some == &ended && *at < since)) continue;
      return "pod " + field_text(pod, {"metadata", "name"}) + " is taken away by the cluster (" +
             reason_of(pod, "DisruptionTarget") + ")";
    }
  }
  return {};
}

std::string rollout_of_others(const Json& workload, const ChangeState& state) {
  if (!state.under_way.empty() || template_mark(workload) == state.left) return {};
  const int all = field_int(workload, {"status", "replicas"});
  const int updated = field_int(workload, {"status", "updatedReplicas"});
  const std::string revision = field_text(workload, {"status", "updateRevision"});
  const bool stateful = field_text(workload, {"kind"}) == "StatefulSet";
  // The old pods of a Deployment are those beyond the updated ones; a StatefulSet that is done has one revision.
  const bool rolls =
      stateful ? !revision.empty() && revision != field_text(workload, {"status", "currentRevision"}) : all > updated;
  if (!rolls) return {};
  return "a rollout by somebody else is under way: " + std::to_string(updated) + " of " + std::to_string(all) +
         " replicas are new";
}

}  // namespace trimtab::platform
