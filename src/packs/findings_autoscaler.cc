#include <fmt/format.h>

#include "packs/finding_rules.h"

namespace trimtab::packs {
namespace {

constexpr const char* kHpa = "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/";

std::optional<Said> on_memory(const Examined& e) {
  if (!e.facts.hpa || !e.facts.hpa->memory_target_ratio || !is_managed(e.runtime)) return std::nullopt;
  return Said{fmt::format("target {:.0f} % of memory, runtime {}", *e.facts.hpa->memory_target_ratio * 100,
                          runtime_name(e.runtime)),
              "scale on CPU, requests or concurrency; size memory by the heap"};
}

std::optional<Said> at_max(const Examined& e) {
  constexpr double kOften = 0.05;
  if (!e.facts.hpa || e.facts.hpa->share_at_max.value_or(0) < kOften) return std::nullopt;
  return Said{fmt::format("at {:.0f} replicas in {:.0f} % of the time", e.facts.hpa->max_replicas,
                          *e.facts.hpa->share_at_max * 100),
              "raise maxReplicas, or give each replica more"};
}

std::optional<Said> min_one(const Examined& e) {
  if (!e.facts.hpa || e.facts.hpa->min_replicas > 1 || !e.facts.serves_requests) return std::nullopt;
  return Said{fmt::format("minReplicas {:.0f}", e.facts.hpa->min_replicas), "minReplicas: 2"};
}

std::optional<Said> fixed(const Examined& e) {
  if (!e.facts.hpa || e.facts.hpa->min_replicas != e.facts.hpa->max_replicas) return std::nullopt;
  return Said{fmt::format("minReplicas = maxReplicas = {:.0f}", e.facts.hpa->max_replicas),
              "widen the range, or remove the autoscaler"};
}

std::optional<Said> no_request(const Examined& e) {
  if (!e.facts.hpa || !e.facts.hpa->cpu_target_ratio || e.facts.cpu_request || e.facts.cpu_limit) return std::nullopt;
  return Said{"a target in percent of the CPU request, and no CPU request",
              "set a CPU request in every container of the pod"};
}

// The use at which the autoscaler would act, against what the container is allowed to use.
std::optional<Said> out_of_reach(const Examined& e) {
  constexpr double kReachable = 0.95;
  if (!e.facts.hpa || !e.facts.hpa->cpu_target_ratio || !e.facts.cpu_request || !e.facts.cpu_limit) return std::nullopt;
  const double target = *e.facts.hpa->cpu_target_ratio * *e.facts.cpu_request;
  if (target < *e.facts.cpu_limit * kReachable) return std::nullopt;
  return Said{fmt::format("target {:.0f} % of {:.2f} cores is {:.2f}, limit {:.2f} cores",
                          *e.facts.hpa->cpu_target_ratio * 100, *e.facts.cpu_request, target, *e.facts.cpu_limit),
              "lower the target or raise the limit"};
}

std::optional<Said> target_high(const Examined& e) {
  constexpr double kHigh = 0.85;
  if (!e.facts.hpa || e.facts.hpa->cpu_target_ratio.value_or(0) <= kHigh) return std::nullopt;
  if (e.facts.cpu_limit && e.facts.cpu_request && *e.facts.cpu_limit > *e.facts.cpu_request * 1.5) return std::nullopt;
  return Said{fmt::format("target {:.0f} % of the CPU request", *e.facts.hpa->cpu_target_ratio * 100),
              "a target of 50 to 75 % leaves room for what comes while new replicas start"};
}

std::optional<Said> nervous(const Examined& e) {
  constexpr double kShortest = 60;
  if (!e.facts.hpa || !e.facts.hpa->scale_down_stabilization_seconds) return std::nullopt;
  if (*e.facts.hpa->scale_down_stabilization_seconds >= kShortest) return std::nullopt;
  return Said{
      fmt::format("scaleDown.stabilizationWindowSeconds {:.0f}", *e.facts.hpa->scale_down_stabilization_seconds),
      "300 seconds, the default, or longer than a replica takes to start"};
}

}  // namespace

std::vector<CheckedRule> autoscaler_rules() {
  using enum Severity;
  return {
      {{"TT-HPA-001", kWarning, "Autoscaler on memory of a runtime that keeps it",
        "replicas are added with load and never removed: the heap is not given back", kHpa},
       on_memory},
      {{"TT-HPA-002", kWarning, "Autoscaler at its maximum", "more load meets no more replicas", kHpa}, at_max},
      {{"TT-HPA-003", kWarning, "Autoscaler may go down to one replica", "every restart at night is an outage", kHpa},
       min_one},
      {{"TT-HPA-004", kInfo, "Autoscaler that cannot scale", "it looks like elasticity and is none", kHpa}, fixed},
      {{"TT-HPA-005", kDanger, "Autoscaler without a CPU request", "the target cannot be computed: it never scales",
        kHpa},
       no_request},
      {{"TT-HPA-006", kDanger, "Autoscaler's target out of reach",
        "the container is throttled at its limit before the autoscaler acts", kHpa},
       out_of_reach},
      {{"TT-HPA-007", kInfo, "Autoscaler's target leaves no room", "requests queue while new replicas start", kHpa},
       target_high},
      {{"TT-HPA-008", kInfo, "Autoscaler goes down at once", "replicas come and go with every dip of the load", kHpa},
       nervous},
  };
}

}  // namespace trimtab::packs
