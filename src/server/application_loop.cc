#include "server/application_loop.h"

#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "engine/live_json.h"

namespace trimtab::server {
namespace {

// Answers kept while the store cannot be written; more than the engine ever has under way.
constexpr std::size_t kMostUnstored = 64;
// A command the state does not wait for any more still gets this long: its effect may be wanted (a notice).
constexpr Duration kDefaultDeadline = std::chrono::seconds(30);

// Whether two states differ only in the count of steps and in what is said of them to people: a countdown is not worth
// a journaled step every second.
bool same_but_words(const engine::LiveApplicationState& a, const engine::LiveApplicationState& b) {
  nlohmann::json left = engine::to_json(a);
  nlohmann::json right = engine::to_json(b);
  for (const char* name : {"sequence", "status", "waiting_for"}) {
    left.erase(name);
    right.erase(name);
  }
  return left == right;
}

bool is_error_of_stopping(const decltype(engine::Event::what)& what) {
  return std::visit(
      [](const auto& event) {
        if constexpr (requires { event.error; }) return event.error.code == Code::kCancelled;
        return false;
      },
      what);
}

}  // namespace

ApplicationLoop::ApplicationLoop(LoopEnvironment environment, std::shared_ptr<const model::Application> application,
                                 engine::LiveApplicationState state, Instant enrolled,
                                 std::unique_ptr<engine::MetricSource> metrics,
                                 std::unique_ptr<engine::Platform> platform)
    : environment_(environment),
      application_(std::move(application)),
      enrolled_(enrolled),
      metrics_(std::move(metrics)),
      platform_(std::move(platform)),
      state_(std::make_shared<const engine::LiveApplicationState>(std::move(state))),
      metrics_lane_(environment.threading),
      platform_lane_(environment.threading) {}

ApplicationLoop::~ApplicationLoop() {
  request_stop();
}

void ApplicationLoop::request_stop() {
  metrics_lane_.request_stop();
  platform_lane_.request_stop();
}

Result<void> ApplicationLoop::feed(What what, std::vector<engine::Record> notes) {
  const std::scoped_lock lock(step_mutex_);
  TRY(feed_locked(std::move(what), std::move(notes)));
  return {};
}

Result<engine::StepResult> ApplicationLoop::feed_locked(What what, std::vector<engine::Record> notes) {
  if (stopped_) return fail(unavailable("application " + application_->name + " is being replaced", "try again"));
  const engine::Event event{environment_.clock.now(), std::move(what)};
  const auto before = state();
  engine::StepResult result = environment_.step(*application_, *before, event);
  std::move(notes.begin(), notes.end(), std::back_inserter(result.records));
  if (std::holds_alternative<engine::Tick>(event.what) && result.commands.empty() && result.records.empty() &&
      same_but_words(*before, result.state)) {
    return result;  // nothing happened: the state stays as it is stored
  }
  const std::uint64_t number = environment_.crash_point.next_step();
  environment_.crash_point.pass(number, CrashPoint::Place::kBeforeCommit);
  if (auto committed = environment_.store.commit(application_->name, event, result); !committed) {
    environment_.counters.commit_failures.fetch_add(1, std::memory_order_relaxed);
    log::error("store.commit_failed", {{"application", application_->name},
                                       {"event", engine::kind_of(event)},
                                       {"error", committed.error().to_string()}});
    return fail(committed.error());
  }
  environment_.crash_point.pass(number, CrashPoint::Place::kAfterCommit);
  environment_.counters.steps.fetch_add(1, std::memory_order_relaxed);
  {
    auto after = std::make_shared<const engine::LiveApplicationState>(result.state);
    const std::scoped_lock lock(state_mutex_);
    state_ = std::move(after);
  }
  publish(*before, result);
  for (const engine::Command& command : result.commands)
    start(command, number);
  return result;
}

void ApplicationLoop::tick() {
  const std::scoped_lock lock(step_mutex_);
  while (!unstored_.empty()) {
    if (!feed_locked(unstored_.front(), {})) return;
    unstored_.pop_front();
  }
  // A failure is logged and comes again with the next tick.
  static_cast<void>(feed_locked(engine::Tick{}, {}).has_value());
}

Result<model::Recommendation> ApplicationLoop::decide(const engine::PersonDecided& decision) {
  const std::scoped_lock lock(step_mutex_);
  TRY(engine::admissible(*application_, *state(), decision));
  TRY_ASSIGN(const engine::StepResult result, feed_locked(decision, {}));
  for (auto record = result.records.rbegin(); record != result.records.rend(); ++record) {
    const auto* changed = std::get_if<engine::RecommendationChanged>(&*record);
    if (changed && changed->recommendation.id == decision.recommendation) return changed->recommendation;
  }
  return environment_.store.recommendation(decision.recommendation);
}

api::LiveApplication ApplicationLoop::snapshot() const {
  return {*application_, *state(), enrolled_};
}

std::shared_ptr<const engine::LiveApplicationState> ApplicationLoop::state() const {
  const std::scoped_lock lock(state_mutex_);
  return state_;
}

void ApplicationLoop::stop() {
  request_stop();
  metrics_lane_.finish();
  platform_lane_.finish();
  const std::scoped_lock lock(step_mutex_);
  stopped_ = true;
}

bool ApplicationLoop::run_one_command() {
  return metrics_lane_.run_one() || platform_lane_.run_one();
}

// Precondition: step_mutex_ is held.
void ApplicationLoop::start(const engine::Command& command, std::uint64_t step) {
  if (const auto* notice = std::get_if<engine::Notify>(&command.what)) {
    environment_.counters.commands.fetch_add(1, std::memory_order_relaxed);
    const auto level = notice->severity == "critical"  ? log::Level::kError
                       : notice->severity == "warning" ? log::Level::kWarning
                                                       : log::Level::kInfo;
    log::write(
        level, "application.notice",
        {{"application", application_->name}, {"recommendation", notice->recommendation}, {"text", notice->text}});
    environment_.crash_point.pass(step, CrashPoint::Place::kAfterCommand);
    return;
  }
  if (const auto* stopped = std::get_if<engine::StopApply>(&command.what)) {
    environment_.counters.commands.fetch_add(1, std::memory_order_relaxed);
    if (const auto found = running_.find(stopped->command); found != running_.end()) found->second.request_stop();
    environment_.crash_point.pass(step, CrashPoint::Place::kAfterCommand);
    return;
  }
  // The engine may issue a command again that still waits or runs here; once is enough, its answer is awaited.
  const auto [running, added] = running_.try_emplace(command.id);
  if (!added) return;
  TaskLane& lane = std::holds_alternative<engine::QueryMetrics>(command.what) ? metrics_lane_ : platform_lane_;
  lane.post([this, command, step, own = running->second](std::stop_token stop) mutable {
    const std::stop_callback with_the_lane(stop, [&own] { own.request_stop(); });
    run(command, step, stop, own.get_token());
  });
}

void ApplicationLoop::run(const engine::Command& command, std::uint64_t step, std::stop_token stop,
                          std::stop_token own) {
  std::optional<What> what;
  if (const auto* query = std::get_if<engine::QueryMetrics>(&command.what)) {
    what = answer(command.id, *query, stop);
  } else if (const auto* apply = std::get_if<engine::Apply>(&command.what)) {
    what = answer(command.id, *apply, own);
  } else {
    what = answer(command.id, engine::ReadLive{}, stop);
  }
  environment_.counters.commands.fetch_add(1, std::memory_order_relaxed);
  environment_.crash_point.pass(step, CrashPoint::Place::kAfterCommand);
  {
    const std::scoped_lock lock(step_mutex_);
    running_.erase(command.id);
  }
  // Cut short because this program ends: no answer; the next start issues it again.
  if (stop.stop_requested() && is_error_of_stopping(*what)) return;
  feed_answer(std::move(*what));
}

void ApplicationLoop::feed_answer(What what) {
  const std::scoped_lock lock(step_mutex_);
  if (unstored_.empty() && feed_locked(what, {})) return;
  if (unstored_.size() < kMostUnstored) unstored_.push_back(std::move(what));
}

Duration ApplicationLoop::time_left(const std::string& command) const {
  const Instant now = environment_.clock.now();
  for (const auto& waiting : state()->under_way) {
    if (waiting.command.id == command) return std::max(waiting.deadline - now, Duration(std::chrono::milliseconds(1)));
  }
  return kDefaultDeadline;
}

ApplicationLoop::What ApplicationLoop::answer(const std::string& id, const engine::QueryMetrics& query,
                                              std::stop_token) {
  auto window =
      metrics_->window(application_->metrics, query.start, query.end, application_->cadence.step, time_left(id));
  if (!window) return engine::MetricsFailed{id, window.error()};
  return engine::MetricsArrived{id, std::move(*window)};
}

ApplicationLoop::What ApplicationLoop::answer(const std::string& id, const engine::ReadLive&, std::stop_token) {
  auto live = platform_->read_live(time_left(id));
  if (!live) return engine::LiveReadFailed{id, live.error()};
  return engine::LiveRead{id, std::move(*live)};
}

ApplicationLoop::What ApplicationLoop::answer(const std::string& id, const engine::Apply& apply, std::stop_token stop) {
  log::info("change.started", {{"application", application_->name},
                               {"decision", apply.request.decision},
                               {"target", apply.request.target.to_string()}});
  const auto progress = [&](const engine::Progress& at) {
    log::info("change.progress", {{"application", application_->name},
                                  {"decision", apply.request.decision},
                                  {"step", at.step},
                                  {"done", at.done},
                                  {"total", at.total}});
    // Only for the page: a failure to store it must not end the change.
    const std::scoped_lock lock(step_mutex_);
    static_cast<void>(feed_locked(engine::ApplyProgressed{id, at}, {}).has_value());
  };
  auto live = platform_->apply(apply.request, progress, stop, time_left(id));
  if (live) {
    log::info("change.ended", {{"application", application_->name}, {"decision", apply.request.decision}});
    return engine::Applied{id, std::move(*live)};
  }
  log::warning(
      "change.failed",
      {{"application", application_->name}, {"decision", apply.request.decision}, {"error", live.error().to_string()}});
  auto after = platform_->read_live(kDefaultDeadline);
  return engine::ApplyFailed{id, live.error(), after ? std::optional(std::move(*after)) : std::nullopt};
}

void ApplicationLoop::publish(const engine::LiveApplicationState& before, const engine::StepResult& result) {
  const auto& name = application_->name;
  bool audited = false;
  for (const engine::Record& record : result.records) {
    if (const auto* changed = std::get_if<engine::RecommendationChanged>(&record)) {
      environment_.notices.publish("recommendation", name, changed->recommendation.id);
    } else if (std::holds_alternative<engine::AuditEntry>(record)) {
      audited = true;
    }
  }
  if (audited) environment_.notices.publish("audit", name);
  const auto visible = [](const engine::LiveApplicationState& state) {
    return std::tie(state.phase, state.status, state.waiting_for, state.mode, state.paused, state.data_trouble,
                    state.disturbance, state.slo_last, state.load_now, state.live.fingerprint, state.windows_usable,
                    state.windows_refused, state.cost_current);
  };
  if (!result.records.empty() || visible(before) != visible(result.state)) {
    environment_.notices.publish("application", name);
  }
}

}  // namespace trimtab::server
