#include "cli/doctor_checks.h"

#include <fmt/format.h>

#include "cli/values.h"

namespace trimtab::cli {
namespace {

using Status = Check::Status;
using SampleStatus = engine::MetricSample::Status;

std::string with_unit(double value, const std::string& unit) {
  return unit.empty() ? number_text(value) : number_text(value) + " " + unit;
}

std::string hint_for(SampleStatus status) {
  switch (status) {
    case SampleStatus::kMissing:
      return "run the query in Prometheus: is the metric scraped, do the labels match?";
    case SampleStatus::kImplausible:
      return "check the unit and the query, or widen plausible";
    case SampleStatus::kNotFinite:
      return "the query divides by zero: is there load?";
    case SampleStatus::kStale:
    case SampleStatus::kPartial:
      return "is the target scraped at least twice in every step?";
    case SampleStatus::kUsable:
      break;
  }
  return {};
}

Check metric_check(const model::Metric& metric, const telemetry::ExplainedWindow& window) {
  Check check{Status::kOk, "metric", metric.name, {}, {}, {}};
  const auto found = window.window.samples.find(metric.name);
  if (found == window.window.samples.end()) {
    check.status = Status::kFailed;
    check.detail = "was not asked for";
    return check;
  }
  const engine::MetricSample& sample = found->second;
  if (sample.status == SampleStatus::kUsable) {
    check.value = with_unit(sample.value, metric.unit);
    check.detail = unit_doubt(metric, sample.value);
    if (check.detail.empty()) return check;
    check.status = Status::kFailed;
    check.hint = "convert in the query, or state the unit that it has";
    return check;
  }
  const auto reason = window.reasons.find(metric.name);
  check.detail = reason == window.reasons.end() ? "has no usable value" : reason->second;
  check.hint = hint_for(sample.status);
  const bool absent = sample.status == SampleStatus::kMissing || sample.status == SampleStatus::kPartial ||
                      sample.status == SampleStatus::kStale;
  check.status = metric.required || !absent ? Status::kFailed : Status::kWarning;
  return check;
}

model::Metrics usable_metrics(const telemetry::ExplainedWindow& window) {
  model::Metrics metrics;
  for (const auto& [name, sample] : window.window.samples) {
    if (sample.status == SampleStatus::kUsable) metrics[name] = sample.value;
  }
  return metrics;
}

}  // namespace

std::string_view to_string(Check::Status status) {
  return status == Status::kOk ? "ok" : status == Status::kWarning ? "warning" : "failed";
}

std::vector<Check> document_checks(const std::vector<Error>& faults) {
  std::vector<Check> checks;
  for (const auto& fault : faults) {
    const std::string field = fault.field.empty() ? "document" : fault.field;
    const std::string place =
        fault.position.line > 0 ? fmt::format("{}:{} {}", fault.position.line, fault.position.column, field) : field;
    checks.push_back({Status::kFailed, "document", place, {}, fault.message, fault.hint});
  }
  if (checks.empty()) checks.push_back({Status::kOk, "document", "fields, ranges, formulas, constraints", {}, {}, {}});
  return checks;
}

std::string unit_doubt(const model::Metric& metric, double value) {
  // Bounds beyond which the other unit is the likelier explanation, for one replica of one service.
  constexpr double kLeastLatencyMs = 0.1;      // a request that reaches a socket takes longer
  constexpr double kMostLatencySeconds = 600;  // no client waits ten minutes
  constexpr double kMostMebibytes = 16 << 20;  // 16 TiB: what one replica never has
  constexpr double kMostCores = 1024;          // of one machine
  const bool latency = metric.role == model::MetricRole::kLatency;
  if (metric.unit == "ms" && latency && value > 0 && value < kLeastLatencyMs) {
    return fmt::format("{} ms is too short for a request: is the query in seconds?", number_text(value));
  }
  if (metric.unit == "s" && latency && value > kMostLatencySeconds) {
    return fmt::format("{} s is too long for a request: is the query in milliseconds?", number_text(value));
  }
  if (metric.unit == "MiB" && value > kMostMebibytes) {
    return fmt::format("{} MiB is more than a machine has: is the query in bytes?", number_text(value));
  }
  if (metric.unit == "cores" && value > kMostCores) {
    return fmt::format("{} cores are more than a machine has: is the query in millicores?", number_text(value));
  }
  if (metric.unit == "ratio" && metric.role == model::MetricRole::kErrors && value > 1) {
    return fmt::format("a ratio of {} errors: is the query in percent, or a count?", number_text(value));
  }
  return {};
}

std::vector<Check> metric_checks(const model::Application& application, const telemetry::ExplainedWindow& window) {
  std::vector<Check> checks;
  for (const auto& metric : application.metrics)
    checks.push_back(metric_check(metric, window));
  const auto load = window.window.samples.find(application.load_metric);
  if (load != window.window.samples.end() && load->second.status == SampleStatus::kUsable && load->second.value <= 0) {
    checks.push_back({Status::kWarning, "metric", application.load_metric, number_text(load->second.value),
                      "there is no load now: nothing can be learned", "send requests, or look at another time"});
  }
  return checks;
}

std::vector<Check> objective_checks(const model::Application& application, const telemetry::ExplainedWindow& window) {
  std::vector<Check> checks;
  const model::Metrics metrics = usable_metrics(window);
  const auto& objective = application.objective;
  for (std::size_t k = 0; k < objective.slos().size(); ++k) {
    const model::Slo& slo = objective.slos()[k];
    Check check{Status::kOk, "slo", slo.name, {}, {}, {}};
    const auto value = objective.slo_value(k, metrics, application.baseline);
    if (!value) {
      check.status = Status::kWarning;
      check.detail = "has no value now: " + value.error().message;
    } else {
      check.value = number_text(*value);
      if (!slo.holds(*value)) {
        check.status = Status::kWarning;
        check.detail = fmt::format("does not hold now: {} {} {}", number_text(*value), slo.upper ? ">" : "<",
                                   number_text(slo.bound));
        check.hint = "Trimtab proposes no saving while an SLO is broken";
      }
    }
    checks.push_back(std::move(check));
  }
  for (std::size_t k = 0; k < objective.goals().size(); ++k) {
    if (application.baseline.empty()) break;  // known only once the live configuration is
    Check check{Status::kOk, "goal", objective.goals()[k].text, {}, {}, {}};
    const auto value = objective.goal_value(k, metrics, application.baseline);
    if (value) {
      check.value = number_text(*value) + " at the baseline";
    } else {
      check.status = Status::kWarning;
      check.detail = "has no value now: " + value.error().message;
    }
    checks.push_back(std::move(check));
  }
  return checks;
}

}  // namespace trimtab::cli
