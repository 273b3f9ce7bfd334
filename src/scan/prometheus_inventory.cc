#include "scan/prometheus_inventory.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "scan/prometheus_asker.h"
#include <fmt/format.h>

namespace trimtab::scan {
namespace {

constexpr double kMebi = 1024.0 * 1024.0;
constexpr double kMostReplicas = 1e6;
constexpr double kMostPercent = 1e4;

using PodKey = std::pair<std::string, std::string>;  // namespace, pod
using Owner = std::pair<std::string, std::string>;   // kind, name
using EntryKey =
    std::tuple<std::string, std::string, std::string, std::string>;  // namespace, kind, workload, container

// What no machine has is a fault of whoever reports it, and nothing is the lack of it: 0 is no limit.
bool is_size(double value, double most) {
  return value > 0 && value <= most;
}

bool has_size(const Series& series, double most) {
  return !series.points.empty() && is_size(series.points.back().value, most);
}

std::string text(const Series& series, std::string_view label) {
  return std::string(series.label(label));
}

class Reading {
 public:
  Reading(const NewestSamples& newest, const std::vector<std::string>& spaces, const std::string& matchers)
      : newest_(newest), spaces_(spaces.begin(), spaces.end()) {
    std::string names;
    for (const std::string& space : spaces)
      names += (names.empty() ? "" : "|") + quoted_regexp(space);
    if (!names.empty()) matchers_ = "namespace=~\"" + names + "\"";
    if (!matchers.empty()) matchers_ += (matchers_.empty() ? "" : ",") + matchers;
  }

  Result<Inventory> read() {
    TRY(owners());
    TRY(containers("kube_pod_container_info", ""));
    if (entries_.empty()) {
      notes_.emplace_back("there are no kube-state-metrics: requests and limits are not known");
      // Either of them may be missing.
      TRY(containers("container_memory_working_set_bytes", "container!=\"\",container!=\"POD\""));
      TRY(containers("container_cpu_usage_seconds_total", "container!=\"\",container!=\"POD\""));
    }
    if (entries_.empty()) {
      return fail(not_found("no containers are known" + (matchers_.empty() ? "" : " with " + matchers_),
                            "it needs the kubelets' cAdvisor metrics (container_memory_working_set_bytes)"));
    }
    TRY(resources("kube_pod_container_resource_requests", true));
    TRY(resources("kube_pod_container_resource_limits", false));
    TRY(autoscalers());
    return finish();
  }

 private:
  Result<void> each(const std::string& metric, const std::string& more,
                    const std::function<void(const Series&)>& visit) {
    std::string matchers = matchers_;
    if (!more.empty()) matchers += (matchers.empty() ? "" : ",") + more;
    return newest_(metric, matchers, [&](const Series& series) {
      if (spaces_.empty() || spaces_.contains(text(series, "namespace"))) visit(series);
    });
  }

  Result<void> owners() {
    TRY(each("kube_replicaset_owner", "", [this](const Series& s) {
      above_[{text(s, "namespace"), "ReplicaSet/" + text(s, "replicaset")}] = {text(s, "owner_kind"),
                                                                               text(s, "owner_name")};
    }));
    TRY(each("kube_job_owner", "", [this](const Series& s) {
      above_[{text(s, "namespace"), "Job/" + text(s, "job_name")}] = {text(s, "owner_kind"), text(s, "owner_name")};
    }));
    return each("kube_pod_owner", "", [this](const Series& s) {
      const std::string space = text(s, "namespace");
      Owner owner{text(s, "owner_kind"), text(s, "owner_name")};
      const auto above = above_.find({space, owner.first + "/" + owner.second});
      if (above != above_.end() && !is_none(above->second.first)) owner = above->second;
      if (is_none(owner.first)) owner = {"Pod", text(s, "pod")};
      inventory_.pods[{space, text(s, "pod")}] = owner;
    });
  }

  static bool is_none(const std::string& kind) { return kind.empty() || kind == "<none>"; }

  // Without an owner metric the pod's name has to tell.
  Owner owner_of(const std::string& space, const std::string& pod) {
    const auto known = inventory_.pods.find({space, pod});
    if (known != inventory_.pods.end()) return known->second;
    Owner owner{"Pod", pod};
    const std::string once = pod.substr(0, pod.rfind('-'));
    const std::string twice = once.substr(0, once.rfind('-'));
    if (may_own("CronJob", twice, pod)) {
      owner = {"CronJob", twice};
    } else if (may_own("Deployment", twice, pod)) {
      owner = {"Deployment", twice};
    } else if (may_own("StatefulSet", once, pod)) {
      owner = {"StatefulSet", once};
    } else if (may_own("DaemonSet", once, pod)) {
      owner = {"DaemonSet", once};
    }
    inventory_.pods[{space, pod}] = owner;
    return owner;
  }

  EntryKey key_of(const Series& s) {
    const std::string space = text(s, "namespace");
    const Owner owner = owner_of(space, text(s, "pod"));
    return {space, owner.first, owner.second, text(s, "container")};
  }

  Result<void> containers(const std::string& metric, const std::string& more) {
    std::map<EntryKey, std::map<std::string, bool>> pods;
    TRY(each(metric, more, [&](const Series& s) {
      if (s.label("container").empty() || s.label("container") == "POD") return;  // the pod itself, its sandbox
      const EntryKey key = key_of(s);
      ContainerEntry& entry = entries_[key];
      std::tie(entry.space, entry.kind, entry.workload, entry.name) = key;
      entry.facts.image = text(s, "image");
      entry.facts.workload = entry.kind + " " + entry.space + "/" + entry.workload;
      entry.facts.container = entry.name;
      pods[key][text(s, "pod")] = true;
    }));
    for (const auto& [key, names] : pods) {
      auto& replicas = entries_[key].facts.replicas;
      replicas = std::max(replicas.value_or(0), static_cast<double>(names.size()));
    }
    return {};
  }

  Result<void> resources(const std::string& metric, bool requests) {
    return each(metric, "", [&](const Series& s) {
      const auto found = entries_.find(key_of(s));
      if (found == entries_.end() || s.points.empty()) return;
      packs::ContainerFacts& facts = found->second.facts;
      const double value = s.points.back().value;
      if (s.label("resource") == "cpu" && is_size(value, kMostCores)) {
        (requests ? facts.cpu_request : facts.cpu_limit) = value;
      }
      if (s.label("resource") == "memory" && is_size(value / kMebi, kMostMemoryMib)) {
        (requests ? facts.memory_request_mib : facts.memory_limit_mib) = value / kMebi;
      }
    });
  }

  Result<void> autoscalers() {
    std::map<PodKey, Owner> targets;
    std::map<PodKey, packs::HpaFacts> facts;
    const auto key = [](const Series& s) { return PodKey{text(s, "namespace"), text(s, "horizontalpodautoscaler")}; };
    TRY(each("kube_horizontalpodautoscaler_info", "", [&](const Series& s) {
      targets[key(s)] = {text(s, "scaletargetref_kind"), text(s, "scaletargetref_name")};
    }));
    if (targets.empty()) return {};
    TRY(each("kube_horizontalpodautoscaler_spec_min_replicas", "", [&](const Series& s) {
      if (has_size(s, kMostReplicas)) facts[key(s)].min_replicas = s.points.back().value;
    }));
    TRY(each("kube_horizontalpodautoscaler_spec_max_replicas", "", [&](const Series& s) {
      if (has_size(s, kMostReplicas)) facts[key(s)].max_replicas = s.points.back().value;
    }));
    TRY(each("kube_horizontalpodautoscaler_spec_target_metric", "metric_target_type=\"utilization\"",
             [&](const Series& s) {
               if (!has_size(s, kMostPercent) || s.label("metric_target_type") != "utilization") return;
               if (s.label("metric_name") == "cpu") facts[key(s)].cpu_target_ratio = s.points.back().value / 100;
               if (s.label("metric_name") == "memory") facts[key(s)].memory_target_ratio = s.points.back().value / 100;
             }));
    for (const auto& [scaler, target] : targets) {
      for (auto& [entry_key, entry] : entries_) {
        if (entry.space != scaler.first || entry.kind != target.first || entry.workload != target.second) continue;
        entry.autoscaler = scaler.second;
        entry.autoscaler_is_keda = scaler.second.starts_with("keda-hpa-");
        entry.facts.hpa = facts[scaler];
      }
    }
    return {};
  }

  Inventory finish() {
    std::map<std::tuple<std::string, std::string, std::string>, std::size_t> in_pod;
    for (const auto& [key, entry] : entries_)
      ++in_pod[{entry.space, entry.kind, entry.workload}];
    for (auto& [key, entry] : entries_) {
      entry.facts.containers_in_pod = in_pod[{entry.space, entry.kind, entry.workload}];
      inventory_.containers.push_back(std::move(entry));
    }
    inventory_.notes = notes_;
    inventory_.sort();
    return std::move(inventory_);
  }

  const NewestSamples& newest_;
  const std::set<std::string> spaces_;
  std::string matchers_;
  Inventory inventory_;
  std::map<PodKey, Owner> above_;
  std::map<EntryKey, ContainerEntry> entries_;
  std::vector<std::string> notes_;
};

}  // namespace

Result<Inventory> read_inventory_of_series(const NewestSamples& newest, const std::vector<std::string>& spaces,
                                           const std::string& matchers) {
  return Reading(newest, spaces, matchers).read();
}

Result<Inventory> read_prometheus_inventory(const net::HttpClient& client, const MeasureOptions& options,
                                            const std::vector<std::string>& spaces) {
  return read_inventory_of_series(
      [&](const std::string& metric, const std::string& matchers, const std::function<void(const Series&)>& visit) {
        return ask_now(client, options, metric + "{" + matchers + "}", visit);
      },
      spaces, options.matchers);
}

}  // namespace trimtab::scan
