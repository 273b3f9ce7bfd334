#include <fmt/format.h>

#include "packs/finding_rules.h"

namespace trimtab::packs {
namespace {

// Enough history to speak of too much or too little: a whole day.
constexpr double kEnoughDays = 1;
constexpr double kFarBelow = 0.4;  // p95 below this share of the request: more than twice what is needed
constexpr double kThrottledMuch = 0.05;
constexpr double kUnderUsed = 0.6;
constexpr double kAlmostFull = 0.9;

constexpr const char* kResources = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/";
constexpr const char* kQuality = "https://kubernetes.io/docs/tasks/configure-pod-container/quality-service-pod/";
constexpr const char* kBandwidth = "https://docs.kernel.org/scheduler/sched-bwc.html";
constexpr const char* kEviction = "https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/";
constexpr const char* kResize = "https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/";

std::optional<Said> no_memory_limit(const Examined& e) {
  if (e.facts.memory_limit_mib) return std::nullopt;
  const auto& most = e.facts.usage.memory_max_mib;
  return Said{"no memory limit is set",
              most ? fmt::format("set a memory limit above {:.0f} MiB, the highest use seen", *most * 1.15)
                   : "set a memory limit; request = limit for memory"};
}

std::optional<Said> no_requests(const Examined& e) {
  const bool cpu = e.facts.cpu_request || e.facts.cpu_limit;  // a limit alone is taken for the request too
  const bool memory = e.facts.memory_request_mib || e.facts.memory_limit_mib;
  if (cpu && memory) return std::nullopt;
  return Said{fmt::format("no request for {}", !cpu && !memory ? "CPU and memory" : (cpu ? "memory" : "CPU")),
              "request what the container uses at its peak"};
}

std::optional<Said> memory_burstable(const Examined& e) {
  const auto& request = e.facts.memory_request_mib;
  const auto& limit = e.facts.memory_limit_mib;
  if (!request || !limit || *limit <= *request) return std::nullopt;
  return Said{fmt::format("memory request {:.0f} MiB, limit {:.0f} MiB", *request, *limit),
              "set the memory request to the limit"};
}

std::optional<Said> cpu_request_too_high(const Examined& e) {
  const UsageFacts& use = e.facts.usage;
  if (!e.facts.cpu_request || !use.cpu_p95 || use.window_days < kEnoughDays) return std::nullopt;
  if (*use.cpu_p95 >= *e.facts.cpu_request * kFarBelow) return std::nullopt;
  return Said{fmt::format("request {:.2f} cores, p95 of use {:.2f} cores in {:.0f} days", *e.facts.cpu_request,
                          *use.cpu_p95, use.window_days),
              fmt::format("a request of about {:.2f} cores, under the autoscaler's target", *use.cpu_p95 * 1.3)};
}

std::optional<Said> memory_request_too_high(const Examined& e) {
  const UsageFacts& use = e.facts.usage;
  if (!e.facts.memory_request_mib || !use.memory_max_mib || use.window_days < kEnoughDays) return std::nullopt;
  if (*use.memory_max_mib >= *e.facts.memory_request_mib * kFarBelow) return std::nullopt;
  return Said{fmt::format("request {:.0f} MiB, highest use {:.0f} MiB in {:.0f} days", *e.facts.memory_request_mib,
                          *use.memory_max_mib, use.window_days),
              is_managed(e.runtime) ? "lower the request together with the runtime's heap limit, never alone"
                                    : fmt::format("a request of about {:.0f} MiB", *use.memory_max_mib * 1.2)};
}

std::optional<Said> throttled_although_idle(const Examined& e) {
  const UsageFacts& use = e.facts.usage;
  if (!use.throttled_ratio || *use.throttled_ratio < kThrottledMuch || !e.facts.cpu_limit) return std::nullopt;
  if (!use.cpu_mean || *use.cpu_mean >= *e.facts.cpu_limit * kUnderUsed) return std::nullopt;
  return Said{fmt::format("throttled in {:.0f} % of the periods, mean use {:.2f} of {:.2f} cores",
                          *use.throttled_ratio * 100, *use.cpu_mean, *e.facts.cpu_limit),
              "raise or remove the CPU limit, or give the runtime fewer threads"};
}

std::optional<Said> throttled_and_busy(const Examined& e) {
  const UsageFacts& use = e.facts.usage;
  if (!use.throttled_ratio || *use.throttled_ratio < kThrottledMuch || !e.facts.cpu_limit) return std::nullopt;
  if (!use.cpu_mean || *use.cpu_mean < *e.facts.cpu_limit * kUnderUsed) return std::nullopt;
  return Said{fmt::format("throttled in {:.0f} % of the periods, mean use {:.2f} of {:.2f} cores",
                          *use.throttled_ratio * 100, *use.cpu_mean, *e.facts.cpu_limit),
              "raise the CPU limit and request, or add replicas"};
}

std::optional<Said> was_killed(const Examined& e) {
  if (e.facts.usage.oom_kills.value_or(0) <= 0) return std::nullopt;
  return Said{fmt::format("{:.0f} kills for memory, limit {}", *e.facts.usage.oom_kills,
                          e.facts.memory_limit_mib ? fmt::format("{:.0f} MiB", *e.facts.memory_limit_mib) : "unknown"),
              is_managed(e.runtime) ? "fit heap and the memory beside it into the limit before raising the limit"
                                    : "raise the memory limit; if use grows without end, look for the leak"};
}

std::optional<Said> almost_full(const Examined& e) {
  const auto& most = e.facts.usage.memory_max_mib;
  if (!most || !e.facts.memory_limit_mib || *most < *e.facts.memory_limit_mib * kAlmostFull) return std::nullopt;
  return Said{fmt::format("highest working set {:.0f} of {:.0f} MiB", *most, *e.facts.memory_limit_mib),
              "raise the limit, or lower the heap limit"};
}

std::optional<Said> single_replica(const Examined& e) {
  if (!e.facts.serves_requests || !e.facts.replicas || *e.facts.replicas != 1 || e.facts.hpa) return std::nullopt;
  return Said{"one replica behind a Service", "run two replicas, or accept an outage at every change"};
}

std::optional<Said> no_readiness(const Examined& e) {
  if (!e.facts.serves_requests || e.facts.has_readiness_probe) return std::nullopt;
  return Said{"a Service selects the pods, and the container has no readiness probe", "add a readinessProbe"};
}

std::optional<Said> restarts(const Examined& e) {
  constexpr double kOftenPerDay = 1;
  const UsageFacts& use = e.facts.usage;
  if (use.window_days <= 0 || use.restarts.value_or(0) / use.window_days < kOftenPerDay) return std::nullopt;
  return Said{fmt::format("{:.0f} restarts in {:.1f} days", *use.restarts, use.window_days),
              "find out why before changing resources: kubectl describe pod, last state"};
}

std::optional<Said> above_request(const Examined& e) {
  const auto& p95 = e.facts.usage.memory_p95_mib;
  if (!p95 || !e.facts.memory_request_mib || *p95 <= *e.facts.memory_request_mib) return std::nullopt;
  return Said{fmt::format("p95 of memory {:.0f} MiB, request {:.0f} MiB", *p95, *e.facts.memory_request_mib),
              "request at least what is used"};
}

std::optional<Said> resize_unnoticed(const Examined& e) {
  const bool fixed_heap = e.runtime == RuntimeKind::kHotspot || e.runtime == RuntimeKind::kOpenJ9 ||
                          e.runtime == RuntimeKind::kNodejs || e.runtime == RuntimeKind::kDotnet;
  if (!fixed_heap || e.facts.memory_resize_restarts || !e.facts.memory_limit_mib) return std::nullopt;
  return Said{fmt::format("{} fixes its heap limit when it starts; resizePolicy of memory is NotRequired",
                          runtime_name(e.runtime)),
              "resizePolicy: {resourceName: memory, restartPolicy: RestartContainer}"};
}

std::optional<Said> limit_below_one(const Examined& e) {
  constexpr double kWholeCore = 1;
  const bool compiles =
      e.runtime == RuntimeKind::kHotspot || e.runtime == RuntimeKind::kOpenJ9 || e.runtime == RuntimeKind::kDotnet;
  if (!compiles || !e.facts.cpu_limit || *e.facts.cpu_limit >= kWholeCore) return std::nullopt;
  return Said{fmt::format("CPU limit {:.2f} cores", *e.facts.cpu_limit),
              "a limit of at least one core, or none; the request may stay as it is"};
}

}  // namespace

std::vector<CheckedRule> kubernetes_rules() {
  using enum Severity;
  return {
      {{"TT-K8S-001", kWarning, "No memory limit", "a leak takes the node down and other pods with it", kResources},
       no_memory_limit},
      {{"TT-K8S-002", kWarning, "No request", "the scheduler does not count the container; it is the first to starve",
        kResources},
       no_requests},
      {{"TT-K8S-003", kInfo, "Memory limit above the request",
        "what is used above the request may be evicted when the node runs short", kQuality},
       memory_burstable},
      {{"TT-K8S-004", kInfo, "CPU request far above use", "nodes stand idle and are paid for", kResources},
       cpu_request_too_high},
      {{"TT-K8S-005", kInfo, "Memory request far above use", "memory stands idle and is paid for", kResources},
       memory_request_too_high},
      {{"TT-K8S-006", kWarning, "Throttled although under-used",
        "bursts of many threads use the quota up early in the period and wait for the rest of it", kBandwidth},
       throttled_although_idle},
      {{"TT-K8S-007", kDanger, "Throttled and busy", "response times grow with every request that waits", kBandwidth},
       throttled_and_busy},
      {{"TT-K8S-008", kDanger, "Killed for memory", "requests in flight are lost at every kill", kResources},
       was_killed},
      {{"TT-K8S-009", kWarning, "Memory almost full", "the next peak may be killed", kResources}, almost_full},
      {{"TT-K8S-010", kWarning, "One replica", "every restart, node drain and change is an outage",
        "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/"},
       single_replica},
      {{"TT-K8S-011", kWarning, "No readiness probe", "requests reach pods that have not started yet",
        "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"},
       no_readiness},
      {{"TT-K8S-012", kWarning, "Restarts again and again", "what is measured now is not a running service",
        "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"},
       restarts},
      {{"TT-K8S-013", kWarning, "Memory use above the request", "the pod is among the first to be evicted", kEviction},
       above_request},
      {{"TT-K8S-014", kInfo, "An in-place resize that the runtime does not notice",
        "more memory is paid for and not used; less memory is a kill", kResize},
       resize_unnoticed},
      {{"TT-K8S-015", kWarning, "CPU limit below one core for a runtime that compiles",
        "starting takes minutes, and compiler and collector threads throttle the requests", kBandwidth},
       limit_below_one},
  };
}

}  // namespace trimtab::packs
