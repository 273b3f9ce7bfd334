// Findings: what an expert would say of one container at a glance. Rules with stable codes (TT-JVM-001, TT-GO-002,
// TT-NODE-001, TT-NET-001, TT-K8S-004, TT-HPA-001) over a described container. Pure; thread safe; microseconds.
//
// A rule speaks only of what it was given: an absent figure silences the rules that need it. Codes are never given a
// new meaning; a rule that is dropped takes its code with it. `finding_rules()` lists them all.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "packs/runtime/runtime.h"

namespace trimtab::packs {

// Of the HorizontalPodAutoscaler that scales the workload.
struct HpaFacts {
  double min_replicas = 1;
  double max_replicas = 1;
  std::optional<double> cpu_target_ratio;     // 0.8: averageUtilization 80
  std::optional<double> memory_target_ratio;  // likewise
  std::optional<double> share_at_max;         // of the time seen, with current = max replicas
  std::optional<double> scale_down_stabilization_seconds;
};

// What was seen over a window, of the fullest replica unless said. None: not known.
struct UsageFacts {
  double window_days = 0;  // length of what was seen
  std::optional<double> cpu_mean;
  std::optional<double> cpu_p95;
  std::optional<double> cpu_max;  // cores
  std::optional<double> memory_p95_mib;
  std::optional<double> memory_max_mib;   // working set
  std::optional<double> throttled_ratio;  // throttled periods / periods
  std::optional<double> oom_kills;
  std::optional<double> restarts;
  std::optional<double> live_heap_mib;  // after a full collection
  std::optional<double> heap_used_max_mib;
  std::optional<double> gc_time_ratio;  // share of wall time in collections
  std::optional<double> threads_max;
};

// One container of a workload, as Kubernetes describes it and as metrics saw it.
struct ContainerFacts {
  std::string workload;   // "Deployment shop/cart"; for messages only
  std::string container;  // "cart"
  std::string image;
  std::vector<std::string> command_line;           // command, then args; or /proc/PID/cmdline
  std::map<std::string, std::string> environment;  // literal values only
  RuntimeKind runtime = RuntimeKind::kUnknown;     // kUnknown: findings() detects it (packs/detection.h)
  RuntimeVersion version;

  std::optional<double> cpu_request;  // cores
  std::optional<double> cpu_limit;
  std::optional<double> memory_request_mib;
  std::optional<double> memory_limit_mib;
  double node_cpus = 0;  // of the (smallest) node; 0: not known
  double node_memory_mib = 0;
  int cgroup_version = 2;
  std::size_t containers_in_pod = 1;
  bool memory_resize_restarts = false;  // resizePolicy of memory is RestartContainer
  std::optional<double> replicas;
  bool serves_requests = false;  // a Service selects its pods
  bool has_readiness_probe = true;
  std::optional<HpaFacts> hpa;
  UsageFacts usage;
};

enum class Severity { kInfo, kWarning, kDanger };
[[nodiscard]] std::string_view severity_name(Severity severity);  // "info", "warning", "danger"

struct Finding {
  std::string code;  // "TT-JVM-001"
  Severity severity = Severity::kInfo;
  std::string title;     // of the rule: "The heap does not fit into the memory limit"
  std::string evidence;  // with the figures of this container
  std::string risk;
  std::string remedy;
  std::string source;  // URL
};

struct FindingRule {
  std::string_view code;
  Severity severity = Severity::kInfo;
  std::string_view title;
  std::string_view risk;
  std::string_view source;
};

// The most severe first, then by code. At most one finding a rule.
[[nodiscard]] std::vector<Finding> findings(const ContainerFacts& facts);
// Every rule there is, by code.
[[nodiscard]] std::vector<FindingRule> finding_rules();

}  // namespace trimtab::packs
