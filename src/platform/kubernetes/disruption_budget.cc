#include "platform/kubernetes/disruption_budget.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/kubernetes/workload_view.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;

constexpr int kDefaultPercent = 25;  // of maxSurge and maxUnavailable: apps/v1

// A number of pods, or a percentage of the replicas.
int pods_of(const Json& value, int replicas, bool round_up) {
  if (value.is_number_integer()) return value.get<int>();
  int percent = kDefaultPercent;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    std::from_chars(text.data(), text.data() + text.size(), percent);
  }
  return (replicas * percent + (round_up ? 99 : 0)) / 100;
}

bool meets(const Json& expression, const Json& labels) {
  const std::string wanted = field_text(expression, {"operator"});
  const Json& value = field(labels, {field_text(expression, {"key"}).c_str()});
  if (wanted == "Exists") return !value.is_null();
  if (wanted == "DoesNotExist") return value.is_null();
  const Json& values = field(expression, {"values"});
  const bool listed = std::any_of(values.begin(), values.end(), [&](const Json& one) { return one == value; });
  return wanted == "In" ? listed : !listed;
}

}  // namespace

int most_unavailable(const Json& workload) {
  const int replicas = field_int(workload, {"spec", "replicas"}, 1);
  if (field_text(workload, {"kind"}) != "Deployment") return std::min(1, replicas);  // one after the other
  if (field_text(workload, {"spec", "strategy", "type"}) == "Recreate") return replicas;
  const Json& rolling = field(workload, {"spec", "strategy", "rollingUpdate"});
  const int away = pods_of(field(rolling, {"maxUnavailable"}), replicas, false);
  const int surge = pods_of(field(rolling, {"maxSurge"}), replicas, true);
  // When both come to nothing Kubernetes takes one away, or it would never end.
  return std::min(away == 0 && surge == 0 ? 1 : away, replicas);
}

bool selects(const Json& selector, const Json& labels) {
  if (!selector.is_object()) return false;
  for (const auto& [key, value] : field(selector, {"matchLabels"}).items()) {
    if (field(labels, {key.c_str()}) != value) return false;
  }
  const Json& expressions = field(selector, {"matchExpressions"});
  return std::all_of(expressions.begin(), expressions.end(), [&](const Json& one) { return meets(one, labels); });
}

Result<void> check_disruption_budgets(const std::vector<Json>& budgets, const Json& workload) {
  const int taken = most_unavailable(workload);
  const Json& labels = field(workload, {"spec", "template", "metadata", "labels"});
  for (const Json& budget : budgets) {
    if (!selects(field(budget, {"spec", "selector"}), labels)) continue;
    // Without a status its controller has not looked yet: nothing is allowed then, as for an eviction.
    const bool current =
        field_int(budget, {"status", "observedGeneration"}) >= field_int(budget, {"metadata", "generation"});
    const int allowed = current ? field_int(budget, {"status", "disruptionsAllowed"}) : 0;
    if (taken <= allowed) continue;
    return fail(invalid_input(
        fmt::format("the PodDisruptionBudget {}/{} lets {} more pods be away, a rollout of {} takes {}",
                    field_text(budget, {"metadata", "namespace"}), field_text(budget, {"metadata", "name"}), allowed,
                    field_text(workload, {"metadata", "name"}), taken),
        {},
        "set the Deployment's maxUnavailable to 0, so that new pods come first, or wait until more pods are ready"));
  }
  return {};
}

}  // namespace trimtab::platform
