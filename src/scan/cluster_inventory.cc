#include "scan/cluster_inventory.h"

#include <algorithm>
#include <map>
#include <set>

#include "kubernetes/ownership.h"
#include "kubernetes/quantity.h"
#include "scan/pod_spec.h"
#include <nlohmann/json.hpp>

namespace trimtab::scan {
namespace {

using Json = nlohmann::json;
using Visit = std::function<void(const Json&)>;

constexpr double kMebi = 1024.0 * 1024.0;

struct Kind {
  const char* name;
  const char* group_version;
  const char* plural;
  bool needed;
};
constexpr Kind kKinds[] = {{"Deployment", "apps/v1", "deployments", true},
                           {"StatefulSet", "apps/v1", "statefulsets", true},
                           {"DaemonSet", "apps/v1", "daemonsets", true},
                           {"CronJob", "batch/v1", "cronjobs", false},
                           {"Job", "batch/v1", "jobs", false},
                           {"Rollout", "argoproj.io/v1alpha1", "rollouts", false}};

constexpr std::size_t kLongestName = 253;  // of an object of Kubernetes

// Of a workload, kept until autoscalers and services are known.
struct Seen {
  std::size_t first = 0;  // its containers
  std::size_t last = 0;
  Json labels;  // of its pods
};

class Reading {
 public:
  Reading(const kubernetes::Client& client, const InventoryOptions& options) : client_(client), options_(options) {}

  Result<Inventory> read() {
    for (const Kind& kind : kKinds) {
      TRY(each(kind.group_version, kind.plural, kind.needed, true,
               [&](const Json& item) { workload(kind.name, item); }));
    }
    TRY(each("v1", "pods", true, true, [&](const Json& item) { pod(item); }));
    finish_bare();
    TRY(each("autoscaling/v2", "horizontalpodautoscalers", false, false, [&](const Json& item) { autoscaler(item); }));
    TRY(each("autoscaling.k8s.io/v1", "verticalpodautoscalers", false, false, [&](const Json& item) { vpa(item); }));
    TRY(each("v1", "services", false, false, [&](const Json& item) { service(item); }));
    TRY(nodes());
    inventory_.sort();
    return std::move(inventory_);
  }

 private:
  Result<void> each(const char* group_version, const char* plural, bool needed, bool selected, const Visit& visit) {
    const std::vector<std::string> everywhere{""};
    for (const std::string& space : options_.spaces.empty() ? everywhere : options_.spaces) {
      TRY(list(kubernetes::resource(group_version, space, plural), plural, needed, selected, visit));
    }
    return {};
  }

  Result<void> list(const std::string& path, const char* plural, bool needed, bool selected, const Visit& visit) {
    kubernetes::ListOptions with;
    with.deadline = options_.deadline;
    with.stop = options_.stop;
    if (selected) with.label_selector = options_.label_selector;
    const auto listed = client_.list(path, with, visit);
    if (listed) return {};
    const Code code = listed.error().code;
    if (needed || (code != Code::kNotFound && code != Code::kDenied)) return fail(listed.error());
    if (code == Code::kDenied) inventory_.notes.push_back(std::string(plural) + " may not be listed; left out");
    return {};
  }

  static std::string key(const std::string& space, const std::string& kind, const std::string& name) {
    return space + "/" + kind + "/" + name;
  }

  void add(const Json& object, const std::string& kind, const Json& spec, const Json& labels,
           std::optional<double> replicas) {
    const Json& metadata = member(object, "metadata");
    ContainerEntry like;
    like.space = member_text(metadata, "namespace");
    like.kind = kind;
    like.workload = member_text(metadata, "name");
    like.git_owner = kubernetes::git_owner(object).text();
    like.facts.replicas = replicas;
    const std::vector<ContainerEntry> entries = containers_of(spec, like);
    Seen seen{inventory_.containers.size(), inventory_.containers.size() + entries.size(), labels};
    inventory_.containers.insert(inventory_.containers.end(), entries.begin(), entries.end());
    workloads_.insert_or_assign(key(like.space, kind, like.workload), std::move(seen));
  }

  void workload(const std::string& kind, const Json& item) {
    if (!member(member(item, "metadata"), "ownerReferences").empty()) return;  // a CronJob's Job
    const Json& spec = member(item, "spec");
    const Json& holder = kind == "CronJob" ? member(member(spec, "jobTemplate"), "spec") : spec;
    const Json& pods = member(holder, "template");
    std::optional<double> replicas;
    const Json& count = kind == "DaemonSet" ? member(member(item, "status"), "desiredNumberScheduled")
                        : kind == "Job"     ? member(spec, "parallelism")
                                            : member(spec, "replicas");
    if (count.is_number()) replicas = count.get<double>();
    add(item, kind, member(pods, "spec"), member(member(pods, "metadata"), "labels"), replicas);
  }

  // Owner of a pod: what makes ReplicaSets and Jobs of CronJobs is found by their names.
  std::pair<std::string, std::string> owner_of(const std::string& space, const Json& pod_object) const {
    const Json& owners = member(member(pod_object, "metadata"), "ownerReferences");
    if (!owners.is_array() || owners.empty()) return {"Pod", member_text(member(pod_object, "metadata"), "name")};
    const std::string kind = member_text(owners[0], "kind");
    const std::string name = member_text(owners[0], "name");
    const std::string shorter = name.substr(0, name.rfind('-'));
    // NAME-HASH is of NAME, which is cut where both would be too long.
    const auto above = [&](const char* upper) -> std::string {
      const std::string wanted = key(space, upper, shorter);
      const auto found = workloads_.lower_bound(wanted);
      if (found == workloads_.end() || !found->first.starts_with(wanted)) return {};
      const bool whole = found->first.size() == wanted.size();
      return whole || name.size() == kLongestName ? found->first.substr(wanted.size() - shorter.size()) : std::string();
    };
    for (const auto& [made, upper] :
         {std::pair("ReplicaSet", "Deployment"), std::pair("ReplicaSet", "Rollout"), std::pair("Job", "CronJob")}) {
      if (kind != made) continue;
      if (const std::string owner = above(upper); !owner.empty()) return {upper, owner};
    }
    return {kind, name};
  }

  void pod(const Json& item) {
    const std::string space = member_text(member(item, "metadata"), "namespace");
    const auto [kind, name] = owner_of(space, item);
    if (kind == "Node") return;  // mirror of a static pod
    inventory_.pods[{space, member_text(member(item, "metadata"), "name")}] = {kind, name};
    const std::string owner = key(space, kind, name);
    // What no listed workload owns is described by its own pods: bare ReplicaSets, pods, and kinds not known here.
    if (bare_.contains(owner)) {
      ++bare_[owner];
    } else if (!workloads_.contains(owner)) {
      Json as_workload = item;
      as_workload["metadata"]["name"] = name;
      add(as_workload, kind, member(item, "spec"), member(member(item, "metadata"), "labels"), 1);
      bare_[owner] = 1;
    }
  }

  void finish_bare() {
    for (const auto& [owner, replicas] : bare_) {
      for_containers(owner, [&, count = replicas](ContainerEntry& entry) { entry.facts.replicas = count; });
    }
  }

  void for_containers(const std::string& owner, const std::function<void(ContainerEntry&)>& change) {
    const auto seen = workloads_.find(owner);
    if (seen == workloads_.end()) return;
    for (std::size_t i = seen->second.first; i < seen->second.last; ++i)
      change(inventory_.containers[i]);
  }

  static std::string target_key(const Json& item, const char* field) {
    const Json& target = member(member(item, "spec"), field);
    return key(member_text(member(item, "metadata"), "namespace"), member_text(target, "kind"),
               member_text(target, "name"));
  }

  void autoscaler(const Json& item) {
    const packs::HpaFacts facts = autoscaler_facts(item);
    const std::string name = member_text(member(item, "metadata"), "name");
    for_containers(target_key(item, "scaleTargetRef"), [&](ContainerEntry& entry) {
      entry.autoscaler = name;
      entry.autoscaler_is_keda = name.starts_with("keda-hpa-");
      entry.facts.hpa = facts;
    });
  }

  void vpa(const Json& item) {
    const std::string mode = member_text(member(member(item, "spec"), "updatePolicy"), "updateMode");
    if (mode == "Off") return;  // it only recommends
    for_containers(target_key(item, "targetRef"), [](ContainerEntry& entry) { entry.has_vpa = true; });
  }

  void service(const Json& item) {
    const Json& selector = member(member(item, "spec"), "selector");
    const std::string space = member_text(member(item, "metadata"), "namespace") + "/";
    for (auto seen = workloads_.lower_bound(space); seen != workloads_.end() && seen->first.starts_with(space);
         ++seen) {
      if (!selects(selector, seen->second.labels)) continue;
      for (std::size_t i = seen->second.first; i < seen->second.last; ++i)
        inventory_.containers[i].facts.serves_requests = true;
    }
  }

  Result<void> nodes() {
    double cpus = 0;
    double memory = 0;
    TRY(list(kubernetes::resource("v1", "", "nodes"), "nodes", false, false, [&](const Json& node) {
      const Json& capacity = member(member(node, "status"), "capacity");
      const auto cores = kubernetes::parse_quantity(member_text(capacity, "cpu"));
      const auto bytes = kubernetes::parse_quantity(member_text(capacity, "memory"));
      if (cores && (cpus == 0 || *cores < cpus)) cpus = *cores;
      if (bytes && (memory == 0 || *bytes / kMebi < memory)) memory = *bytes / kMebi;
    }));
    for (ContainerEntry& entry : inventory_.containers) {
      entry.facts.node_cpus = cpus;
      entry.facts.node_memory_mib = memory;
    }
    return {};
  }

  const kubernetes::Client& client_;
  const InventoryOptions& options_;
  Inventory inventory_;
  std::map<std::string, Seen> workloads_;
  std::map<std::string, double> bare_;  // workload of our own making -> pods
};

}  // namespace

Result<Inventory> read_cluster(const kubernetes::Client& client, const InventoryOptions& options) {
  for (const std::string& space : options.spaces) {
    const auto found = client.get("/api/v1/namespaces/" + space);
    // Without the right to look at namespaces the lists decide.
    if (!found && found.error().code != Code::kDenied) return fail(found.error());
  }
  return Reading(client, options).read();
}

}  // namespace trimtab::scan
