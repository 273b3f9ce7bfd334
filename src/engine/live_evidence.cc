// Evidence in words: what was seen of the present configuration that led to a proposal.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "engine/live_step.h"

namespace trimtab::engine {
namespace {

struct Usage {
  std::string_view metric;  // ending of the metric's name
  std::string_view limit;   // ending of the parameter's name
  std::string_view what;
};
constexpr std::array<Usage, 4> kUsages{{
    {".cpu_used_peak", ".cpu_limit", "CPU used at the busiest moment"},
    {".memory_working_set", ".memory_limit", "memory working set"},
    {".live_data", ".heap", "live data in the heap after collection"},
    {".busy_threads", ".max_threads", "busy threads"},
}};

std::optional<double> highest(const std::vector<const model::Observation*>& windows, const std::string& metric) {
  std::optional<double> most;
  for (const model::Observation* window : windows) {
    const auto found = window->metrics.find(metric);
    if (found != window->metrics.end()) most = std::max(most.value_or(found->second), found->second);
  }
  return most;
}

std::vector<std::string> usage_statements(const model::Application& application,
                                          const model::Configuration& configuration,
                                          const std::vector<const model::Observation*>& windows) {
  std::vector<std::string> statements;
  for (const model::Metric& metric : application.metrics) {
    const auto most = highest(windows, metric.name);
    if (!most) continue;
    if (metric.role == model::MetricRole::kThrottling && *most > 0) {
      statements.push_back(fmt::format("throttled in up to {:.1f} % of the scheduler's periods", *most * 100));
    }
    for (const Usage& usage : kUsages) {
      if (!metric.name.ends_with(usage.metric)) continue;
      // The limit of the same component, else of any: a JVM's heap lies in another component than its container.
      const std::string component = metric.name.substr(0, metric.name.size() - usage.metric.size());
      const auto limit = configuration.number(component + std::string(usage.limit));
      if (!limit || *limit <= 0) continue;
      const model::Parameter* parameter = application.space.find(component + std::string(usage.limit));
      statements.push_back(fmt::format("{}: at most {:.3g} of {} ({:.0f} %)", usage.what, *most,
                                       value_text(*limit, parameter == nullptr ? "" : parameter->unit),
                                       *most / *limit * 100));
    }
  }
  return statements;
}

std::vector<std::string> slo_statements(const model::Objective& objective,
                                        const std::vector<const model::Observation*>& windows) {
  std::vector<std::string> statements;
  for (std::size_t k = 0; k < objective.slos().size(); ++k) {
    const model::Slo& slo = objective.slos()[k];
    double worst = std::numeric_limits<double>::infinity();
    double value_at = 0, load_at = 0;
    for (const model::Observation* window : windows) {
      const auto value = objective.slo_value(k, window->metrics, window->configuration);
      if (!value || slo.margin(*value) >= worst) continue;
      worst = slo.margin(*value);
      value_at = *value, load_at = window->load;
    }
    if (!std::isfinite(worst)) continue;
    statements.push_back(fmt::format("{}: at worst {:.4g}, at {:.4g} requests/s",
                                     slo.text.empty() ? slo.name : slo.text, value_at, load_at));
  }
  return statements;
}

}  // namespace

model::Evidence LiveStep::evidence() const {
  model::Evidence seen;
  std::vector<const model::Observation*> here;
  for (const model::Observation& window : state_.observations) {
    if (window.failed) continue;
    if (seen.windows == 0) seen.load_low = seen.load_high = window.load;
    ++seen.windows;
    seen.load_low = std::min(seen.load_low, window.load);
    seen.load_high = std::max(seen.load_high, window.load);
    if (same(window.configuration, state_.expected)) here.push_back(&window);
  }
  seen.windows_at_current = static_cast<int>(here.size());
  const std::vector<double> loads = expected_loads();
  seen.load_expected = loads.empty() ? state_.load_now : *std::ranges::max_element(loads);
  seen.statements = slo_statements(application_.objective, here);
  for (std::string& statement : usage_statements(application_, project(application_.space, state_.expected), here)) {
    seen.statements.push_back(std::move(statement));
  }
  if (const auto cycle = insight::find_cycle(state_.loads)) {
    seen.statements.push_back(fmt::format("the load repeats every {}", format_duration(*cycle)));
  }
  return seen;
}

// "Change container.cpu_limit 1 -> 0.85 cores, jvm.heap 512 -> 448 MiB: saves 4.10 EUR a month (14 %); every SLO holds
// with 97 % confidence up to 58 requests/s"
std::string LiveStep::summary(const model::Recommendation& recommendation) const {
  std::string text = recommendation.kind == "return" ? "Return to safety: " : "Change ";
  bool first = true;
  for (const model::Change& change : recommendation.changes) {
    if (change.skipped) continue;
    text += (first ? "" : ", ") + change_text(change);
    first = false;
  }
  if (first) return "Change nothing: every change is skipped";
  const double saving = recommendation.cost_current - recommendation.cost_proposed;
  if (recommendation.cost_current > 0 && std::abs(saving) >= 0.005) {
    text += fmt::format(": {} {:.2f} {} a month ({:.0f} %)", saving > 0 ? "saves" : "costs", std::abs(saving),
                        application_.prices.currency, std::abs(saving) / recommendation.cost_current * 100);
  }
  if (recommendation.confidence) {
    text += fmt::format("; every SLO holds with {:.0f} % confidence up to {:.4g} requests/s",
                        std::floor(*recommendation.confidence * 100), recommendation.evidence.load_expected);
  }
  return text;
}

}  // namespace trimtab::engine
