#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "packs/finding_rules.h"
#include "packs/runtime/memory_need.h"

namespace trimtab::packs {
namespace {

constexpr const char* kContainers = "https://learn.microsoft.com/en-us/azure/developer/java/containers/overview";
constexpr const char* kManual = "https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html";
constexpr const char* kCollectors = "https://docs.oracle.com/en/java/javase/21/gctuning/available-collectors.html";
constexpr const char* kErgonomics = "https://docs.oracle.com/en/java/javase/21/gctuning/ergonomics.html";

MemoryNeed need_of(const Examined& e) {
  ProgramFacts program;
  program.live_heap_mib = e.facts.usage.live_heap_mib;
  program.threads = e.facts.usage.threads_max;
  return hotspot_memory(e.version, e.jvm, e.jvm_flags, program);
}

std::string gc_name(const Examined& e) {
  return std::string(collector_name(e.jvm.collector));
}

// The least that stands beside any heap: the runtime itself, metaspace and code of a small program.
std::optional<Said> heap_too_large(const Examined& e) {
  if (!e.is_jvm() || !e.facts.memory_limit_mib) return std::nullopt;
  const MemoryNeed need = need_of(e);
  double beside = 0;
  for (const auto& part : need.parts) {
    if (part.name != "heap") beside += part.expected_mib;
  }
  const double limit = *e.facts.memory_limit_mib;
  if (e.jvm.max_heap_mib + beside <= limit) return std::nullopt;
  return Said{fmt::format("greatest heap {:.0f} MiB and about {:.0f} MiB beside it, limit {:.0f} MiB",
                          e.jvm.max_heap_mib, beside, limit),
              fmt::format("a greatest heap of {:.0f} MiB, or a limit of {:.0f} MiB",
                          std::max(0.0, limit - need.high_mib + e.jvm.max_heap_mib), need.high_mib)};
}

std::optional<Said> heap_by_default(const Examined& e) {
  if (!e.is_jvm() || !e.facts.memory_limit_mib || e.jvm_flags.max_heap_mib || e.jvm_flags.max_ram_percentage) {
    return std::nullopt;
  }
  if (!e.jvm.sees_limits || e.jvm.max_heap_mib > *e.facts.memory_limit_mib * 0.4) return std::nullopt;
  return Said{fmt::format("no heap limit is given: {:.0f} of {:.0f} MiB, a quarter", e.jvm.max_heap_mib,
                          *e.facts.memory_limit_mib),
              "say -XX:MaxRAMPercentage (60 to 75), or -Xmx, or lower the memory limit"};
}

std::optional<Said> serial_by_default(const Examined& e) {
  if (!e.is_jvm() || e.jvm_flags.collector || e.jvm.collector != Collector::kSerial) return std::nullopt;
  if (e.jvm.processors < kServerClassProcessors && !e.facts.cpu_limit && !e.jvm_flags.active_processors) {
    return std::nullopt;  // only the node tells, and it is not known
  }
  return Said{
      fmt::format("{} CPU{} and {:.0f} MiB seen: Serial, below {} CPUs or {:.0f} MiB", e.jvm.processors,
                  e.jvm.processors == 1 ? "" : "s", e.jvm.memory_mib, kServerClassProcessors, kServerClassMemoryMib),
      "name the collector: -XX:+UseSerialGC if it is wanted, -XX:+UseG1GC or -XX:+UseParallelGC if not"};
}

std::optional<Said> near_the_cliff(const Examined& e) {
  if (!e.is_jvm() || e.jvm_flags.collector || !e.jvm.server_class || e.version.major >= 27) return std::nullopt;
  const bool cpu = e.facts.cpu_limit && e.jvm.processors == kServerClassProcessors;
  const bool memory = e.facts.memory_limit_mib && *e.facts.memory_limit_mib < kServerClassMemoryMib * 1.2;
  if (!cpu && !memory) return std::nullopt;
  return Said{fmt::format("{} CPUs and {:.0f} MiB: {}, but only just", e.jvm.processors, e.jvm.memory_mib, gc_name(e)),
              fmt::format("name the collector before anyone lowers the limits: -XX:+Use{}GC", gc_name(e))};
}

std::optional<Said> blind(const Examined& e) {
  if (!e.is_jvm() || e.jvm.sees_limits || (!e.facts.memory_limit_mib && !e.facts.cpu_limit)) return std::nullopt;
  if (!e.version.is_known() && e.jvm_flags.container_support.value_or(true)) return std::nullopt;
  const bool heap = e.jvm_flags.max_heap_mib.has_value();
  return Said{fmt::format("Java {} does not read limits of control groups version {}{}", e.version.to_string(),
                          e.facts.cgroup_version, heap ? "" : "; its heap is a quarter of the node's memory"),
              "Java 8u372, 11.0.16, 15 or later; until then -Xmx and -XX:ActiveProcessorCount"};
}

std::optional<Said> sized_by_node(const Examined& e) {
  if (!e.is_jvm() || e.facts.cpu_limit || e.jvm_flags.active_processors || !e.knows_node()) return std::nullopt;
  constexpr double kMuch = 3;
  if (!e.facts.cpu_request || e.facts.node_cpus < *e.facts.cpu_request * kMuch) return std::nullopt;
  if (e.jvm.processors < e.facts.node_cpus) return std::nullopt;  // an old JVM that counts the request
  return Said{fmt::format("no CPU limit: {} CPUs of the node, request {:.2f}; {} threads collect garbage",
                          e.jvm.processors, *e.facts.cpu_request, e.jvm.parallel_gc_threads),
              fmt::format("-XX:ActiveProcessorCount={:.0f}", std::max(2.0, std::ceil(*e.facts.cpu_request * 2)))};
}

std::optional<Said> threads_above_limit(const Examined& e) {
  if (!e.is_jvm() || !e.facts.cpu_limit) return std::nullopt;
  const double allowed = std::ceil(*e.facts.cpu_limit) + 0.5;
  const bool processors = e.jvm.processors > allowed;
  if (!processors && e.jvm.parallel_gc_threads <= allowed) return std::nullopt;
  return Said{fmt::format("CPU limit {:.2f}, {} CPUs believed, {} threads collect garbage", *e.facts.cpu_limit,
                          e.jvm.processors, e.jvm.parallel_gc_threads),
              fmt::format("-XX:ActiveProcessorCount and -XX:ParallelGCThreads of at most {:.0f}",
                          std::ceil(*e.facts.cpu_limit))};
}

std::optional<Said> initial_below_max(const Examined& e) {
  if (!e.is_jvm() || !e.jvm_flags.max_heap_mib || !e.jvm_flags.initial_heap_mib) return std::nullopt;
  if (*e.jvm_flags.initial_heap_mib >= *e.jvm_flags.max_heap_mib) return std::nullopt;
  return Said{fmt::format("-Xms {:.0f} MiB, -Xmx {:.0f} MiB", *e.jvm_flags.initial_heap_mib, *e.jvm_flags.max_heap_mib),
              "-Xms = -Xmx for services whose response time counts; the limit must carry -Xmx either way"};
}

std::optional<Said> percentage_of_node(const Examined& e) {
  if (!e.is_jvm() || e.facts.memory_limit_mib || !e.jvm_flags.max_ram_percentage || e.jvm_flags.max_heap_mib) {
    return std::nullopt;
  }
  return Said{fmt::format("MaxRAMPercentage {:.0f} and no memory limit{}", *e.jvm_flags.max_ram_percentage,
                          e.facts.containers_in_pod > 1 ? ", beside other containers" : ""),
              "set a memory limit on this container"};
}

std::optional<Said> two_heap_limits(const Examined& e) {
  if (!e.is_jvm() || !e.jvm_flags.max_heap_mib || !e.jvm_flags.max_ram_percentage) return std::nullopt;
  return Said{fmt::format("-Xmx {:.0f} MiB and MaxRAMPercentage {:.0f}", *e.jvm_flags.max_heap_mib,
                          *e.jvm_flags.max_ram_percentage),
              "keep one; -Xmx wins"};
}

std::optional<Said> two_collectors(const Examined& e) {
  if (!e.is_jvm() || e.jvm_flags.contradictions.empty()) return std::nullopt;
  return Said{
      fmt::format("more than one collector is named, the last ones {}", fmt::join(e.jvm_flags.contradictions, ", ")),
      "name one; look at JAVA_TOOL_OPTIONS and the command line"};
}

std::optional<Said> concurrent_without_cpu(const Examined& e) {
  constexpr double kLeast = 2;
  const bool concurrent = e.jvm.collector == Collector::kZ || e.jvm.collector == Collector::kShenandoah;
  const bool with_pauses = e.jvm.collector == Collector::kG1 && e.jvm_flags.collector == Collector::kG1;
  if (!e.is_jvm() || !e.facts.cpu_limit || (!concurrent && !with_pauses)) return std::nullopt;
  if (*e.facts.cpu_limit >= (concurrent ? kLeast : 1)) return std::nullopt;
  return Said{fmt::format("{} with {:.2f} cores", gc_name(e), *e.facts.cpu_limit),
              concurrent ? "two cores and more, or G1" : "one core and more, or -XX:+UseSerialGC"};
}

}  // namespace

std::vector<CheckedRule> jvm_rules() {
  using enum Severity;
  return {
      {{"TT-JVM-001", kDanger, "The heap does not fit into the memory limit",
        "when the heap fills, the kernel kills the container; the JVM never sees it coming", kContainers},
       heap_too_large},
      {{"TT-JVM-002", kInfo, "Three quarters of the memory are not heap", "memory is paid for that Java cannot use",
        kContainers},
       heap_by_default},
      {{"TT-JVM-003", kWarning, "Serial collector by default",
        "every collection stops all threads for as long as one thread needs", kCollectors},
       serial_by_default},
      {{"TT-JVM-004", kInfo, "A step away from another collector",
        "a little less CPU or memory silently turns G1 into Serial at the next restart", kErgonomics},
       near_the_cliff},
      {{"TT-JVM-005", kDanger, "The JVM does not see its limits", "heap and threads are sized for the whole node",
        "https://bugs.openjdk.org/browse/JDK-8230305"},
       blind},
      {{"TT-JVM-006", kWarning, "Sized by the node's CPUs",
        "dozens of collector, compiler and pool threads fight for a small share of CPU", kManual},
       sized_by_node},
      {{"TT-JVM-007", kWarning, "More threads than the CPU limit carries",
        "the quota is used up in the middle of a collection, and the pause lasts into the next period", kErgonomics},
       threads_above_limit},
      {{"TT-JVM-008", kInfo, "Initial heap below the greatest",
        "the heap grows under load, with a full collection each", kErgonomics},
       initial_below_max},
      {{"TT-JVM-009", kDanger, "A percentage of the whole node", "the heap is a share of the node's memory",
        kContainers},
       percentage_of_node},
      {{"TT-JVM-010", kWarning, "Two heap limits", "the percentage has no effect, whatever the memory limit becomes",
        kManual},
       two_heap_limits},
      {{"TT-JVM-011", kDanger, "Two collectors", "the JVM does not start", kCollectors}, two_collectors},
      {{"TT-JVM-012", kWarning, "A concurrent collector without CPU for it",
        "it falls behind, and requests wait for memory", kCollectors},
       concurrent_without_cpu},
  };
}

}  // namespace trimtab::packs
