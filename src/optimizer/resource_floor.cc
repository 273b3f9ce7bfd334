#include "optimizer/resource_floor.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Observation;

// margin: above the predicted use. deviations: of the prediction's uncertainty, added before the margin.
struct Rule {
  Role role;
  std::vector<std::string_view> metrics;
  double margin;
  double deviations;
};

// Processor: 1.15 leaves the quota 13 % idle at the busiest moment, where waiting is still a few service times. Memory:
// a kill is worse than any saving, so the uncertain side is taken. Live data: collectors degrade quickly once less than
// a fifth of the heap is free (Jones, Hosking and Moss 2011, The Garbage Collection Handbook, section 10.8).
const std::vector<Rule>& rules() {
  static const std::vector<Rule> kRules = {
      {Role::kCpu, {"cpu_used_peak", "cpu_used"}, 1.15, 0.5},
      {Role::kMemory, {"memory_working_set"}, 1.04, 1.64},
      {Role::kHeap, {"live_data"}, 1.2, 1},
      {Role::kServerThreads, {"busy_threads"}, 1.3, 1},
  };
  return kRules;
}

std::optional<double> read(const Observation& observation, const std::string& metric) {
  const auto at = observation.metrics.find(metric);
  if (at == observation.metrics.end() || !std::isfinite(at->second) || at->second <= 0) return std::nullopt;
  return at->second;
}

std::string_view component_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
}

std::string_view last_part_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

std::string metric_for(std::string_view parameter, const std::vector<std::string_view>& parts,
                       const std::vector<Observation>& observations) {
  std::set<std::string, std::less<>> names;
  for (const Observation& observation : observations)
    for (const auto& [name, value] : observation.metrics)
      names.insert(name);
  for (const std::string_view part : parts) {
    std::string other;
    for (const std::string& name : names) {
      if (last_part_of(name) != part) continue;
      if (component_of(name) == component_of(parameter)) return name;
      if (other.empty()) other = name;
    }
    if (!other.empty()) return other;
  }
  return {};
}

std::vector<ResourceFloor> ResourceFloor::learn(const LiveFeatures& features, const LiveWindows& windows) {
  const std::vector<Observation>& observations = *windows.observations;
  std::vector<ResourceFloor> floors;
  for (const Rule& rule : rules()) {
    for (const model::Parameter& parameter : features.space().parameters()) {
      if (!parameter.is_number() || role_of(parameter.name) != rule.role) continue;
      const std::string metric = metric_for(parameter.name, rule.metrics, observations);
      if (metric.empty()) continue;
      const auto value = [&](const Observation& observation) -> std::optional<double> {
        const auto used = read(observation, metric);
        if (!used) return std::nullopt;
        return std::log(*used);
      };
      const Sample sample = merge_windows(windows, features, value, Merge::kMaximum);
      if (sample.points.empty()) continue;
      auto model = OutputModel::fit(features, usage_prior(features.space(), rule.role), sample, 1);
      if (!model) continue;
      ResourceFloor floor(parameter.name, metric, rule.role, std::move(*model));
      for (const model::Parameter& other : features.space().parameters())
        if (rule.role == Role::kMemory && role_of(other.name) == Role::kHeap) floor.heap_ = other.name;
      for (const Observation& observation : observations)
        if (const auto used = read(observation, metric); used && rule.role == Role::kMemory)
          floor.heap_and_use_.emplace_back(observation.configuration.number(floor.heap_).value_or(0), *used);
      floors.push_back(std::move(floor));
    }
  }
  return floors;
}

ResourceFloor::ResourceFloor(std::string parameter, std::string metric, Role role, OutputModel model)
    : parameter_(std::move(parameter)), metric_(std::move(metric)), role_(role), model_(std::move(model)) {}

// A heap that is no smaller needs no less memory in the long run, however young the present process is.
double ResourceFloor::seen_with_no_more_heap(const Configuration& configuration) const {
  const double heap = configuration.number(heap_).value_or(0);
  double highest = 0;
  for (const auto& [with_heap, used] : heap_and_use_)
    if (with_heap <= heap + 1e-9) highest = std::max(highest, used);
  return highest;
}

std::vector<ResourceFloor::Need> ResourceFloor::needs(const std::vector<LivePoint>& points) const {
  const auto rule = std::ranges::find(rules(), role_, &Rule::role);
  const std::vector<Estimate> estimates = model_.predict(points);
  std::vector<Need> needs(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    needs[i].expected = std::exp(estimates[i].mean);
    needs[i].least = rule->margin * std::exp(estimates[i].mean + rule->deviations * estimates[i].deviation);
    if (role_ == Role::kMemory)
      needs[i].least = std::max(needs[i].least, rule->margin * seen_with_no_more_heap(*points[i].configuration));
  }
  return needs;
}

}  // namespace trimtab::optimizer
