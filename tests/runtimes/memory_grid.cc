#include "runtimes/memory_grid.h"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace trimtab::runtimes {
namespace {

using packs::RuntimeKind;

struct Load {
  int live_mib = 0;
  int churn_mib = 0;
  int threads = 0;
  int direct_mib = 0;
  int classes = 0;
};

struct MemoryCase {
  std::vector<std::string> flags;
  Load load;
};

std::vector<MemoryCase> java_memory_cases() {
  const std::vector<Load> loads{{20, 2000, 10, 0, 0},  {150, 2000, 10, 0, 0},  {60, 500, 300, 0, 0},
                                {60, 500, 10, 120, 0}, {60, 500, 10, 0, 8000}, {100, 1000, 100, 60, 3000}};
  std::vector<MemoryCase> cases;
  for (const char* collector : {"-XX:+UseSerialGC", "-XX:+UseParallelGC", "-XX:+UseG1GC"}) {
    for (const auto& load : loads)
      cases.push_back({{collector, "-Xmx300m"}, load});
    cases.push_back({{collector, "-Xmx700m"}, loads[1]});
    cases.push_back({{collector, "-Xmx300m", "-Xms300m", "-XX:+AlwaysPreTouch"}, loads[0]});
  }
  return cases;
}

packs::ProgramFacts facts_of(const Load& load) {
  packs::ProgramFacts facts;
  facts.live_heap_mib = load.live_mib;
  facts.threads = load.threads;
  constexpr double kClassesOfTheRuntime = 600;
  facts.loaded_classes = kClassesOfTheRuntime + load.classes;
  facts.off_heap_mib = load.direct_mib;
  return facts;
}

std::vector<MemoryCase> cases_of(RuntimeKind kind) {
  if (kind == RuntimeKind::kHotspot) return java_memory_cases();
  if (kind == RuntimeKind::kNodejs) {
    return {{{"--max-old-space-size=256"}, {20, 800, 0, 0, 0}},
            {{"--max-old-space-size=256"}, {150, 800, 0, 0, 0}},
            {{"--max-old-space-size=256"}, {30, 200, 0, 100, 0}},
            {{"--max-old-space-size=512"}, {300, 800, 0, 0, 0}}};
  }
  if (kind == RuntimeKind::kDotnet) {
    std::vector<MemoryCase> cases;
    for (const char* server : {"COMPlus_gcServer=0", "COMPlus_gcServer=1"}) {
      for (const Load& load :
           {Load{20, 800, 0, 0, 0}, {150, 800, 0, 0, 0}, {60, 300, 200, 0, 0}, {60, 300, 10, 100, 0}})
        cases.push_back({{server}, load});
      cases.push_back({{server, "COMPlus_GCHeapHardLimit=C800000"}, {60, 800, 10, 0, 0}});
    }
    return cases;
  }
  return {{{}, {20, 800, 0, 0, 0}},
          {{}, {150, 800, 0, 0, 0}},
          {{"GOMEMLIMIT=256MiB"}, {150, 800, 0, 0, 0}},
          {{"GOGC=50"}, {150, 800, 0, 0, 0}},
          {{"GOGC=off", "GOMEMLIMIT=400MiB"}, {100, 1500, 0, 0, 0}}};
}

packs::MemoryNeed need_of(const Installed& runtime, const MemoryCase& at, const packs::Surroundings& node) {
  packs::ProgramFacts facts = facts_of(at.load);
  if (runtime.kind == RuntimeKind::kHotspot) {
    const auto flags = packs::read_hotspot_flags(at.flags);
    return packs::hotspot_memory(runtime.version, packs::hotspot_ergonomics(runtime.version, node, flags), flags,
                                 facts);
  }
  if (runtime.kind == RuntimeKind::kNodejs) {
    return packs::node_memory(packs::node_ergonomics(runtime.version, node, packs::read_node_flags(at.flags)), facts);
  }
  std::map<std::string, std::string> environment;
  for (const auto& word : at.flags)
    environment[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  if (runtime.kind == RuntimeKind::kDotnet)
    return packs::dotnet_memory(packs::dotnet_ergonomics(runtime.version, node, false, environment), facts);
  facts.threads.reset();
  return packs::go_memory(packs::go_ergonomics(runtime.version, node, environment), facts);
}

}  // namespace

MemoryTally run_memory(const Observer& observer, const Installed& runtime) {
  MemoryTally tally;
  for (const auto& at : cases_of(runtime.kind)) {
    const packs::MemoryNeed need = need_of(runtime, at, observer.node());
    const Load& load = at.load;
    std::vector<std::string> words;
    for (const int number : {load.live_mib, load.churn_mib, load.threads, load.direct_mib, load.classes})
      words.push_back(std::to_string(number));
    if (runtime.kind == RuntimeKind::kNodejs) words = {words[0], words[1], words[3]};
    if (runtime.kind == RuntimeKind::kDotnet) words.pop_back();
    const std::string what = fmt::format("{} {} {} load {}", packs::runtime_name(runtime.kind),
                                         runtime.version.to_string(), fmt::join(at.flags, " "), fmt::join(words, " "));
    ++tally.cases;
    const auto peak = observer.peak_mib(runtime, {std::nullopt, std::ceil(need.high_mib), at.flags}, words);
    if (!peak) {
      ++tally.killed;
      fmt::print("KILLED {}: limit {:.0f} MiB was called safe: {}\n", what, need.high_mib, peak.error().message);
      continue;
    }
    const bool inside = *peak >= need.low_mib && *peak <= need.high_mib;
    tally.inside += inside ? 1 : 0;
    fmt::print("{} {}: {:.0f} MiB, predicted {:.0f} to {:.0f}, most likely {:.0f}\n", inside ? "inside " : "OUTSIDE",
               what, *peak, need.low_mib, need.high_mib, need.expected_mib);
  }
  return tally;
}

}  // namespace trimtab::runtimes
