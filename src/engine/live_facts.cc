#include "engine/live_facts.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "engine/live_json.h"

namespace trimtab::engine {
namespace {

constexpr std::int64_t kMinutesInDay = 24 * 60;
constexpr std::int64_t kMicrosecondsInMinute = 60'000'000;

bool contains(const model::ChangeWindow& window, Instant at) {
  const std::int64_t minutes = at.us / kMicrosecondsInMinute;
  const std::int64_t day = minutes / kMinutesInDay;
  const int minute = static_cast<int>(minutes % kMinutesInDay);
  const bool wraps = window.from_minute > window.to_minute;
  const bool inside = wraps ? minute >= window.from_minute || minute < window.to_minute
                            : minute >= window.from_minute && minute < window.to_minute;
  if (!inside) return false;
  // After midnight a window that began the day before still belongs to that day.
  const std::int64_t began = wraps && minute < window.to_minute ? day - 1 : day;
  const int weekday = static_cast<int>((began + 3) % 7) + 1;  // 1970-01-01 was a Thursday
  return window.weekdays.empty() || std::ranges::find(window.weekdays, weekday) != window.weekdays.end();
}

std::string_view words_for(MetricSample::Status status) {
  using Status = MetricSample::Status;
  switch (status) {
    case Status::kUsable:
      return "usable";
    case Status::kMissing:
      return "no data";
    case Status::kNotFinite:
      return "not a number";
    case Status::kStale:
      return "stale";
    case Status::kPartial:
      return "too few points";
    case Status::kImplausible:
      return "not plausible";
  }
  return "unknown";
}

std::vector<std::string> needed_metrics(const model::Application& application) {
  std::vector<std::string> needed = application.objective.required_metrics(parameter_names(application.space));
  if (!application.load_metric.empty()) needed.push_back(application.load_metric);
  for (const model::Metric& metric : application.metrics) {
    if (metric.required) needed.push_back(metric.name);
  }
  std::ranges::sort(needed);
  needed.erase(std::ranges::unique(needed).begin(), needed.end());
  return needed;
}

}  // namespace

std::vector<std::string> parameter_names(const model::Space& space) {
  std::vector<std::string> names;
  for (const model::Parameter& parameter : space.parameters())
    names.push_back(parameter.name);
  return names;
}

model::Configuration project(const model::Space& space, const model::Configuration& configuration) {
  model::Configuration known;
  for (const model::Parameter& parameter : space.parameters()) {
    const model::Value* value = configuration.find(parameter.name);
    if (value != nullptr && space.is_active(parameter, configuration)) known.set(parameter.name, *value);
  }
  return known;
}

bool same_configuration(const model::Space& space, const model::Configuration& a, const model::Configuration& b) {
  // Asked for every observation at every step: nothing is copied.
  const auto value = [&space](const model::Parameter& parameter, const model::Configuration& of) {
    return !parameter.when || space.is_active(parameter, of) ? of.find(parameter.name) : nullptr;
  };
  return a == b || std::ranges::all_of(space.parameters(), [&](const model::Parameter& parameter) {
           const model::Value* left = value(parameter, a);
           const model::Value* right = value(parameter, b);
           return left == nullptr || right == nullptr ? left == right : *left == *right;
         });
}

model::Mode mode_of(const model::Application& application, model::Mode application_mode, const std::string& parameter) {
  if (application_mode == model::Mode::kObserve) return model::Mode::kObserve;
  const auto own = application.policy.parameter_modes.find(parameter);
  return own == application.policy.parameter_modes.end() ? application_mode : own->second;
}

std::vector<std::string> frozen_below(const model::Application& application, model::Mode application_mode,
                                      model::Mode least) {
  std::vector<std::string> frozen;
  for (const std::string& name : parameter_names(application.space)) {
    if (mode_of(application, application_mode, name) < least) frozen.push_back(name);
  }
  std::ranges::sort(frozen);
  return frozen;
}

bool in_change_window(const model::Policy& policy, Instant at) {
  if (policy.change_windows.empty()) return true;
  return std::ranges::any_of(policy.change_windows, [at](const auto& window) { return contains(window, at); });
}

model::Metrics usable_metrics(const WindowSamples& window) {
  model::Metrics metrics;
  for (const auto& [name, sample] : window.samples) {
    if (sample.status == MetricSample::Status::kUsable && std::isfinite(sample.value)) metrics[name] = sample.value;
  }
  return metrics;
}

std::string unusable_reason(const model::Application& application, const WindowSamples& window) {
  std::string reason;
  for (const std::string& name : needed_metrics(application)) {
    const auto found = window.samples.find(name);
    const bool usable = found != window.samples.end() && found->second.status == MetricSample::Status::kUsable &&
                        std::isfinite(found->second.value);
    if (usable) continue;
    if (!reason.empty()) reason += "; ";
    auto status = found == window.samples.end() ? MetricSample::Status::kMissing : found->second.status;
    if (status == MetricSample::Status::kUsable) status = MetricSample::Status::kNotFinite;
    reason += fmt::format("{}: {}", name, words_for(status));
  }
  return reason;
}

SloLook look_at_slos(const model::Objective& objective, const model::Metrics& metrics,
                     const model::Configuration& configuration) {
  SloLook look;
  for (std::size_t k = 0; k < objective.slos().size(); ++k) {
    const model::Slo& slo = objective.slos()[k];
    const auto value = objective.slo_value(k, metrics, configuration);
    if (!value) {
      look.complete = false;
      continue;
    }
    look.values[slo.name] = *value;
    if (slo.holds(*value)) continue;
    look.breached = true;
    // Twice the bound for an upper one; a lower one is for what must be kept, and a quarter of the requests lost is
    // much.
    look.severe = look.severe || slo.margin(*value) <= (slo.upper ? -1.0 : -0.25);
    look.text +=
        fmt::format("{}{}: {:.4g}", look.text.empty() ? "" : "; ", slo.text.empty() ? slo.name : slo.text, *value);
  }
  return look;
}

bool is_good(const model::Objective& objective, const model::Observation& observation) {
  return !observation.failed && !look_at_slos(objective, observation.metrics, observation.configuration).breached;
}

int out_of_memory_kills(const LiveState& live) {
  int sum = 0;
  for (const ReplicaState& replica : live.replicas)
    sum += replica.out_of_memory_kills;
  return sum;
}

int unexpected_exits(const LiveState& live) {
  int sum = 0;
  for (const ReplicaState& replica : live.replicas)
    sum += replica.restarts;
  return sum;
}

std::string replica_trouble(const LiveState& live) {
  for (const ReplicaState& replica : live.replicas) {
    if (!replica.trouble.empty()) return fmt::format("replica {}: {}", replica.name, replica.trouble);
  }
  return {};
}

std::string value_text(const model::Value& value, const std::string& unit) {
  if (value.is_text()) return value.text();
  if (value.is_boolean()) return value.boolean() ? "true" : "false";
  return unit.empty() ? fmt::format("{:.6g}", value.number()) : fmt::format("{:.6g} {}", value.number(), unit);
}

std::string change_text(const model::Change& change) {
  return fmt::format("{} {} -> {}", change.parameter, value_text(change.current, {}),
                     value_text(change.effective(), change.unit));
}

}  // namespace trimtab::engine
