// Windows of evidence: when they are asked for, which are refused and why, and what is learned from the others.
#include <algorithm>

#include <fmt/format.h>

#include "engine/live_step.h"
#include "insight/cost.h"

namespace trimtab::engine {
namespace {

constexpr std::string_view kRefused = "the last window was refused: ";

Duration limit_of(const model::Application& application) {
  return application.telemetry.timeout > Duration::zero() ? application.telemetry.timeout : kQueryLimit;
}

Instant last_multiple(Instant at, Duration width) {
  const std::int64_t w = std::max<std::int64_t>(1, width.count());
  return {at.us / w * w};
}

}  // namespace

// The first answer of the platform.
void LiveStep::start(const LiveState& live) {
  if (!live.healthy) {
    state_.retry_at = at_ + cadence().guard_every;  // replicas that are just starting are ready soon; a look is cheap
    return;
  }
  state_.expected = live.configuration;
  state_.release = live.release;
  state_.baseline = application_.baseline.empty() ? live.configuration : application_.baseline;
  state_.last_known_good = state_.baseline;
  state_.out_of_memory_seen = out_of_memory_kills(live);
  state_.restarts_seen = unexpected_exits(live);
  state_.configuration_since = at_;
  state_.attempts = 0;
  state_.retry_at = at_;
  records_.emplace_back(ConfigurationChanged{at_, live.configuration, {}, "enrolled"});
  audit("application.enrolled", {}, "observes " + live.configuration.to_string());
  update_costs();
  enter(state_.paused ? Phase::kFrozen : Phase::kObserving);
}

// A window is asked for one step after its end, so that its last points are in; the live configuration is read first.
void LiveStep::plan_window() {
  const Duration window = cadence().window;
  if (at_ < state_.next_window + cadence().step) return;
  if (at_ >= state_.next_window + cadence().step + window) {  // late: only the newest whole window is worth asking for
    state_.next_window = last_multiple(at_ - cadence().step, window);
  }
  const bool changing = under_way<Apply>() != nullptr ||
                        (state_.decision &&
                         (state_.decision->state == State::kApplying || state_.decision->state == State::kRollingBack));
  // What overlaps a change or the settling after it is no evidence.
  if (changing || settling(state_.next_window - window)) {
    state_.next_window = state_.next_window + window;
    return;
  }
  if (!querying(QueryPurpose::kObserve)) read_live();
}

void LiveStep::query_window(Instant read_issued) {
  if (read_issued < state_.next_window || at_ < state_.next_window + cadence().step) return;
  if (querying(QueryPurpose::kObserve) || under_way<Apply>() != nullptr) return;
  if (settling(state_.next_window - cadence().window)) return;
  issue(QueryMetrics{QueryPurpose::kObserve, state_.next_window - cadence().window, state_.next_window},
        limit_of(application_));
  state_.next_window = state_.next_window + cadence().window;
}

void LiveStep::observe(const WindowSamples& window) {
  const std::string bad = unusable_reason(application_, window);
  if (!bad.empty()) {
    ++state_.windows_refused;
    trouble("metrics are not usable: " + bad);
    return;
  }
  trouble_over("metrics are not usable");
  if (under_way<Apply>() != nullptr) return refuse("a change was under way");
  if (settling(window.start)) return refuse("the window overlaps the settling after a change");
  if (!state_.live.healthy) {
    return refuse("the application is not healthy: " +
                  (state_.live.trouble.empty() ? replica_trouble(state_.live) : state_.live.trouble));
  }
  if (!same(state_.live.configuration, state_.expected)) return refuse("the live configuration changed");
  if (was_disturbed(window.start))
    return refuse("around the application: " + (is_calm() ? "the time to settle" : state_.disturbance));

  if (read_back(window)) return;
  model::Observation seen;
  seen.start = window.start;
  seen.end = window.end;
  seen.configuration = project(application_.space, state_.expected);
  seen.metrics = usable_metrics(window);
  const auto load = seen.metrics.find(application_.load_metric);
  if (load != seen.metrics.end()) seen.load = load->second;
  for (const model::Metric& metric : application_.metrics) {
    const auto kills = seen.metrics.find(metric.name);
    // Half a kill: increase() extrapolates and is seldom whole.
    if (metric.role == model::MetricRole::kOutOfMemory && kills != seen.metrics.end() && kills->second >= 0.5) {
      seen.failed = true;
      seen.failure = fmt::format("out_of_memory: {} = {:.3g} in the window", metric.name, kills->second);
    }
  }
  learn_load(window.end, seen.load);
  seen.context = state_.context;
  const SloLook look = look_at_slos(application_.objective, seen.metrics, seen.configuration);
  for (const auto& [name, value] : look.values)
    state_.slo_last[name] = value;
  ++state_.windows_usable;
  fresh_window_ = true;
  if (state_.search_answer.starts_with(kRefused)) state_.search_answer.clear();
  update_costs();
  remember(seen);
  if (seen.failed) breach("out_of_memory", seen.failure, seen.metrics, true);
  judge();
}

void LiveStep::refuse(const std::string& reason) {
  ++state_.windows_refused;
  state_.search_answer = std::string(kRefused) + reason;
}

// Said once when it begins and once when it ends, however many windows it lasts.
void LiveStep::trouble(const std::string& reason) {
  if (state_.data_trouble.empty()) {
    audit("data.trouble", {}, reason);
    notify("warning", state_.application + ": " + reason);
  }
  state_.data_trouble = reason;
}

void LiveStep::trouble_over(std::string_view kind) {
  if (!state_.data_trouble.starts_with(kind)) return;
  audit("data.recovered", {}, "over: " + state_.data_trouble);
  state_.data_trouble.clear();
}

void LiveStep::learn_load(Instant end, double load) {
  state_.load_now = load;
  const std::size_t buckets = state_.loads.highest.size();
  const Duration width = state_.loads.bucket;
  insight::add_load(state_.loads, end, load, cadence().window);
  // Regimes change with the history's buckets; a window within one adds nothing to them and recognition is not free.
  if (state_.loads.highest.size() != buckets || state_.loads.bucket != width) {
    state_.contexts = insight::recognise_contexts(state_.loads, state_.contexts);
  }
  const LoadContext* context = insight::context_of(state_.contexts, load);
  state_.context = context == nullptr ? "" : context->id;
  const std::vector<double> loads = expected_loads();
  state_.load_expected = loads.empty() ? load : *std::ranges::max_element(loads);
}

double LiveStep::cost_of(const model::Configuration& configuration) const {
  const int replicas = std::max<int>(1, static_cast<int>(state_.live.replicas.size()));
  return insight::monthly_cost(application_, configuration, replicas);
}

void LiveStep::update_costs() {
  state_.cost_current = cost_of(state_.expected);
  state_.cost_baseline = cost_of(state_.baseline);
}

// Another configuration than expected, outside a change of ours: somebody else's.
void LiveStep::check_drift() {
  if (!state_.live.healthy || same(state_.live.configuration, state_.expected)) return;
  if (state_.decision && (state_.decision->state == State::kApplying || state_.decision->state == State::kRollingBack))
    return;
  std::string what;
  for (const std::string& name : project(application_.space, state_.live.configuration)
                                     .difference(project(application_.space, state_.expected))) {
    what += (what.empty() ? "" : ", ") + name;
  }
  const std::string text = "the live configuration was changed by somebody else: " + what;
  now_live(state_.live, "drift", {});
  audit("configuration.drift", state_.decision ? state_.decision->id : "", text);
  notify("warning", state_.application + ": " + text);
  supersede_open(text);
  state_.last_kept.reset();
  if (state_.decision && state_.decision->state == State::kVerifying) {
    end_decision(State::kFailed, "failed", "drift: " + text);
  }
}

}  // namespace trimtab::engine
