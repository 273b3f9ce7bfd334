#include "packs/metric_document.h"

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace trimtab::packs {
namespace {

using model::Aggregate;
using model::MetricRole;

constexpr std::array<std::pair<std::string_view, MetricRole>, 9> kRoles{{
    {"none", MetricRole::kNone},
    {"load", MetricRole::kLoad},
    {"throughput", MetricRole::kThroughput},
    {"latency", MetricRole::kLatency},
    {"errors", MetricRole::kErrors},
    {"out_of_memory", MetricRole::kOutOfMemory},
    {"restarts", MetricRole::kRestarts},
    {"throttling", MetricRole::kThrottling},
    {"replicas", MetricRole::kReplicas},
}};

constexpr std::array<std::pair<std::string_view, Aggregate>, 6> kAggregates{{
    {"window", Aggregate::kWindow},
    {"mean", Aggregate::kMean},
    {"max", Aggregate::kMax},
    {"min", Aggregate::kMin},
    {"last", Aggregate::kLast},
    {"sum", Aggregate::kSum},
}};

template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
  for (const auto& [name, entry] : table) {
    if (entry == value) return name;
  }
  return {};
}

template <class Table, class Value>
Value read_choice(yaml::MappingReader& reader, std::string_view field, const Table& table, Value fallback) {
  std::vector<std::string> names;
  for (const auto& entry : table)
    names.emplace_back(entry.first);
  const std::string chosen = reader.choice(field, names, std::string(name_in(table, fallback)));
  for (const auto& [name, entry] : table) {
    if (name == chosen) return entry;
  }
  return fallback;
}

void read_plausible(yaml::MappingReader& reader, model::Metric& metric) {
  const yaml::Node* node = reader.take("plausible");
  if (node == nullptr) return;
  yaml::MappingReader range(*node, reader.path_of("plausible"), reader.faults());
  metric.plausible_min = range.number("min", metric.plausible_min);
  metric.plausible_max = range.number("max", metric.plausible_max);
  range.finish();
  if (metric.plausible_min > metric.plausible_max) {
    range.fault("min", fmt::format("min {} is greater than max {}", metric.plausible_min, metric.plausible_max),
                "swap them");
  }
}

}  // namespace

std::string_view to_string(MetricRole role) {
  return name_in(kRoles, role);
}

std::string_view to_string(Aggregate aggregate) {
  return name_in(kAggregates, aggregate);
}

model::Metric read_metric_fields(yaml::MappingReader& reader, const model::Metric* defaults, bool required) {
  model::Metric metric;
  if (defaults != nullptr) metric = *defaults;
  metric.name = reader.text("name");
  metric.query = defaults == nullptr ? reader.text("query") : reader.text("query", metric.query);
  const std::string unit = reader.text("unit", metric.unit);
  if (defaults != nullptr && unit != defaults->unit && reader.take("query") == nullptr) {
    reader.fault("unit", fmt::format("{} is in {}, not {}", metric.name, defaults->unit, unit),
                 "leave unit out, or give a query in the other unit");
  }
  metric.unit = unit;
  metric.aggregate = read_choice(reader, "aggregate", kAggregates, metric.aggregate);
  metric.role = read_choice(reader, "role", kRoles, metric.role);
  metric.required = reader.boolean("required", defaults == nullptr ? required : metric.required);
  if (const auto value = reader.optional_number("default")) metric.default_value = value;
  read_plausible(reader, metric);
  metric.description = reader.text("description", metric.description);
  metric.shows = reader.text("shows", metric.shows);
  metric.shows_within = reader.number("within", metric.shows_within);
  if (metric.shows_within < 0 || metric.shows_within >= 1) {
    reader.fault("within", fmt::format("{} is no share of a value", metric.shows_within), "0.02 is two percent");
  }
  return metric;
}

}  // namespace trimtab::packs
