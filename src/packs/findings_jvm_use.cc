#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "packs/finding_rules.h"

namespace trimtab::packs {
namespace {

constexpr const char* kTuning =
    "https://docs.oracle.com/en/java/javase/21/gctuning/factors-affecting-garbage-collection-performance.html";
constexpr const char* kManual = "https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html";

std::optional<Said> oops_lost(const Examined& e) {
  // Compressed oops end at 32 GiB; until about 40 GiB the larger heap holds less.
  constexpr double kReach = 32 * 1024;
  constexpr double kWorth = 40 * 1024;
  if (!e.is_jvm() || e.jvm.collector == Collector::kZ) return std::nullopt;
  if (e.jvm.max_heap_mib < kReach || e.jvm.max_heap_mib > kWorth) return std::nullopt;
  return Said{fmt::format("greatest heap {:.0f} MiB", e.jvm.max_heap_mib), "31 GiB, or more than 40"};
}

std::optional<Said> heap_too_small(const Examined& e) {
  constexpr double kMuchCollecting = 0.1;
  constexpr double kFull = 0.7;
  if (!e.is_jvm()) return std::nullopt;
  const UsageFacts& use = e.facts.usage;
  const double live_share = use.live_heap_mib.value_or(0) / e.jvm.max_heap_mib;
  if (use.gc_time_ratio.value_or(0) < kMuchCollecting && live_share < kFull) return std::nullopt;
  std::string evidence = fmt::format("greatest heap {:.0f} MiB", e.jvm.max_heap_mib);
  if (use.live_heap_mib) evidence += fmt::format(", {:.0f} MiB of it survive collections", *use.live_heap_mib);
  if (use.gc_time_ratio) evidence += fmt::format(", {:.1f} % of the time in collections", *use.gc_time_ratio * 100);
  return Said{evidence, use.live_heap_mib ? fmt::format("a heap of {:.0f} MiB, twice what lives, and the memory limit "
                                                        "with it",
                                                        *use.live_heap_mib * 2)
                                          : "a larger heap, and the memory limit with it"};
}

std::optional<Said> heap_too_large(const Examined& e) {
  constexpr double kGenerous = 5;
  constexpr double kIdle = 0.02;
  constexpr double kSmallMib = 256;
  const UsageFacts& use = e.facts.usage;
  if (!e.is_jvm() || !use.live_heap_mib || *use.live_heap_mib <= 0 || e.jvm.max_heap_mib < kSmallMib) {
    return std::nullopt;
  }
  if (e.jvm.max_heap_mib < *use.live_heap_mib * kGenerous || use.gc_time_ratio.value_or(0) > kIdle) return std::nullopt;
  return Said{
      fmt::format("greatest heap {:.0f} MiB, {:.0f} MiB survive collections", e.jvm.max_heap_mib, *use.live_heap_mib),
      fmt::format("a heap of {:.0f} MiB, with the memory limit lowered by as much", *use.live_heap_mib * 3)};
}

std::optional<Said> lives_on(const Examined& e) {
  if (!e.is_jvm() || e.jvm_flags.out_of_memory_exits) return std::nullopt;
  if (e.detected.flags.empty()) return std::nullopt;  // nothing is known of its flags
  return Said{"neither ExitOnOutOfMemoryError nor CrashOnOutOfMemoryError",
              "-XX:+ExitOnOutOfMemoryError: a restart instead of a process that no longer works"};
}

struct Removed {
  std::string_view flag;
  int gone_in;  // the first feature release that does not start with it
  std::string_view source;
};
constexpr std::array kRemoved{
    Removed{"-XX:+UseConcMarkSweepGC", 14, "https://openjdk.org/jeps/363"},
    Removed{"-XX:+UseParNewGC", 10, "https://bugs.openjdk.org/browse/JDK-8151084"},
    Removed{"-XX:+AggressiveOpts", 13, "https://bugs.openjdk.org/browse/JDK-8150552"},
    Removed{"-XX:+UseCGroupMemoryLimitForHeap", 11, "https://bugs.openjdk.org/browse/JDK-8194086"},
    Removed{"-XX:+PrintGCDateStamps", 9, "https://openjdk.org/jeps/271"},
    Removed{"-XX:+PrintGCTimeStamps", 9, "https://openjdk.org/jeps/271"},
    Removed{"-XX:MaxPermSize=", 17, "https://openjdk.org/jeps/122"},
    Removed{"-XX:+ZGenerational", 26, "https://openjdk.org/jeps/490"},
};

std::optional<Said> removed_flag(const Examined& e) {
  if (!e.is_jvm() || !e.version.is_known()) return std::nullopt;
  for (const auto& flag : e.detected.flags) {
    if (flag.text == "-XX:+IgnoreUnrecognizedVMOptions") return std::nullopt;
  }
  for (const auto& flag : e.detected.flags) {
    for (const auto& removed : kRemoved) {
      if (e.version.major < removed.gone_in || !flag.text.starts_with(removed.flag)) continue;
      return Said{fmt::format("{} with Java {}; it ended with {} ({})", flag.text, e.version.to_string(),
                              removed.gone_in, removed.source),
                  "remove the flag"};
    }
  }
  return std::nullopt;
}

// A later one wins, so an earlier one only misleads.
std::optional<Said> repeated_flag(const Examined& e) {
  if (!e.is_jvm()) return std::nullopt;
  std::vector<std::string> seen;
  std::vector<std::string> repeated;
  for (const auto& flag : e.detected.flags) {
    std::string name;
    for (const std::string_view lead : {"-Xmx", "-Xms", "-Xmn", "-Xss"}) {
      if (flag.text.starts_with(lead)) name = lead;
    }
    if (flag.text.starts_with("-XX:") && flag.text.find('=') != std::string::npos) {
      name = flag.text.substr(0, flag.text.find('='));
    }
    if (name == "-XX:MaxHeapSize") name = "-Xmx";
    if (name.empty()) continue;
    (std::ranges::find(seen, name) == seen.end() ? seen : repeated).push_back(name);
  }
  if (repeated.empty()) return std::nullopt;
  return Said{
      fmt::format("given more than once: {}", fmt::join(repeated, ", ")),
      "keep the one that holds, the last; _JAVA_OPTIONS comes after the command line, JAVA_TOOL_OPTIONS before"};
}

std::optional<Said> unbounded_beside(const Examined& e) {
  if (!e.is_jvm() || !e.facts.memory_limit_mib || e.jvm_flags.max_direct_mib) return std::nullopt;
  // Without MaxDirectMemorySize direct buffers may take as much again as the heap.
  if (e.jvm.max_heap_mib * 2 <= *e.facts.memory_limit_mib) return std::nullopt;
  bool netty = false;
  for (const auto& word : e.detected.program)
    netty |= word.find("netty") != std::string::npos || word.find("webflux") != std::string::npos;
  if (!netty && e.facts.usage.oom_kills.value_or(0) <= 0) return std::nullopt;
  return Said{fmt::format("direct buffers may take {:.0f} MiB beside a heap of as much, limit {:.0f} MiB",
                          e.jvm.max_heap_mib, *e.facts.memory_limit_mib),
              "-XX:MaxDirectMemorySize with what is meant for them"};
}

}  // namespace

std::vector<CheckedRule> jvm_use_rules() {
  using enum Severity;
  return {
      {{"TT-JVM-013", kInfo, "A heap just above 32 GiB",
        "references take 8 bytes instead of 4: it holds less than 31 GiB",
        "https://wiki.openjdk.org/display/HotSpot/CompressedOops"},
       oops_lost},
      {{"TT-JVM-014", kWarning, "The heap is too small",
        "the collector runs again and again; at the end OutOfMemoryError", kTuning},
       heap_too_small},
      {{"TT-JVM-015", kInfo, "The heap is larger than needed", "memory is paid for that saves no collections", kTuning},
       heap_too_large},
      {{"TT-JVM-016", kInfo, "Lives on after OutOfMemoryError",
        "a process that answers probes and fails requests; the kernel sees nothing", kManual},
       lives_on},
      {{"TT-JVM-017", kDanger, "A flag that this Java no longer knows",
        "the JVM does not start, or ignores it with a warning", kManual},
       removed_flag},
      {{"TT-JVM-018", kInfo, "A flag given more than once", "who reads the first one is misled", kManual},
       repeated_flag},
      {{"TT-JVM-019", kWarning, "Direct buffers without a limit", "they add as much again as the heap", kManual},
       unbounded_beside},
  };
}

}  // namespace trimtab::packs
