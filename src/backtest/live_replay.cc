#include "backtest/live_replay.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include "backtest/imagined.h"
#include "backtest/recorded_trace.h"
#include "simulation/live_driver.h"
#include <fmt/format.h>

#include "engine/live_recall.h"
#include "insight/cost.h"

namespace trimtab::backtest {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);
constexpr Duration kDay = std::chrono::hours(24);
constexpr Duration kDeadline = std::chrono::minutes(1);
constexpr int kMostLearnDays = 14;  // as the sizers' replay
// Of the audit trail, what a person at the time would have been told beside recommendations.
constexpr std::array<std::string_view, 8> kTold = {"slo.breach",      "slo.recovered",      "data.trouble",
                                                   "data.recovered",  "guard.breach",       "guard.surge",
                                                   "proposal.failed", "configuration.drift"};

// A recording: it runs the application's baseline and cannot be changed.
class RecordedWorld final : public simulation::DrivenWorld {
 public:
  RecordedWorld(const model::Application& application, RecordedSeries recorded, int replicas, Instant start)
      : application_(application), recorded_(std::move(recorded)), now_(start) {
    live_.configuration = application.baseline;
    live_.fingerprint = "recorded";
    live_.healthy = true;
    for (int i = 0; i < replicas; ++i) {
      const std::string name = fmt::format("recorded-{}", i + 1);
      live_.replicas.push_back({name, true, application.baseline, name, 0, 0, {}});
    }
  }

  void advance(Duration step) { now_ = now_ + step; }
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] Result<engine::WindowSamples> window(Instant start, Instant end) override {
    return recorded_.window(application_.metrics, start, end, application_.cadence.step, kDeadline);
  }
  [[nodiscard]] engine::LiveState live() const override {
    engine::LiveState live = live_;
    live.at = now_;
    return live;
  }
  [[nodiscard]] Result<void> begin(const engine::ApplyRequest& /*request*/) override { return unchangeable(); }
  [[nodiscard]] bool changing() const override { return false; }
  [[nodiscard]] Result<engine::LiveState> outcome() const override {
    TRY(unchangeable());
    return live();
  }

 private:
  static Result<void> unchangeable() {
    return fail(Error{Code::kConflict, "a recording cannot be changed", {}, {}, {}});
  }

  const model::Application& application_;
  RecordedSeries recorded_;
  Instant now_;
  engine::LiveState live_;
};

void recommend_only(model::Policy& policy) {
  if (policy.mode == model::Mode::kAutonomous) policy.mode = model::Mode::kRecommend;
  for (auto& [parameter, mode] : policy.parameter_modes) {
    if (mode == model::Mode::kAutonomous) mode = model::Mode::kRecommend;
  }
}

class Replaying {
 public:
  Replaying(const model::Application& application, const RecordedSeries& recorded, const LiveReplayOptions& options,
            LiveReplay& replay)
      : application_(application),
        options_(options),
        replay_(replay),
        world_(application, recorded, options.replicas, replay.enrolled),
        driver_(application, world_, options.seed, [this](const auto& event, const auto& result) {
          for (const engine::Record& record : result.records)
            note(event.at, record);
        }) {
    for (const model::Slo& slo : application.objective.slos())
      replay_.slos.push_back({slo.name, 0, 0});
    const engine::RecallQuery query = engine::recall_query(application, replay.enrolled);
    std::vector<engine::SeriesPoint> loads;
    for (Instant at = replay.recorded_from + query.step; at <= query.end && !query.metrics.empty();
         at = at + query.step) {
      if (at < query.start) continue;
      const auto window = world_.window(at - query.step, at);
      const auto& sample = window->samples.at(application.load_metric);
      if (sample.status == engine::MetricSample::Status::kUsable) loads.push_back({at, sample.value});
    }
    driver_.recall(loads);
  }

  Result<void> play() {
    replay_.cost_recorded = cost_ = insight::monthly_cost(application_, application_.baseline, options_.replicas);
    const auto minutes = static_cast<std::size_t>((replay_.end - replay_.enrolled) / kMinute);
    for (std::size_t minute = 0; minute < minutes; ++minute) {
      if (options_.stop.stop_requested()) return fail(Error{Code::kCancelled, "stopped by request", {}, {}, {}});
      // Cadences below a minute are kept.
      const Duration tick = std::clamp<Duration>(application_.cadence.guard_every, std::chrono::seconds(1), kMinute);
      for (Duration passed{}; passed < kMinute; passed += tick) {
        world_.advance(std::min<Duration>(tick, kMinute - passed));
        TRY(driver_.pass());
      }
      cost_sum_ += cost_;
      if (options_.on_progress && (minute + 1) % 1440 == 0) options_.on_progress(minute + 1, minutes);
    }
    replay_.cost_imagined = minutes > 0 ? cost_sum_ / static_cast<double>(minutes) : cost_;
    const engine::LiveApplicationState& state = driver_.state();
    replay_.windows_usable = state.windows_usable;
    replay_.windows_refused = state.windows_refused;
    for (const std::string& what : state.waiting_for)
      replay_.waits_for += (replay_.waits_for.empty() ? "" : "; ") + what;
    if (replay_.waits_for.empty()) replay_.waits_for = state.search_answer;
    return {};
  }

 private:
  void note(Instant at, const engine::Record& record) {
    if (const auto* audit = std::get_if<engine::AuditEntry>(&record)) {
      if (std::ranges::find(kTold, audit->action) != kTold.end())
        replay_.timeline.push_back({audit->at, audit->action, audit->text, {}});
    } else if (const auto* changed = std::get_if<engine::RecommendationChanged>(&record)) {
      const model::Recommendation& one = changed->recommendation;
      if (one.state != model::RecommendationState::kProposed || !seen_.insert(one.id).second) return;
      replay_.timeline.push_back({at, "recommendation", one.summary, one});
      cost_ = one.cost_proposed;
    } else if (const auto* added = std::get_if<engine::ObservationAdded>(&record)) {
      judge(added->observation);
    }
  }

  void judge(const model::Observation& observation) {
    const model::Objective& objective = application_.objective;
    for (std::size_t k = 0; k < objective.slos().size(); ++k) {
      const auto value = objective.slo_value(k, observation.metrics, observation.configuration);
      if (!value) continue;
      ++replay_.slos[k].windows;
      if (!objective.slos()[k].holds(*value)) ++replay_.slos[k].breached;
    }
  }

  const model::Application& application_;
  const LiveReplayOptions& options_;
  LiveReplay& replay_;
  RecordedWorld world_;
  simulation::LiveDriver driver_;
  std::set<std::string> seen_;  // ids of recommendations
  double cost_ = 0;             // a month, of what is imagined to be in force
  double cost_sum_ = 0;
};

// From the first to the last point of the load metric, on whole minutes.
Result<void> set_times(LiveReplay& replay, const model::Application& application, const RecordedSeries& recorded,
                       const LiveReplayOptions& options) {
  const auto points = recorded.points(application.load_metric);
  if (points.empty()) {
    return fail(not_found("the load metric " + application.load_metric + " was not recorded"));
  }
  constexpr std::int64_t kMicroseconds = Duration(kMinute).count();
  // The first point stands for the minute before it.
  replay.recorded_from = Instant{points.front().at.us / kMicroseconds * kMicroseconds} - kMinute;
  replay.end = {points.back().at.us / kMicroseconds * kMicroseconds};
  const auto days = (replay.end - replay.recorded_from) / kDay;
  replay.learn_days = options.learn_days > 0 ? options.learn_days
                                             : static_cast<int>(std::clamp<std::int64_t>(days / 2, 1, kMostLearnDays));
  replay.enrolled = replay.recorded_from + replay.learn_days * kDay;
  if (replay.enrolled + application.cadence.window > replay.end) {
    return fail(invalid_input(fmt::format("{} of load were recorded, more than {} days are needed",
                                          format_duration(replay.end - replay.recorded_from), replay.learn_days),
                              "--learn", "learn from fewer days"));
  }
  return {};
}

void size_containers(LiveReplay& replay, const model::Application& application, const RecordedSeries& recorded) {
  for (const model::Component& component : application.components) {
    if (!container_size(application.baseline, component.name)) continue;
    const auto trace = recorded_trace(application, component.name, recorded, replay.recorded_from, replay.end);
    if (!trace) {
      replay.notes.push_back(fmt::format("no sizer is compared for {}: {}", component.name, trace.error().message));
      continue;
    }
    std::vector<ImaginedAdvice> schedule;
    for (const TimelineEntry& entry : replay.timeline) {
      if (entry.what != "recommendation") continue;
      const auto size = container_size(entry.recommendation.target(), component.name);
      if (!size) continue;
      schedule.push_back({static_cast<std::size_t>((entry.at - replay.recorded_from) / kMinute),
                          {size->cpu, size->memory_mib, size->cpu_limit}});
    }
    ReplayOptions options;
    options.learn_days = replay.learn_days;
    const Contestant imagined{std::string(kImagined), [&](const Trace&) {
                                return std::make_unique<Imagined>(std::string(kImagined), schedule);
                              }};
    add_trace(replay.containers[component.name], *trace, options, {}, {imagined});
  }
  if (replay.containers.empty() && replay.notes.empty()) {
    replay.notes.push_back("no component has cpu_limit and memory_limit in the baseline: no sizer is compared");
  }
}

}  // namespace

Result<LiveReplay> replay_live(model::Application application, const RecordedSeries& recorded,
                               const LiveReplayOptions& options) {
  if (application.baseline.empty()) {
    return fail(invalid_input("the series do not say what ran while they were recorded", "baseline",
                              "name every parameter's value under baseline:"));
  }
  TRY(application.space.validate(application.baseline));
  recommend_only(application.policy);
  LiveReplay replay;
  replay.application = application.name;
  replay.currency = application.prices.currency;
  replay.prices.currency = application.prices.currency;
  if (application.prices.cpu_core_month > 0) replay.prices.cpu_core_month = application.prices.cpu_core_month;
  if (application.prices.memory_gib_month > 0) replay.prices.memory_gib_month = application.prices.memory_gib_month;
  TRY(set_times(replay, application, recorded, options));
  TRY(Replaying(application, recorded, options, replay).play());
  size_containers(replay, application, recorded);
  return replay;
}

}  // namespace trimtab::backtest
