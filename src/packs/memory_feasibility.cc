#include "packs/memory_feasibility.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "packs/runtime/go_runtime.h"
#include "packs/runtime/hotspot.h"
#include "packs/runtime/memory_need.h"
#include "packs/runtime/v8_heap.h"

namespace trimtab::packs {
namespace {

using model::Configuration;
using model::MemoryForecast;
using model::Observation;

// The highest that was seen beside the heap may be passed by so much: buffers and code still grow.
constexpr double kRoom = 1.1;
// A runtime's usual threads beside those of the pools that are parameters (memory_need.cc).
constexpr double kUsualThreads = 60;
constexpr double kPoolsOwnThreads = 30;
// What the models take for the machine, where only the container is known: collectors of more threads need more.
constexpr double kNodeCpus = 8;
constexpr double kNodeMemoryMib = 65536;

// One runtime in its container.
struct Placement {
  std::shared_ptr<const Pack> pack;
  RuntimeKind kind = RuntimeKind::kUnknown;
  RuntimeVersion version;
  std::string component;
  Configuration values;          // of its parameters that are left alone
  std::string container;         // component
  std::string memory_limit;      // full names; the parameter or ...
  std::optional<double> memory;  // ... the stated value, MiB
  std::string cpu_limit;
  std::optional<double> cpus;
  std::vector<std::string> heap;   // full names of parameters that bound the heap
  std::vector<std::string> pools;  // ... that size pools of threads beside the runtime's own
};

// What observations said of a placement.
struct Learned {
  int windows = 0;        // with working set and heap in use
  double offset_mib = 0;  // highest of: what stood beside the heap, less what the model expects there
  double heap_seen_mib = 0;
  ProgramFacts facts;
  double pools = 0;  // the most threads that the pools were allowed
};

double pool_threads(const Placement& placement, const Configuration& configuration) {
  double sum = 0;
  for (const std::string& name : placement.pools)
    sum += configuration.number(name).value_or(0);
  return sum;
}

std::optional<double> limit_of(const Placement& placement, const Configuration& configuration) {
  const auto number = configuration.number(placement.memory_limit);
  return number ? number : placement.memory;
}

// What the pack would write for the runtime; what cannot be rendered is left out.
Rendered rendered(const Placement& placement, const Configuration& configuration) {
  Configuration own = placement.values;
  const std::string prefix = placement.component + ".";
  for (const auto& [name, value] : configuration.entries())
    if (name.starts_with(prefix)) own.set(name.substr(prefix.size()), value);
  return render(*placement.pack, own).value_or(Rendered{});
}

struct Need {
  MemoryNeed need;
  double heap_high_mib = 0;
  double rest_expected_mib = 0;
  double rest_high_mib = 0;
};

Need need_of(const Placement& placement, const Configuration& configuration, const Learned& learned) {
  ProgramFacts program = learned.facts;
  const double pools = pool_threads(placement, configuration);
  program.threads = program.threads ? *program.threads + std::max(0.0, pools - learned.pools)
                                    : std::max(kUsualThreads, kPoolsOwnThreads + pools);
  Surroundings surroundings;
  surroundings.node_cpus = kNodeCpus;
  surroundings.node_memory_mib = kNodeMemoryMib;
  surroundings.cpu_limit = configuration.number(placement.cpu_limit);
  if (!surroundings.cpu_limit) surroundings.cpu_limit = placement.cpus;
  surroundings.memory_limit_mib = limit_of(placement, configuration);
  const Rendered words = rendered(placement, configuration);
  Need result;
  if (placement.kind == RuntimeKind::kHotspot) {
    const HotspotFlags flags = read_hotspot_flags(words.flags);
    result.need =
        hotspot_memory(placement.version, hotspot_ergonomics(placement.version, surroundings, flags), flags, program);
  } else if (placement.kind == RuntimeKind::kGo) {
    result.need = go_memory(go_ergonomics(placement.version, surroundings, words.environment), program);
  } else if (placement.kind == RuntimeKind::kDotnet) {
    // Web services ask for Server GC (the default of ASP.NET Core), which needs more.
    result.need = dotnet_memory(dotnet_ergonomics(placement.version, surroundings, true, words.environment), program);
  } else {
    result.need = node_memory(node_ergonomics(placement.version, surroundings, read_node_flags(words.flags)), program);
  }
  for (const MemoryPart& part : result.need.parts)
    if (part.is_heap) result.heap_high_mib += part.high_mib;
  // A limit that somebody set elsewhere may be higher than the runtime's own choice, and Go's is soft.
  if (placement.heap.empty() || placement.kind == RuntimeKind::kGo)
    result.heap_high_mib = std::max(result.heap_high_mib, learned.heap_seen_mib);
  double rest_expected = 0;
  for (const MemoryPart& part : result.need.parts)
    if (!part.is_heap) rest_expected += part.expected_mib;
  result.rest_expected_mib = rest_expected;
  result.rest_high_mib = std::max(rest_expected, result.need.high_mib - result.heap_high_mib);
  return result;
}

std::optional<double> metric(const Observation& window, const std::string& component, std::string_view name) {
  const auto at = window.metrics.find(fmt::format("{}.{}", component, name));
  if (at == window.metrics.end() || !std::isfinite(at->second) || at->second <= 0) return std::nullopt;
  return at->second;
}

std::optional<double> heap_in_use(const Observation& window, const Placement& placement) {
  return metric(window, placement.component, placement.kind == RuntimeKind::kDotnet ? "memory" : "heap_used");
}

void raise(std::optional<double>& highest, std::optional<double> value) {
  if (value) highest = std::max(highest.value_or(*value), *value);
}

// What the program holds, whatever its settings: the highest that any window showed.
void learn_facts(const Placement& placement, const std::vector<Observation>& seen, Learned& learned) {
  for (const Observation& window : seen) {
    raise(learned.facts.threads, metric(window, placement.component, "threads"));
    raise(learned.facts.off_heap_mib, metric(window, placement.component, "external"));
    learned.heap_seen_mib = std::max(learned.heap_seen_mib, heap_in_use(window, placement).value_or(0));
    learned.pools = std::max(learned.pools, pool_threads(placement, window.configuration));
    std::optional<double> live = metric(window, placement.component, "live_data");
    if (const auto goal = metric(window, placement.component, "heap_goal"); goal && !live) {
      // The next collection begins at live x (1 + GOGC / 100).
      const auto words = rendered(placement, window.configuration);
      const auto percent = go_ergonomics(placement.version, Surroundings{}, words.environment).gc_percent;
      if (percent) live = *goal / (1 + *percent / 100);
    }
    raise(learned.facts.live_heap_mib, live);
  }
}

// A working set without the heap's share of it bounds the whole: by the peak itself and the growth of the heap.
void learn_whole(const Placement& placement, const Observation& window, double working_set, Learned& learned) {
  raise(learned.facts.observed_mib, working_set);
  const Need need = need_of(placement, window.configuration, learned);
  raise(learned.facts.observed_heap_mib, need.heap_high_mib);
}

Learned learn(const Placement& placement, const std::vector<Observation>& seen) {
  Learned learned;
  learn_facts(placement, seen, learned);
  const Learned facts = learned;
  std::map<std::string, Need> needs;  // few configurations, many windows
  std::string configuration;
  double touched = 0;  // of the heap, since the present configuration came: pages once used stay
  for (const Observation& window : seen) {
    const std::string name = window.configuration.to_string();
    if (name != configuration) configuration = name, touched = 0;
    const auto working_set = metric(window, placement.container, "memory_working_set");
    const auto heap = heap_in_use(window, placement);
    auto known = needs.find(name);
    if (known == needs.end()) known = needs.emplace(name, need_of(placement, window.configuration, facts)).first;
    const Need& need = known->second;
    const bool killed =
        window.failed && (window.failure.contains("memory") || window.failure.contains("oom")) && !working_set;
    if (const auto limit = limit_of(placement, window.configuration); killed && limit) {
      // It did not fit: beside a full heap stood at least the rest of the limit.
      learned.offset_mib = std::max(learned.offset_mib, *limit - need.heap_high_mib - need.rest_expected_mib);
      continue;
    }
    if (window.failed || !working_set) continue;
    if (!heap) {
      learn_whole(placement, window, *working_set, learned);
      continue;
    }
    touched = std::max(touched, std::min(*heap, need.heap_high_mib));
    const double offset = *working_set - touched - need.rest_expected_mib;
    learned.offset_mib = learned.windows == 0 ? offset : std::max(learned.offset_mib, offset);
    ++learned.windows;
  }
  if (learned.windows > 0) learned.facts.observed_mib.reset();
  return learned;
}

std::string parts_text(const Need& need, double rest) {
  return fmt::format("heap {:.0f}, beside it up to {:.0f}", need.heap_high_mib, rest);
}

class Feasibility : public model::MemoryModel {
 public:
  Feasibility(std::vector<Placement> placements, std::vector<Learned> learned)
      : placements_(std::move(placements)), learned_(std::move(learned)) {}

  [[nodiscard]] std::shared_ptr<const MemoryModel> corrected(const std::vector<Observation>& seen) const override {
    std::vector<Learned> learned;
    for (const Placement& placement : placements_)
      learned.push_back(learn(placement, seen));
    return std::make_shared<const Feasibility>(placements_, std::move(learned));
  }

  [[nodiscard]] std::optional<MemoryForecast> forecast(const Configuration& configuration) const override {
    std::optional<MemoryForecast> worst;
    for (std::size_t i = 0; i < placements_.size(); ++i) {
      const auto limit = limit_of(placements_[i], configuration);
      if (!limit) continue;
      MemoryForecast one = forecast(placements_[i], learned_[i], configuration);
      one.limit_mib = *limit;
      if (!worst || one.missing_mib() > worst->missing_mib()) worst = std::move(one);
    }
    return worst;
  }

 private:
  static MemoryForecast forecast(const Placement& placement, const Learned& learned,
                                 const Configuration& configuration) {
    const Need need = need_of(placement, configuration, learned);
    double rest_expected = need.rest_expected_mib;
    double rest_high = need.rest_high_mib;
    if (learned.windows > 0) {
      rest_expected = std::max(0.0, rest_expected + learned.offset_mib);
      const double seen = rest_expected * kRoom;
      rest_high = seen + std::max(0.0, rest_high - seen) / (learned.windows + 1);
    } else if (learned.offset_mib > 0) {
      rest_expected += learned.offset_mib;
      rest_high = std::max(rest_high, rest_expected * kRoom);
    }
    MemoryForecast result;
    result.component = placement.component;
    result.limit_parameter = placement.memory_limit;
    result.windows = learned.windows;
    double heap_expected = 0;
    for (const MemoryPart& part : need.need.parts)
      if (part.is_heap) heap_expected += part.expected_mib;
    result.expected_mib = heap_expected + rest_expected;
    result.high_mib = need.heap_high_mib + rest_high;
    result.parts = parts_text(need, rest_high);
    return result;
  }

  std::vector<Placement> placements_;
  std::vector<Learned> learned_;
};

// The parameter of a component that is rendered as a limit of that resource.
const PackParameter* limit_parameter(const Pack& pack, std::string_view resource) {
  const auto at = std::ranges::find_if(pack.parameters, [&](const PackParameter& parameter) {
    return parameter.rendering.place == Rendering::Place::kLimit && parameter.rendering.name == resource;
  });
  return at == pack.parameters.end() ? nullptr : &*at;
}

bool gives_memory(const ResolvedComponent& entry, const model::Space& space) {
  if (entry.pack == nullptr) return false;
  const PackParameter* memory = limit_parameter(*entry.pack, "memory");
  return memory != nullptr && (entry.component.values.number(memory->parameter.name) ||
                               space.find(entry.component.name + "." + memory->parameter.name) != nullptr);
}

void place(const ResolvedComponent& container, const model::Space& space, Placement& placement) {
  const auto name_of = [&](const PackParameter* parameter, std::optional<double>& stated) {
    if (parameter == nullptr) return std::string();
    stated = container.component.values.number(parameter->parameter.name);
    return container.component.name + "." + parameter->parameter.name;
  };
  placement.container = container.component.name;
  placement.memory_limit = name_of(limit_parameter(*container.pack, "memory"), placement.memory);
  placement.cpu_limit = name_of(limit_parameter(*container.pack, "cpu"), placement.cpus);
  for (const PackParameter& parameter : placement.pack->parameters) {
    const std::string& name = parameter.parameter.name;
    const bool bounds =
        name == "heap" || name == "heap_percentage" || name == "old_space" || name == "max_heap" || name == "mem_limit";
    if (bounds && (space.find(placement.component + "." + name) != nullptr || placement.values.find(name) != nullptr))
      placement.heap.push_back(placement.component + "." + name);
  }
}

}  // namespace

std::shared_ptr<const model::MemoryModel> memory_feasibility(const std::vector<ResolvedComponent>& components,
                                                             const model::Space& space) {
  std::vector<const ResolvedComponent*> containers;
  for (const ResolvedComponent& entry : components)
    if (gives_memory(entry, space)) containers.push_back(&entry);
  std::vector<Placement> placements;
  for (const ResolvedComponent& entry : components) {
    if (entry.pack == nullptr) continue;
    const RuntimeKind kind = entry.pack->runtime;
    if (kind != RuntimeKind::kHotspot && kind != RuntimeKind::kGo && kind != RuntimeKind::kNodejs &&
        kind != RuntimeKind::kDotnet)
      continue;
    const std::string& named = entry.component.container;
    const auto at = std::ranges::find_if(
        containers, [&](const ResolvedComponent* one) { return named.empty() || one->component.name == named; });
    if (at == containers.end() || (named.empty() && containers.size() > 1)) continue;
    Placement placement;
    placement.pack = std::make_shared<const Pack>(*entry.pack);
    placement.kind = kind;
    placement.version = parse_version(entry.component.version).value_or(RuntimeVersion{});
    placement.component = entry.component.name;
    placement.values = entry.component.values;
    place(**at, space, placement);
    for (const model::Parameter& parameter : space.parameters())
      if (parameter.unit == "threads" && !parameter.name.starts_with(placement.component + "."))
        placement.pools.push_back(parameter.name);
    placements.push_back(std::move(placement));
  }
  if (placements.empty()) return nullptr;
  std::vector<Learned> nothing(placements.size());
  return std::make_shared<const Feasibility>(std::move(placements), std::move(nothing));
}

}  // namespace trimtab::packs
