#include "platform/kubernetes/canary.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/log.h"
#include "engine/live_facts.h"

namespace trimtab::platform {
namespace {

constexpr int kWorseLooks = 2;
constexpr Duration kQueryDeadline = std::chrono::seconds(10);

// A name of Kubernetes in a regular expression: only its dots mean something there.
std::string alternatives(const std::vector<std::string>& pods) {
  std::string text;
  for (const std::string& pod : pods) {
    if (!text.empty()) text += '|';
    for (const char c : pod)
      text += c == '.' ? std::string("[.]") : std::string(1, c);
  }
  return text;
}

bool is_severe(const model::Slo& slo, double value) {
  if (!std::isfinite(value)) return true;
  return slo.upper ? value >= 2 * slo.bound && slo.bound > 0 : value <= slo.bound / 2;
}

}  // namespace

std::string restricted_to_pods(const std::string& query, const std::vector<std::string>& pods) {
  const std::string matcher = "pod=~\"" + alternatives(pods) + "\"";
  std::string made;
  char quote = 0;
  for (std::size_t i = 0; i < query.size(); ++i) {
    const char c = query[i];
    made += c;
    if (quote != 0) {
      if (c == '\\' && quote != '`' && i + 1 < query.size()) {
        made += query[++i];
      } else if (c == quote) {
        quote = 0;
      }
    } else if (c == '"' || c == '\'' || c == '`') {
      quote = c;
    } else if (c == '{') {
      const auto next = query.find_first_not_of(" \t\n", i + 1);
      made += matcher;
      if (next != std::string::npos && query[next] != '}') made += ",";
    }
  }
  return made;
}

CanaryLook compare_groups(const model::Objective& objective, const engine::WindowSamples& canary,
                          const engine::WindowSamples& control, const model::Configuration& canary_values,
                          const model::Configuration& control_values) {
  const engine::SloLook mine = engine::look_at_slos(objective, engine::usable_metrics(canary), canary_values);
  const engine::SloLook theirs = engine::look_at_slos(objective, engine::usable_metrics(control), control_values);
  CanaryLook look;
  for (const model::Slo& slo : objective.slos()) {
    const auto here = mine.values.find(slo.name);
    const auto there = theirs.values.find(slo.name);
    if (here == mine.values.end() || there == theirs.values.end()) continue;
    look.judged = true;
    const bool worse = !slo.holds(here->second) && slo.holds(there->second);
    look.severe = look.severe || (worse && is_severe(slo, here->second));
    const std::string text = fmt::format("{}: canary {:.4g}, others {:.4g}", slo.text, here->second, there->second);
    if (worse && !look.worse) look.text.clear();  // what is wrong alone
    if (worse || !look.worse) look.text += (look.text.empty() ? "" : "; ") + text;
    look.worse = look.worse || worse;
  }
  return look;
}

Result<engine::WindowSamples> CanaryWatch::measure(const std::vector<std::string>& pods, Instant start, Instant end) {
  std::vector<model::Metric> metrics;
  for (model::Metric metric : application_.metrics) {
    std::string restricted = restricted_to_pods(metric.query, pods);
    if (restricted == metric.query) continue;  // without a selector in braces it would be of both groups
    metric.query = std::move(restricted);
    // "No errors were counted" is not known of a pod that the metric does not tell apart.
    metric.default_value.reset();
    metrics.push_back(std::move(metric));
  }
  return metrics_->window(metrics, start, end, application_.cadence.step, kQueryDeadline);
}

std::string CanaryWatch::look(const std::vector<std::string>& canary, const std::vector<std::string>& control,
                              const model::Configuration& canary_values, const model::Configuration& control_values,
                              Instant since, Instant now) {
  if (metrics_ == nullptr || canary.empty() || control.empty()) return {};
  const Instant start = std::max(since, now - application_.cadence.window);
  if (now - start < 2 * application_.cadence.step) return {};  // too few points for a rate
  const auto mine = measure(canary, start, now);
  const auto theirs = mine ? measure(control, start, now) : mine;
  if (!theirs) {
    log::info("canary.not_measured", {{"error", theirs.error().message}});
    return {};
  }
  const CanaryLook look = compare_groups(application_.objective, *mine, *theirs, canary_values, control_values);
  if (look.judged) seen_ = look.text;
  worse_in_a_row_ = look.worse ? worse_in_a_row_ + 1 : 0;
  return look.severe || worse_in_a_row_ >= kWorseLooks ? look.text : std::string();
}

}  // namespace trimtab::platform
