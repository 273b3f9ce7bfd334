// The verdict on a change: windows after it against windows before it, at equal load.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "engine/live_step.h"

namespace trimtab::engine {
namespace {

// A zero of an error ratio can be compared with another: one hundredth of the bound is added to both.
constexpr double kOffsetOfBound = 0.01;
constexpr double kOffsetOfErrors = 1e-4;

// How much worse the SLO's value was predicted to become, at most: who approved the change accepted that.
double accepted_worsening(const model::Recommendation& decision, const std::string& metric, bool upper) {
  double worst = 0;
  for (const model::Prediction& prediction : decision.predictions) {
    if (prediction.metric != metric || prediction.current <= 0) continue;
    if (upper) worst = std::max(worst, prediction.high / prediction.current - 1);
    // For a lower bound the comparison's ratio is the other way round.
    if (!upper && prediction.low > 0) worst = std::max(worst, prediction.current / prediction.low - 1);
  }
  return worst;
}

std::string row_text(const model::Verdict::Row& row) {
  return fmt::format("{} {:+.0f} % ({:+.0f} to {:+.0f} %): {}", row.metric, row.change * 100, row.low * 100,
                     row.high * 100, row.conclusion);
}

}  // namespace

std::vector<insight::ComparedMetric> LiveStep::compared_metrics(const model::Recommendation& decision) const {
  std::vector<insight::ComparedMetric> compared;
  std::vector<std::string> covered;
  const bool as_predicted = decision.kind != "manual";
  for (std::size_t k = 0; k < application_.objective.slos().size(); ++k) {
    const model::Slo& slo = application_.objective.slos()[k];
    insight::ComparedMetric metric;
    metric.name = slo.name;
    metric.value = [this, k](const model::Observation& seen) -> std::optional<double> {
      const auto value = application_.objective.slo_value(k, seen.metrics, seen.configuration);
      return value ? std::optional(*value) : std::nullopt;
    };
    metric.lower_is_better = slo.upper;
    metric.offset = slo.upper ? kOffsetOfBound * std::abs(slo.bound) : 0;
    const std::vector<std::string>& names = slo.value.variables();
    const std::string alone = names.size() == 1 ? names.front() : "";
    metric.tolerated = policy().tolerated_regression;
    if (as_predicted) {
      metric.tolerated = std::max({metric.tolerated, accepted_worsening(decision, slo.name, slo.upper),
                                   accepted_worsening(decision, alone, slo.upper)});
    }
    if (slo.value.to_string() == alone) covered.push_back(alone);
    compared.push_back(std::move(metric));
  }
  for (const model::Metric& one : application_.metrics) {
    using model::MetricRole;
    const bool judged =
        one.role == MetricRole::kLatency || one.role == MetricRole::kErrors || one.role == MetricRole::kThroughput;
    if (!judged || std::ranges::find(covered, one.name) != covered.end()) continue;
    insight::ComparedMetric metric;
    metric.name = one.name;
    // Throughput follows the load: what counts is the share of the load that was answered.
    const bool of_load = one.role == MetricRole::kThroughput;
    metric.value = [name = one.name, of_load](const model::Observation& seen) -> std::optional<double> {
      const auto found = seen.metrics.find(name);
      if (found == seen.metrics.end() || (of_load && seen.load <= 0)) return std::nullopt;
      return of_load ? found->second / seen.load : found->second;
    };
    metric.lower_is_better = one.role != MetricRole::kThroughput;
    metric.offset = one.role == MetricRole::kErrors ? kOffsetOfErrors : 0;
    metric.tolerated = policy().tolerated_regression;
    if (as_predicted) {
      metric.tolerated = std::max(metric.tolerated, accepted_worsening(decision, one.name, metric.lower_is_better));
    }
    compared.push_back(std::move(metric));
  }
  return compared;
}

// After each window while verifying.
void LiveStep::judge() {
  if (!state_.decision || state_.decision->state != State::kVerifying) return;
  const Windows after = windows_since_change();
  if (after.empty()) return;
  const model::Observation last = *after.back();
  const SloLook newest = look_at_slos(application_.objective, last.metrics, last.configuration);
  if (newest.breached && is_beyond_promise(*state_.decision, last.load)) return;  // the guard's to act on
  if (newest.breached && !cannot_help_to_undo(*state_.decision, false)) {
    const std::string reason = "slo_breach: " + newest.text + " in a window after the change";
    remember_failure(state_.decision->target(), reason, last.metrics);
    return begin_roll_back("trimtab", reason);
  }
  if (static_cast<int>(after.size()) < cadence().verify_windows) return;
  state_.decision->verdict = compare(after);
  const std::vector<model::Verdict::Row>& rows = state_.decision->verdict->rows;
  if (const auto worse = std::ranges::find(rows, "worse", &model::Verdict::Row::conclusion); worse != rows.end()) {
    const std::string text = row_text(*worse);
    state_.decision->verdict->conclusion = "worse than tolerated: " + text;
    remember_failure(state_.decision->target(), "worse_at_equal_load: " + text, {});
    return begin_roll_back("trimtab", "worse_at_equal_load: " + text);
  }
  conclude(static_cast<int>(after.size()), newest.breached);
}

model::Verdict LiveStep::compare(const Windows& after) const {
  std::vector<model::Observation> now;
  for (const model::Observation* seen : after)
    now.push_back(*seen);
  std::vector<model::Observation> before;
  for (const model::Observation& seen : state_.observations) {
    if (seen.end <= state_.configuration_since && same(seen.configuration, state_.decision->current)) {
      before.push_back(seen);
    }
  }
  insight::ComparisonOptions options;
  options.confidence = policy().verdict_confidence;
  return insight::compare_at_equal_load(before, now, compared_metrics(*state_.decision), options);
}

// No SLO was breached by the change and nothing is worse: keep it, or wait for more windows.
void LiveStep::conclude(int windows, bool still_breached) {
  model::Verdict& verdict = *state_.decision->verdict;
  const bool comparable = !verdict.conclusion.starts_with("undecided");
  const bool clear =
      comparable && std::ranges::none_of(verdict.rows, [](const auto& row) { return row.conclusion == "undecided"; });
  // Without windows at equal load more of them seldom help: the load has moved on.
  const int most =
      comparable ? cadence().verify_windows_max : std::min(cadence().verify_windows_max, 2 * cadence().verify_windows);
  if (!clear && !still_breached && windows < most) return;  // the verdict so far can be seen
  if (still_breached) {
    verdict.conclusion = fmt::format("still outside its SLOs, as before the change; no worse in {} windows", windows);
  } else if (clear) {
    verdict.conclusion = "not worse than tolerated at equal load, every SLO holds";
  } else if (comparable) {
    verdict.conclusion =
        fmt::format("the comparison at equal load did not decide; kept because every SLO held in {} windows", windows);
  } else {
    verdict.conclusion =
        fmt::format("too few windows at equal load to compare; kept because every SLO held in {} windows", windows);
  }
  keep(std::string(verdict.conclusion));
}

void LiveStep::keep(const std::string& reason) {
  const double saving = state_.decision->cost_current - state_.decision->cost_proposed;
  std::string text = reason;
  if (std::abs(saving) >= 0.005) {
    text += fmt::format("; {} {:.2f} {} a month", saving > 0 ? "saves" : "costs", std::abs(saving),
                        application_.prices.currency);
  }
  transition(*state_.decision, State::kKept, "trimtab", "kept", text);
  notify("info", state_.application + ": kept: " + text, state_.decision->id);
  state_.last_known_good = state_.decision->target();
  if (state_.decision->kind != "return") state_.surge.reset();
  state_.last_kept = std::move(state_.decision);
  state_.decision.reset();
  state_.kept_at = at_;
  enter(state_.paused ? Phase::kFrozen : Phase::kObserving);
}

}  // namespace trimtab::engine
