// HotSpot's ergonomics: which collector, heap and thread counts a JVM of a given version will choose by itself, given
// its flags and what it stands in. A model of os::is_server_class_machine, Arguments::set_heap_size,
// WorkerPolicy::calc_parallel_worker_threads, CompilationPolicy and the collectors' own heuristics, for 64-bit Linux on
// x86-64; held against real JVMs by tests/runtimes (docs/results/ergonomics.md).
// Sources: https://github.com/openjdk/jdk/tree/jdk-21%2B35/src/hotspot/share (runtime/os.cpp,
// gc/shared/gcArguments.cpp, runtime/arguments.cpp, gc/shared/workerPolicy.cpp, compiler/compilationPolicy.cpp,
// gc/z/zHeuristics.cpp).
//
// Pure functions; thread safe; microseconds. Sizes in MiB.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "packs/runtime/runtime.h"

namespace trimtab::packs {

enum class Collector { kSerial, kParallel, kConcMarkSweep, kG1, kZ, kShenandoah, kEpsilon };
[[nodiscard]] std::string_view collector_name(Collector collector);  // "Serial", ...: as in -XX:+Use…GC

// The flags that the model understands; none: not given.
struct HotspotFlags {
  std::optional<Collector> collector;
  std::optional<double> max_heap_mib;      // -Xmx
  std::optional<double> initial_heap_mib;  // -Xms
  std::optional<double> max_ram_percentage;
  std::optional<double> min_ram_percentage;
  std::optional<double> initial_ram_percentage;
  std::optional<double> max_ram_mib;
  std::optional<double> new_size_mib;  // -Xmn
  std::optional<int> active_processors;
  std::optional<int> parallel_gc_threads;
  std::optional<int> concurrent_gc_threads;
  std::optional<int> compiler_threads;
  std::optional<int> common_pool;  // -Djava.util.concurrent.ForkJoinPool.common.parallelism
  std::optional<double> g1_region_mib;
  std::optional<double> soft_max_heap_mib;
  std::optional<double> max_metaspace_mib;
  std::optional<double> reserved_code_cache_mib;
  std::optional<double> max_direct_mib;
  std::optional<double> thread_stack_kib;
  std::optional<bool> container_support;  // -XX:±UseContainerSupport
  std::optional<bool> compressed_oops;
  std::optional<bool> tiered;
  bool pre_touch = false;
  bool out_of_memory_exits = false;         // -XX:+ExitOnOutOfMemoryError or +CrashOnOutOfMemoryError
  std::vector<std::string> contradictions;  // flags that name a second collector
  // Each of those the model does not know is left out; the last of a repeated flag wins.
};
// `words` in the order in which the JVM reads them: JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, command line, _JAVA_OPTIONS.
[[nodiscard]] HotspotFlags read_hotspot_flags(const std::vector<std::string>& words);
// "512m", "1g", "1073741824" as the JVM reads sizes. None: not a size.
[[nodiscard]] std::optional<double> parse_jvm_size_mib(std::string_view text);

struct HotspotErgonomics {
  int processors = 1;     // Runtime.availableProcessors()
  double memory_mib = 0;  // what it takes for the machine's memory
  bool sees_limits = true;
  bool server_class = true;
  Collector collector = Collector::kSerial;
  double max_heap_mib = 0;
  double initial_heap_mib = 0;
  bool compressed_oops = true;
  int parallel_gc_threads = 0;    // 0 with Serial
  int concurrent_gc_threads = 0;  // 0 where the collector has none
  int compiler_threads = 2;
  int common_pool = 1;  // ForkJoinPool.commonPool().getParallelism()
  double g1_region_mib = 0;
};

// Versions before 8 and unknown ones are taken for 17. CPU and memory limits as a control group gives them.
[[nodiscard]] HotspotErgonomics hotspot_ergonomics(const RuntimeVersion& version, const Surroundings& surroundings,
                                                   const HotspotFlags& flags);

// Whether this version reads the limits of control groups of that version at all (8u191, 10; version 2: 8u372, 11.0.16,
// 15). https://bugs.openjdk.org/browse/JDK-8146115, https://bugs.openjdk.org/browse/JDK-8230305
[[nodiscard]] bool hotspot_sees_cgroup(const RuntimeVersion& version, int cgroup_version);

// Below these a JVM takes Serial unless told otherwise (os::is_server_class_machine: 2 GB less 256 MB).
constexpr int kServerClassProcessors = 2;
constexpr double kServerClassMemoryMib = 1792;

}  // namespace trimtab::packs
