#include <cmath>

#include "runtimes/grid.h"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "packs/runtime/dotnet_gc.h"
#include "packs/runtime/go_runtime.h"
#include "packs/runtime/hotspot.h"
#include "packs/runtime/v8_heap.h"

namespace trimtab::runtimes {
namespace {

using packs::RuntimeKind;
using Flags = std::vector<std::string>;

std::vector<Case> cross(const std::vector<std::optional<double>>& cpus,
                        const std::vector<std::optional<double>>& memories, const std::vector<Flags>& flags) {
  std::vector<Case> cases;
  for (const auto& cpu : cpus) {
    for (const auto& memory : memories) {
      for (const auto& set : flags)
        cases.push_back({cpu, memory, set});
    }
  }
  return cases;
}

void append(std::vector<Case>& cases, std::vector<Case> more) {
  cases.insert(cases.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

const std::string kUnlock = "-XX:+UnlockExperimentalVMOptions";

// Thread counts follow the CPUs, which a small machine has not: ActiveProcessorCount stands for them.
std::vector<Flags> thread_flags() {
  std::vector<Flags> flags;
  for (const int cpus : {1, 3, 4, 7, 8, 9, 12, 16, 31, 33, 64, 96}) {
    for (const char* collector : {"-XX:+UseG1GC", "-XX:+UseParallelGC", "-XX:+UseZGC", "-XX:+UseShenandoahGC"})
      flags.push_back({fmt::format("-XX:ActiveProcessorCount={}", cpus), kUnlock, collector});
    flags.push_back({fmt::format("-XX:ActiveProcessorCount={}", cpus)});
  }
  return flags;
}

const std::vector<Flags>& heap_flags() {
  static const std::vector<Flags> flags{
      {"-Xmx300m"},
      {"-Xmx301m", "-XX:+UseParallelGC"},
      {"-Xmx301m", "-XX:+UseSerialGC"},
      {"-Xms100m", "-Xmx400m"},
      {"-Xmx5000m"},
      {"-Xmx6000m", "-Xms6000m", "-XX:+UseG1GC"},
      {"-Xmx9000m", "-XX:+UseG1GC"},
      {"-Xmx40g", "-XX:+UseG1GC"},
      {"-Xmx1g", "-XX:G1HeapRegionSize=8m", "-XX:+UseG1GC"},
      {"-XX:MaxHeapSize=700m", "-XX:MaxRAMPercentage=75"},
      {"-XX:MaxRAMPercentage=75"},
      {"-XX:MaxRAMPercentage=60", "-XX:InitialRAMPercentage=60"},
      {"-XX:MinRAMPercentage=80", "-XX:MaxRAMPercentage=80"},
      {"-XX:MaxRAM=300m"},
      {"-XX:MaxRAM=100m"},
      {"-XX:MaxRAM=200g", "-XX:+UseG1GC"},
      {"-XX:MaxRAM=200g", "-XX:+UseParallelGC"},
      {"-Xms700m"},
      {"-XX:ParallelGCThreads=3", "-XX:+UseG1GC"},
      {"-XX:ParallelGCThreads=7", "-XX:ConcGCThreads=2", "-XX:+UseG1GC"},
      {"-XX:-UseContainerSupport"},
      {kUnlock, "-XX:+UseZGC", "-Xmx300m", "-XX:ActiveProcessorCount=20"},
      {kUnlock, "-XX:+UseShenandoahGC", "-Xmx300m"},
      {"-Djava.util.concurrent.ForkJoinPool.common.parallelism=5"},
  };
  return flags;
}

std::vector<Case> java_cases(GridSize size) {
  if (size == GridSize::kSmall) {
    std::vector<Case> cases = cross({0.5, 1, 1.5, 2}, {512, 1791, 1792}, {{}});
    append(cases, cross({2}, {2048}, {{"-XX:MaxRAMPercentage=75"}, {"-Xmx301m"}, {"-XX:ActiveProcessorCount=16"}}));
    return cases;
  }
  std::vector<Case> cases = cross({std::nullopt, 0.5, 1, 1.1, 2},
                                  {std::nullopt, 128, 256, 400, 512, 1024, 1791, 1792, 2048, 4096, 8192}, {{}});
  append(cases, cross({1, 2}, {600, 2500}, heap_flags()));
  append(cases, cross({2}, {4096}, thread_flags()));
  return cases;
}

std::vector<Case> node_cases(GridSize size) {
  if (size == GridSize::kSmall) return cross({1}, {256, 1000, 4096, 8192}, {{}, {"--max-old-space-size=300"}});
  std::vector<Case> cases =
      cross({std::nullopt, 0.5, 2}, {std::nullopt, 64,   128,  256,  512,  514,   640,   768,   900,   1000, 1024,
                                     1500,         2048, 3000, 4096, 8192, 15359, 15360, 15871, 15872, 20000},
            {{}});
  append(cases, cross({2}, {300, 2048, 8192},
                      {{"--max-old-space-size=300"},
                       {"--max_old_space_size=5000"},
                       {"--max-semi-space-size=64"},
                       {"--max-semi-space-size=3"},
                       {"--max-old-space-size=1000", "--max-semi-space-size=32"}}));
  return cases;
}

std::vector<Case> go_cases(GridSize) {
  return cross({std::nullopt, 0.5, 1, 1.5, 2}, {std::nullopt, 512},
               {{},
                {"GOMAXPROCS=5"},
                {"GOMEMLIMIT=400MiB"},
                {"GOMEMLIMIT=1GiB", "GOGC=off"},
                {"GOGC=50"},
                {"GODEBUG=containermaxprocs=0"}});
}

std::vector<Case> dotnet_cases() {
  return cross({std::nullopt, 0.5, 1, 1.5, 2}, {std::nullopt, 128, 256, 1000, 4096},
               {{},
                {"DOTNET_gcServer=1"},
                {"COMPlus_gcServer=1"},
                {"DOTNET_PROCESSOR_COUNT=1", "DOTNET_gcServer=1"},
                {"DOTNET_PROCESSOR_COUNT=5"},
                {"DOTNET_GCHeapHardLimit=0x10000000"},
                {"COMPlus_GCHeapHardLimit=10000000"},
                {"DOTNET_GCHeapHardLimitPercent=0x32"},
                {"DOTNET_GCHeapHardLimitPercent=50"}});
}

Figures predict_java(const Installed& runtime, const packs::Surroundings& at, const Flags& words) {
  const auto e = packs::hotspot_ergonomics(runtime.version, at, packs::read_hotspot_flags(words));
  return {{"collector", static_cast<double>(e.collector)},
          {"max_heap", e.max_heap_mib},
          {"initial_heap", e.initial_heap_mib},
          {"parallel_gc_threads", e.parallel_gc_threads},
          {"concurrent_gc_threads", e.concurrent_gc_threads},
          {"compiler_threads", e.compiler_threads},
          {"g1_region", e.g1_region_mib},
          {"compressed_oops", e.compressed_oops ? 1 : 0},
          {"processors", e.processors},
          {"common_pool", e.common_pool}};
}

Figures predict_go(const Installed& runtime, const packs::Surroundings& at, const Flags& words) {
  std::map<std::string, std::string> environment;
  for (const auto& word : words)
    environment[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  const auto e = packs::go_ergonomics(runtime.version, at, environment);
  return {{"max_procs", e.max_procs},
          {"mem_limit", e.mem_limit_mib ? *e.mem_limit_mib * 1048576 : -1},
          {"gc_percent", e.gc_percent.value_or(-1)}};
}

Figures predict_dotnet(const Installed& runtime, const packs::Surroundings& at, const Flags& words) {
  std::map<std::string, std::string> environment;
  for (const auto& word : words)
    environment[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  const auto e = packs::dotnet_ergonomics(runtime.version, at, false, environment);
  // Without a hard limit the collector states the machine's memory.
  return {{"processors", e.processors},
          {"server", e.server ? 1 : 0},
          {"hard_limit", e.hard_limit_mib.value_or(at.node_memory_mib)}};
}

}  // namespace

std::vector<Case> cases_of(const Installed& runtime, GridSize size) {
  switch (runtime.kind) {
    case RuntimeKind::kHotspot:
      return java_cases(size);
    case RuntimeKind::kNodejs:
      return node_cases(size);
    case RuntimeKind::kDotnet:
      return dotnet_cases();
    default:
      return go_cases(size);
  }
}

Figures predict(const Installed& runtime, const Case& at, const packs::Surroundings& node) {
  packs::Surroundings surroundings = node;
  surroundings.cpu_limit = at.cpu_limit;
  surroundings.memory_limit_mib = at.memory_limit_mib;
  switch (runtime.kind) {
    case RuntimeKind::kHotspot:
      return predict_java(runtime, surroundings, at.flags);
    case RuntimeKind::kNodejs:
      return {{"heap_limit",
               packs::node_ergonomics(runtime.version, surroundings, packs::read_node_flags(at.flags)).heap_limit_mib}};
    case RuntimeKind::kDotnet:
      return predict_dotnet(runtime, surroundings, at.flags);
    default:
      return predict_go(runtime, surroundings, at.flags);
  }
}

std::string case_text(const Case& at) {
  return fmt::format("{} CPU, {} MiB{}{}", at.cpu_limit ? fmt::format("{}", *at.cpu_limit) : "no limit of",
                     at.memory_limit_mib ? fmt::format("{}", *at.memory_limit_mib) : "no limit of",
                     at.flags.empty() ? "" : ", ", fmt::join(at.flags, " "));
}

}  // namespace trimtab::runtimes
