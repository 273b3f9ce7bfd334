#include "scan/sizing.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "packs/detection/detect.h"
#include "packs/runtime/memory_need.h"

namespace trimtab::scan {
namespace {

constexpr double kFullWindowHours = 14 * 24;  // two of every weekday
constexpr double kThrottledTooMuch = 0.01;    // of periods; tail latency shows it
constexpr double kRoomOverPeak = 2.0;         // a CPU limit leaves this over the greatest five minutes: starts need it
constexpr double kOomRaise = 1.3;             // over the limit that was too small
constexpr double kCpuStep = 0.005;            // cores
constexpr double kMemoryStep = 4;             // MiB
constexpr double kUnseenCpu = 0.15;           // more of CPU, and
constexpr double kUnseenMemory = 0.25;        // more of memory, the less of two weeks was seen
constexpr double kDaysOfGrowth = 7;           // a fleet is looked at again within it
constexpr double kNoGrowth = 0.02;            // of the greatest use, in that time: noise

double rounded_up(double value, double step) {
  return std::ceil(value / step - 1e-9) * step;
}

double mean(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values)
    sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

packs::UsageFacts usage_of(const HourlyUse& use) {
  packs::UsageFacts facts;
  const auto cpu = seen(use.cpu);
  const auto peaks = seen(use.cpu_peak);
  const auto memory = seen(use.memory);
  facts.window_days = static_cast<double>(std::max(cpu.size(), memory.size())) / 24;
  if (!cpu.empty()) {
    facts.cpu_mean = mean(cpu);
    facts.cpu_p95 = quantile_of(cpu, 0.95);
    facts.cpu_max = std::max(*std::max_element(cpu.begin(), cpu.end()),
                             peaks.empty() ? 0.0F : *std::max_element(peaks.begin(), peaks.end()));
  }
  if (!memory.empty()) {
    facts.memory_p95_mib = quantile_of(memory, 0.95);
    facts.memory_max_mib = *std::max_element(memory.begin(), memory.end());
  }
  if (use.periods > 0) facts.throttled_ratio = std::min(1.0, use.throttled_periods / use.periods);
  if (!cpu.empty() || !memory.empty()) {
    facts.oom_kills = use.oom_kills;
    facts.restarts = use.restarts;
  }
  if (use.live_heap_mib > 0) facts.live_heap_mib = use.live_heap_mib;
  return facts;
}

packs::Surroundings surroundings_of(const packs::ContainerFacts& facts) {
  packs::Surroundings at;
  at.node_cpus = facts.node_cpus > 0 ? facts.node_cpus : std::max(1.0, facts.cpu_limit.value_or(2));
  at.node_memory_mib = facts.node_memory_mib > 0 ? facts.node_memory_mib : 16384;
  at.cpu_limit = facts.cpu_limit;
  at.cpu_request = facts.cpu_request;
  at.memory_limit_mib = facts.memory_limit_mib;
  at.cgroup_version = facts.cgroup_version;
  return at;
}

// What the runtime may come to hold with the settings it has: a heap that was not filled in two weeks may still be
// filled, so what was seen is no bound. nullopt: not known.
std::optional<double> runtime_need(const ContainerEntry& entry, const packs::DetectedRuntime& detected,
                                   const packs::UsageFacts& usage) {
  packs::ProgramFacts program;
  program.live_heap_mib = usage.live_heap_mib;
  const packs::Surroundings at = surroundings_of(entry.facts);
  switch (detected.runtime) {
    case packs::RuntimeKind::kHotspot: {
      const auto flags = packs::read_hotspot_flags(detected.flag_words());
      const auto ergonomics = packs::hotspot_ergonomics(detected.version, at, flags);
      return packs::hotspot_memory(detected.version, ergonomics, flags, program).high_mib;
    }
    case packs::RuntimeKind::kNodejs: {
      const auto ergonomics =
          packs::node_ergonomics(detected.version, at, packs::read_node_flags(detected.flag_words()));
      return packs::node_memory(ergonomics, program).high_mib;
    }
    default:
      return std::nullopt;
  }
}

class Sizing {
 public:
  Sizing(const ContainerEntry& entry, const HourlyUse& use, const SizingPolicy& policy, Assessment& made)
      : entry_(entry), use_(use), policy_(policy), made_(made) {}

  void run(const packs::DetectedRuntime& detected) {
    made_.recommended = made_.now;
    const double hours = made_.usage.window_days * 24;
    made_.confidence = std::min(1.0, hours / kFullWindowHours);
    if (entry_.role == ContainerRole::kInit) return say("an init container that ends is not sized");
    if (entry_.has_vpa) return say("a VerticalPodAutoscaler sizes it already");
    if (hours < policy_.least_hours && !(entry_.is_batch() && hours >= 3)) {
      return say(fmt::format("only {:.0f} hours were seen, {:.0f} are needed", hours, policy_.least_hours));
    }
    if (made_.usage.cpu_mean) size_cpu();
    if (made_.usage.memory_max_mib) size_memory(detected);
    keep_quality_of_service();
    keep_scale_point();
    made_.changes = !(made_.recommended == made_.now);
    judge(detected);
  }

 private:
  void say(std::string reason) { made_.reasons.push_back(std::move(reason)); }

  // Reductions below the least saving are left; raises are taken.
  std::optional<double> settle(std::optional<double> now, double wanted) const {
    if (now && wanted < *now && wanted > *now * (1 - policy_.least_saving)) return now;
    if (now && std::abs(wanted - *now) < 1e-9) return now;
    return wanted;
  }

  void size_cpu() {
    CpuTradeOff by = policy_.cpu;
    by.margin += kUnseenCpu * (1 - made_.confidence);
    const CpuNeed need = cpu_need(use_, by);
    const double level = std::max(need.level, need.weekly_peak);
    const double wanted = rounded_up(std::max(policy_.least_cpu, level * (1 + by.margin)), kCpuStep);
    made_.recommended.cpu_request = settle(made_.now.cpu_request, wanted);
    say(
        fmt::format("CPU: {:.3f} cores are enough in {:.1f} % of the time, weekly peak hours need {:.3f}; five minutes "
                    "stand out {:.2f} times",
                    need.level, need.share * 100, need.weekly_peak, need.peak_over_hour));
    if (!made_.now.cpu_limit) return;
    const double room = rounded_up(std::max(*made_.usage.cpu_max * kRoomOverPeak, wanted), 0.05);
    const double throttled = made_.usage.throttled_ratio.value_or(0);
    if (throttled > kThrottledTooMuch) {
      made_.recommended.cpu_limit = std::max(*made_.now.cpu_limit * 1.5, room);
      say(fmt::format("CPU limit raised: throttled in {:.1f} % of its periods", throttled * 100));
    } else {
      // Whole cores are what runtimes count: a lower limit may take a core from them, so it only goes where peaks are
      // far.
      made_.recommended.cpu_limit = settle(made_.now.cpu_limit, std::max(room, std::ceil(*made_.now.cpu_limit / 2)));
    }
    if (*made_.recommended.cpu_limit > *made_.now.cpu_limit && throttled <= kThrottledTooMuch) {
      made_.recommended.cpu_limit = made_.now.cpu_limit;
    }
    made_.recommended.cpu_request = std::min(*made_.recommended.cpu_request, *made_.recommended.cpu_limit);
  }

  void size_memory(const packs::DetectedRuntime& detected) {
    const MemoryNeed memory = memory_need(use_);
    const double margin = std::clamp(policy_.memory_margin + policy_.memory_margin_of_spread * memory.spread,
                                     policy_.memory_margin, policy_.most_memory_margin);
    double wanted = memory.greatest * (1 + margin + kUnseenMemory * (1 - made_.confidence));
    const double growth = memory.growth_a_day * kDaysOfGrowth;
    if (growth > kNoGrowth * memory.greatest) {
      wanted += growth;
      say(fmt::format("memory grows by {:.1f} MiB a day; a week of it is added", memory.growth_a_day));
    }
    if (use_.oom_kills > 0 && made_.now.memory_limit_mib) {
      wanted = std::max(wanted, *made_.now.memory_limit_mib * kOomRaise);
      say(fmt::format("{:.0f} kills for lack of memory at a limit of {:.0f} MiB", use_.oom_kills,
                      *made_.now.memory_limit_mib));
    }
    if (const auto need = runtime_need(entry_, detected, made_.usage); need && made_.now.memory_limit_mib) {
      // Less would need another heap with it, which is more than a size: the live engine's work.
      if (*need > wanted) {
        wanted = std::min(*need, std::max(wanted, *made_.now.memory_limit_mib));
        say(fmt::format("memory: {} may come to hold {:.0f} MiB with its settings",
                        packs::runtime_name(detected.runtime), *need));
      }
    }
    wanted = rounded_up(std::max(policy_.least_memory_mib, wanted), kMemoryStep);
    say(fmt::format("memory: greatest use {:.0f} MiB, {:.0f} % of room", memory.greatest, margin * 100));
    made_.recommended.memory_request_mib = settle(made_.now.memory_request_mib, wanted);
    if (made_.now.memory_limit_mib) {
      const double limit = std::max(wanted, *made_.recommended.memory_request_mib);
      made_.recommended.memory_limit_mib = settle(made_.now.memory_limit_mib, limit);
    }
  }

  // A Guaranteed pod stays one: request and limit move together.
  void keep_quality_of_service() {
    const auto together = [](std::optional<double> now_request, std::optional<double> now_limit,
                             std::optional<double>& request, std::optional<double>& limit) {
      if (!now_request || !now_limit || *now_request != *now_limit || !request || !limit) return;
      limit = request = std::max(*request, *limit);
    };
    if (made_.now.cpu_request != made_.now.cpu_limit || made_.now.memory_request_mib != made_.now.memory_limit_mib)
      return;
    together(made_.now.cpu_request, made_.now.cpu_limit, made_.recommended.cpu_request, made_.recommended.cpu_limit);
    together(made_.now.memory_request_mib, made_.now.memory_limit_mib, made_.recommended.memory_request_mib,
             made_.recommended.memory_limit_mib);
  }

  void keep_scale_point() {
    if (!entry_.facts.hpa || !entry_.facts.hpa->cpu_target_ratio || !made_.now.cpu_request) return;
    const double target = *entry_.facts.hpa->cpu_target_ratio;
    const double point = target * *made_.now.cpu_request;
    if (made_.recommended.cpu_request == made_.now.cpu_request) return;
    // The autoscaler lets use come near its point: below it the request would not be what is used, so it stays above.
    double request = std::max(*made_.recommended.cpu_request, point / 0.95);
    request = std::min(rounded_up(request, kCpuStep), std::max(*made_.now.cpu_request, *made_.recommended.cpu_request));
    made_.recommended.cpu_request = request;
    made_.recommended.hpa_cpu_target_ratio = std::clamp(std::round(point / request * 100) / 100, 0.1, 0.95);
    say(fmt::format(
        "the autoscaler's target moves from {:.0f} to {:.0f} % of the request, so that it scales at the same use",
        target * 100, *made_.recommended.hpa_cpu_target_ratio * 100));
  }

  void judge(const packs::DetectedRuntime& detected) {
    const bool less_memory = made_.now.memory_limit_mib && made_.recommended.memory_limit_mib &&
                             *made_.recommended.memory_limit_mib < *made_.now.memory_limit_mib;
    const bool fixed_heap = packs::is_managed(detected.runtime);
    made_.risk = Risk::kLow;
    if (less_memory || made_.confidence < 0.5) made_.risk = Risk::kMedium;
    if (less_memory && (fixed_heap || *made_.recommended.memory_limit_mib < *made_.now.memory_limit_mib / 2)) {
      made_.risk = Risk::kHigh;
    }
    if (less_memory && made_.confidence < 0.5) made_.risk = Risk::kHigh;
  }

  const ContainerEntry& entry_;
  const HourlyUse& use_;
  const SizingPolicy& policy_;
  Assessment& made_;
};

double cost_of(const Sizes& sizes, double replicas, const Prices& prices) {
  return replicas * (sizes.cpu_request.value_or(0) * prices.cpu_core_month +
                     sizes.memory_request_mib.value_or(0) / 1024 * prices.memory_gib_month);
}

}  // namespace

std::string_view risk_name(Risk risk) {
  switch (risk) {
    case Risk::kLow:
      return "low";
    case Risk::kMedium:
      return "medium";
    case Risk::kHigh:
      return "high";
  }
  return "";
}

Assessment assess(const ContainerEntry& entry, std::size_t index, const HourlyUse& use, const SizingPolicy& policy,
                  const Prices& prices) {
  Assessment made;
  made.index = index;
  const packs::DetectedRuntime detected =
      packs::detect_runtime({entry.facts.command_line, entry.facts.environment, entry.facts.image});
  made.runtime = detected.runtime;
  made.runtime_evidence = detected.evidence;
  made.usage = usage_of(use);
  made.now = {entry.facts.cpu_request, entry.facts.cpu_limit, entry.facts.memory_request_mib,
              entry.facts.memory_limit_mib, entry.facts.hpa ? entry.facts.hpa->cpu_target_ratio : std::nullopt};
  double pods = 0;
  for (const auto count : use.pods)
    pods += count;
  // Jobs cost while they run; what always runs costs by its replicas even where measurements have gaps.
  const double share = use.pods.empty() ? 0 : pods / static_cast<double>(use.pods.size());
  made.mean_replicas = entry.is_batch() ? share : std::max(share, entry.facts.replicas.value_or(0));
  Sizing(entry, use, policy, made).run(detected);
  packs::ContainerFacts facts = entry.facts;
  facts.usage = made.usage;
  made.findings = packs::findings(facts);
  if (entry.role != ContainerRole::kInit) {
    made.cost_now = cost_of(made.now, made.mean_replicas, prices);
    made.cost_recommended = cost_of(made.recommended, made.mean_replicas, prices);
  }
  return made;
}

}  // namespace trimtab::scan
