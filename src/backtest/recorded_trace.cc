#include "backtest/recorded_trace.h"

#include <cmath>

#include <fmt/format.h>

namespace trimtab::backtest {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);
// As of recorded CSV: nobody knows the need of longer gaps.
constexpr Duration kLongestGap = std::chrono::hours(1);

Result<std::vector<float>> by_minute(const RecordedSeries& recorded, const std::string& metric, Instant start,
                                     Instant end) {
  const auto points = recorded.points(metric);
  std::vector<float> values;
  std::size_t next = 0;
  for (Instant at = start + kMinute; at <= end; at = at + kMinute) {
    while (next < points.size() && (points[next].at < at || !std::isfinite(points[next].value)))
      ++next;
    if (next == points.size() || points[next].at - at > kLongestGap) {
      return fail(invalid_input(fmt::format("{} has no points for an hour after {}", metric, format_rfc3339(at))));
    }
    values.push_back(static_cast<float>(points[next].value));
  }
  return values;
}

std::optional<double> first_of(const model::Configuration& configuration, const std::string& component,
                               const char* name, const char* otherwise) {
  if (const auto value = configuration.number(component + "." + name)) return value;
  return configuration.number(component + "." + otherwise);
}

}  // namespace

std::optional<ContainerSize> container_size(const model::Configuration& configuration, const std::string& component) {
  const auto cpu = first_of(configuration, component, "cpu_request", "cpu_limit");
  const auto memory = first_of(configuration, component, "memory_request", "memory_limit");
  if (!cpu || !memory) return std::nullopt;
  return ContainerSize{*cpu, *memory, configuration.number(component + ".cpu_limit").value_or(0)};
}

Result<Trace> recorded_trace(const model::Application& application, const std::string& component,
                             const RecordedSeries& recorded, Instant start, Instant end) {
  const auto size = container_size(application.baseline, component);
  if (!size) return fail(invalid_input("the baseline does not say what CPU and memory " + component + " reserves"));
  Trace trace;
  trace.name = application.name + "/" + component;
  trace.family = "recorded";
  trace.request_cpu = size->cpu;
  trace.request_memory_mib = size->memory_mib;
  ReplicaNeed need;
  TRY_ASSIGN(need.cpu, by_minute(recorded, component + ".cpu_used", start, end));
  TRY_ASSIGN(need.memory, by_minute(recorded, component + ".memory_working_set", start, end));
  trace.replicas.push_back(std::move(need));
  return trace;
}

}  // namespace trimtab::backtest
