#include "scan/pod_spec.h"

#include <algorithm>

#include "kubernetes/quantity.h"
#include <nlohmann/json.hpp>

namespace trimtab::scan {
namespace {

using Json = nlohmann::json;

constexpr double kMebi = 1024.0 * 1024.0;

std::optional<double> quantity_of(const Json& resources, const char* group, const char* name, double unit) {
  const Json& value = member(member(resources, group), name);
  if (value.is_number()) return value.get<double>() / unit;
  if (!value.is_string()) return std::nullopt;
  const auto parsed = kubernetes::parse_quantity(value.get_ref<const std::string&>());
  if (!parsed) return std::nullopt;
  return *parsed / unit;
}

ContainerEntry entry_of(const Json& container, const ContainerEntry& like, ContainerRole role) {
  ContainerEntry entry = like;
  entry.role = role;
  entry.name = member_text(container, "name");
  packs::ContainerFacts& facts = entry.facts;
  facts.workload = like.kind + " " + like.space + "/" + like.workload;
  facts.container = entry.name;
  facts.image = member_text(container, "image");
  for (const char* list : {"command", "args"}) {
    for (const Json& word : member(container, list)) {
      if (word.is_string()) facts.command_line.push_back(word.get<std::string>());
    }
  }
  for (const Json& variable : member(container, "env")) {
    const std::string name = member_text(variable, "name");
    if (!name.empty() && member(variable, "value").is_string())
      facts.environment[name] = member_text(variable, "value");
  }
  const Json& resources = member(container, "resources");
  facts.cpu_limit = quantity_of(resources, "limits", "cpu", 1);
  facts.memory_limit_mib = quantity_of(resources, "limits", "memory", kMebi);
  facts.cpu_request = quantity_of(resources, "requests", "cpu", 1);
  facts.memory_request_mib = quantity_of(resources, "requests", "memory", kMebi);
  // The API server itself takes a limit for a request that is not given.
  if (!facts.cpu_request) facts.cpu_request = facts.cpu_limit;
  if (!facts.memory_request_mib) facts.memory_request_mib = facts.memory_limit_mib;
  facts.has_readiness_probe = container.contains("readinessProbe") || role == ContainerRole::kInit;
  for (const Json& policy : member(container, "resizePolicy")) {
    if (member_text(policy, "resourceName") == "memory") {
      facts.memory_resize_restarts = member_text(policy, "restartPolicy") == "RestartContainer";
    }
  }
  return entry;
}

std::optional<double> ratio_of(const Json& metric, const char* resource) {
  const std::string type = member_text(metric, "type");
  const Json& source = member(metric, type == "ContainerResource" ? "containerResource" : "resource");
  if (member_text(source, "name") != resource) return std::nullopt;
  const Json& utilization = member(member(source, "target"), "averageUtilization");
  if (!utilization.is_number()) return std::nullopt;
  return utilization.get<double>() / 100;
}

}  // namespace

std::vector<ContainerEntry> containers_of(const Json& pod_spec, const ContainerEntry& like) {
  std::vector<ContainerEntry> entries;
  const Json& containers = member(pod_spec, "containers");
  for (const Json& container : containers)
    entries.push_back(entry_of(container, like, ContainerRole::kMain));
  for (const Json& container : member(pod_spec, "initContainers")) {
    const bool stays = member_text(container, "restartPolicy") == "Always";
    entries.push_back(entry_of(container, like, stays ? ContainerRole::kSidecar : ContainerRole::kInit));
  }
  const auto running = static_cast<std::size_t>(std::count_if(
      entries.begin(), entries.end(), [](const ContainerEntry& e) { return e.role != ContainerRole::kInit; }));
  for (ContainerEntry& entry : entries)
    entry.facts.containers_in_pod = std::max<std::size_t>(1, running);
  return entries;
}

packs::HpaFacts autoscaler_facts(const Json& autoscaler) {
  packs::HpaFacts facts;
  const Json& spec = member(autoscaler, "spec");
  if (const Json& least = member(spec, "minReplicas"); least.is_number()) facts.min_replicas = least.get<double>();
  if (const Json& most = member(spec, "maxReplicas"); most.is_number()) facts.max_replicas = most.get<double>();
  for (const Json& metric : member(spec, "metrics")) {
    if (!facts.cpu_target_ratio) facts.cpu_target_ratio = ratio_of(metric, "cpu");
    if (!facts.memory_target_ratio) facts.memory_target_ratio = ratio_of(metric, "memory");
  }
  const Json& window = member(member(member(spec, "behavior"), "scaleDown"), "stabilizationWindowSeconds");
  if (window.is_number()) facts.scale_down_stabilization_seconds = window.get<double>();
  return facts;
}

bool selects(const Json& selector, const Json& labels) {
  if (!selector.is_object() || selector.empty()) return false;
  return std::all_of(selector.items().begin(), selector.items().end(), [&](const auto& item) {
    return item.value().is_string() &&
           member_text(labels, item.key().c_str()) == item.value().template get<std::string>();
  });
}

}  // namespace trimtab::scan
