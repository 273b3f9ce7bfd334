#include "platform/kubernetes/autoscaler_change.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kubernetes/ownership.h"
#include <nlohmann/json.hpp>

#include "platform/kubernetes/workload_view.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;

constexpr std::array<const char*, 4> kFields{"minReplicas", "maxReplicas", "metrics", "behavior"};
constexpr int kMinute = 60;  // seconds: the period of the policies that Trimtab writes
// Kubernetes' own when nothing is written.
constexpr double kDefaultMinReplicas = 1;
constexpr double kDefaultDownWindow = 300;
constexpr double kDefaultUpWindow = 0;

// The target of a metric that is a share of the pods' request of cpu or memory; null when it is none.
Json* target_of(Json& metric, const char* resource) {
  const char* source = field_text(metric, {"type"}) == "ContainerResource" ? "containerResource" : "resource";
  if (field_text(metric, {source, "name"}) != resource) return nullptr;
  if (!field(metric, {source, "target", "averageUtilization"}).is_number()) return nullptr;
  return &metric[source]["target"]["averageUtilization"];
}

void read_target(const Json& scaler, const char* resource, const char* name, ScalerValues& values) {
  Json metrics = field(scaler, {"spec", "metrics"});
  for (Json& metric : metrics) {
    if (const Json* target = target_of(metric, resource); target != nullptr) values[name] = target->get<double>();
  }
}

void read_rules(const Json& scaler, const char* direction, const std::string& prefix, double window,
                ScalerValues& values) {
  const Json& rules = field(scaler, {"spec", "behavior", direction});
  const Json& written = field(rules, {"stabilizationWindowSeconds"});
  values[prefix + "_window"] = written.is_number() ? written.get<double>() : window;
  const Json& policies = field(rules, {"policies"});
  if (!policies.is_array() || policies.size() != 1 || field_text(policies[0], {"type"}) != "Percent") return;
  const int period = field_int(policies[0], {"periodSeconds"});
  const int share = field_int(policies[0], {"value"});
  // All of them in less than a minute is all of them.
  if (period == kMinute || (share == 100 && period < kMinute && std::string_view(direction) == "scaleDown"))
    values[prefix + "_percent"] = share;
}

Result<void> set_target(Json& metrics, const char* resource, double percent) {
  bool found = false;
  for (Json& metric : metrics) {
    Json* target = target_of(metric, resource);
    if (target == nullptr) continue;
    *target = static_cast<int>(std::lround(percent));
    found = true;
  }
  if (found) return {};
  return fail(invalid_input("the autoscaler does not count " + std::string(resource) + " in shares of the request",
                            resource + std::string("_target"),
                            "give it such a metric, or leave the parameter out of the application"));
}

void set_rule(Json& behavior, const std::string& name, double value) {
  const bool down = name.starts_with("scale_down");
  Json& rules = behavior[down ? "scaleDown" : "scaleUp"];
  const int whole = static_cast<int>(std::lround(value));
  if (name.ends_with("_window")) {
    rules["stabilizationWindowSeconds"] = whole;
  } else {
    rules["policies"] = Json::array({{{"type", "Percent"}, {"value", whole}, {"periodSeconds", kMinute}}});
  }
}

}  // namespace

ScalerValues read_autoscaler(const Json& scaler) {
  ScalerValues values;
  values["min_replicas"] = kDefaultMinReplicas;
  for (const auto& [name, key] : {std::pair("min_replicas", "minReplicas"), std::pair("max_replicas", "maxReplicas")}) {
    const Json& written = field(scaler, {"spec", key});
    if (written.is_number()) values[name] = written.get<double>();
  }
  read_target(scaler, "cpu", "cpu_target", values);
  read_target(scaler, "memory", "memory_target", values);
  read_rules(scaler, "scaleDown", "scale_down", kDefaultDownWindow, values);
  read_rules(scaler, "scaleUp", "scale_up", kDefaultUpWindow, values);
  return values;
}

Result<Json> changed_autoscaler(const Json& scaler, const ScalerValues& values) {
  Json fields = Json::object();
  const auto whole = [&](const char* name) -> Json& {
    if (!fields.contains(name)) {
      const Json& written = field(scaler, {"spec", name});
      if (!written.is_null()) fields[name] = written;
    }
    return fields[name];
  };
  for (const auto& [name, value] : values) {
    if (name == "min_replicas" || name == "max_replicas") {
      whole(name == "min_replicas" ? "minReplicas" : "maxReplicas") = static_cast<int>(std::lround(value));
    } else if (name.ends_with("_target")) {
      TRY(set_target(whole("metrics"), name == "cpu_target" ? "cpu" : "memory", value));
    } else {
      set_rule(whole("behavior"), name, value);
    }
  }
  return fields;
}

ScalerValues safer_of(const ScalerValues& from, const ScalerValues& to) {
  ScalerValues safer = to;
  for (auto& [name, value] : safer) {
    const auto at = from.find(name);
    if (at == from.end()) continue;
    const bool replicas = name.ends_with("_replicas");
    if (!replicas && !name.ends_with("_target")) {
      value = at->second;  // how fast it goes matters only afterwards
    } else {
      value = replicas ? std::max(at->second, value) : std::min(at->second, value);
    }
  }
  return safer;
}

Json scaler_fields(const Json& scaler) {
  Json fields = Json::object();
  for (const char* name : kFields)
    fields[name] = field(scaler, {"spec", name});
  return fields;
}

std::string keeper_of(const Json& scaler) {
  for (const Json& owner : field(scaler, {"metadata", "ownerReferences"})) {
    if (field_text(owner, {"kind"}) == "ScaledObject") return "ScaledObject " + field_text(owner, {"name"});
  }
  const kubernetes::GitOwner git = kubernetes::git_owner(scaler);
  return git.reverts() ? git.text() : std::string();
}

}  // namespace trimtab::platform
