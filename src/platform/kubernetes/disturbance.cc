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

std::string reason_of(const Json* found) {
  return found == nullptr ? std::string() : field_text(*found, {"reason"}).substr(0, kLongestReason);
}

// When the cluster decided to take the pod away; nothing when it has not.
std::optional<Instant> taken_at(const Json& pod) {
  const Json* target = condition(pod, "DisruptionTarget");
  if (!is_true(target)) return std::nullopt;
  const auto at = parse_rfc3339(field_text(*target, {"lastTransitionTime"}));
  return at ? *at : Instant{};
}

}  // namespace

std::string node_trouble(const Json& node) {
  const std::string name = "node " + field_text(node, {"metadata", "name"}) + " ";
  const Json* ready = condition(node, "Ready");
  // Unknown: its kubelet has not been heard of for a while.
  if (!is_true(ready)) return name + "is not ready (" + reason_of(ready) + ")";
  for (const auto& [type, words] : kPressures) {
    if (is_true(condition(node, type))) return name + words;
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
             reason_of(condition(pod, "DisruptionTarget")) + ")";
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
