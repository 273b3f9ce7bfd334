// Recommended sizes in forms that are applied by others: patches and Helm values.
#include <algorithm>
#include <array>

#include "kubernetes/quantity.h"
#include "scan/report.h"
#include <fmt/format.h>

namespace trimtab::scan {
namespace {

constexpr double kMebi = 1024.0 * 1024.0;

// A YAML scalar in double quotes: names come from the cluster.
std::string yaml(std::string_view text) {
  std::string made = "\"";
  for (const char c : printable(text, 253)) {
    if (c == '"' || c == '\\') made += '\\';
    made += c;
  }
  return made + "\"";
}

void put_group(std::string& out, const std::string& indent, const char* group, std::optional<double> cores,
               std::optional<double> mebi) {
  if (!cores && !mebi) return;
  out += fmt::format("{}{}:\n", indent, group);
  if (cores) out += fmt::format("{}  cpu: {}\n", indent, yaml(kubernetes::format_cpu(*cores)));
  if (mebi) out += fmt::format("{}  memory: {}\n", indent, yaml(kubernetes::format_memory(*mebi * kMebi)));
}

void put_resources(std::string& out, const std::string& indent, const Sizes& sizes) {
  out += indent + "resources:\n";
  put_group(out, indent + "  ", "requests", sizes.cpu_request, sizes.memory_request_mib);
  put_group(out, indent + "  ", "limits", sizes.cpu_limit, sizes.memory_limit_mib);
}

// A Job's template cannot be changed, and of other kinds' objects the form is not known.
bool has_known_template(std::string_view kind) {
  constexpr std::array<std::string_view, 6> kKinds{"Deployment", "StatefulSet", "DaemonSet",
                                                   "ReplicaSet", "CronJob",     "Rollout"};
  return std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
}

bool same_workload(const ContainerEntry& a, const ContainerEntry& b) {
  return a.space == b.space && a.kind == b.kind && a.workload == b.workload;
}

// Those that change and belong to something with a template, in the order of names; one workload after the other.
std::vector<std::vector<const Assessment*>> changed_workloads(const Report& report) {
  std::vector<const Assessment*> changed;
  for (const Assessment& a : report.assessments) {
    const ContainerEntry& e = report.inventory.containers[a.index];
    if (a.changes && has_known_template(e.kind) && e.role != ContainerRole::kInit) changed.push_back(&a);
  }
  std::sort(changed.begin(), changed.end(), [](const auto* a, const auto* b) { return a->index < b->index; });
  std::vector<std::vector<const Assessment*>> workloads;
  for (const Assessment* a : changed) {
    const auto& all = report.inventory.containers;
    if (workloads.empty() || !same_workload(all[workloads.back().front()->index], all[a->index]))
      workloads.emplace_back();
    workloads.back().push_back(a);
  }
  return workloads;
}

const char* version_of(std::string_view kind) {
  if (kind == "Rollout") return "argoproj.io/v1alpha1";
  return kind == "CronJob" ? "batch/v1" : "apps/v1";
}

void put_list(std::string& out, const Report& report, const std::vector<const Assessment*>& workload,
              const std::string& indent, ContainerRole role) {
  bool open = false;
  for (const Assessment* a : workload) {
    const ContainerEntry& e = report.inventory.containers[a->index];
    if (e.role != role) continue;
    if (!open) out += indent + (role == ContainerRole::kSidecar ? "initContainers:\n" : "containers:\n");
    open = true;
    out += fmt::format("{}  - name: {}\n", indent, yaml(e.name));
    put_resources(out, indent + "    ", a->recommended);
  }
}

}  // namespace

std::string report_patches(const Report& report) {
  std::string out;
  for (const auto& workload : changed_workloads(report)) {
    const ContainerEntry& e = report.inventory.containers[workload.front()->index];
    out += fmt::format("---\napiVersion: {}\nkind: {}\nmetadata:\n  name: {}\n  namespace: {}\nspec:\n",
                       version_of(e.kind), e.kind, yaml(e.workload), yaml(e.space));
    std::string indent = "  ";
    if (e.kind == "CronJob") {
      out += "  jobTemplate:\n    spec:\n";
      indent = "      ";
    }
    out += indent + "template:\n" + indent + "  spec:\n";
    put_list(out, report, workload, indent + "    ", ContainerRole::kMain);
    put_list(out, report, workload, indent + "    ", ContainerRole::kSidecar);
    for (const Assessment* a : workload) {
      const auto target = a->recommended.hpa_cpu_target_ratio;
      if (!target || target == a->now.hpa_cpu_target_ratio) continue;
      out += fmt::format("# HorizontalPodAutoscaler {}: averageUtilization of cpu {:.0f}, with this request\n",
                         printable(e.autoscaler, 253), *target * 100);
      break;
    }
  }
  return out;
}

std::string report_helm_values(const Report& report) {
  std::string out;
  std::string space;
  for (const auto& workload : changed_workloads(report)) {
    const ContainerEntry& e = report.inventory.containers[workload.front()->index];
    if (out.empty() || space != e.space) out += "---\n# namespace " + printable(e.space, 253) + "\n";
    space = e.space;
    out += yaml(e.workload) + ":  # " + printable(e.kind, 63) + "\n";
    for (const Assessment* a : workload) {
      const ContainerEntry& container = report.inventory.containers[a->index];
      const bool several = container.facts.containers_in_pod > 1;
      if (several) out += "  " + yaml(container.name) + ":\n";
      put_resources(out, several ? "    " : "  ", a->recommended);
    }
  }
  return out;
}

}  // namespace trimtab::scan
