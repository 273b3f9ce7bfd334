#include "server/live_runner.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "engine/live_recall.h"

namespace trimtab::server {
namespace {

// The loads of the weeks before, when the monitoring still has them. Without them the engine learns as it goes.
void recall_loads(const model::Application& application, engine::MetricSource& metrics, Instant now,
                  engine::LiveApplicationState& state) {
  constexpr Duration kDeadline = std::chrono::seconds(5);
  const engine::RecallQuery query = engine::recall_query(application, now);
  if (query.metrics.empty()) return;
  const auto series = metrics.series(query.metrics, query.start, query.end, query.step, kDeadline);
  if (!series) {
    log::info("application.loads_not_recalled", {{"application", application.name}, {"error", series.error().message}});
    return;
  }
  const auto found = series->find(application.load_metric);
  if (found != series->end()) engine::recall_loads(state, application, found->second);
}

constexpr Duration kShortestTick = std::chrono::milliseconds(250);
constexpr Duration kLongestTick = std::chrono::seconds(5);
constexpr Duration kResumeEvery = std::chrono::seconds(15);
// A page waits for charts; Prometheus answers in milliseconds or not at all.
constexpr Duration kSeriesDeadline = std::chrono::seconds(10);

// A quarter of the guard's period: what is due is seen early enough, at little cost.
Duration tick_period(const model::Application& application) {
  return std::clamp(Duration(application.cadence.guard_every / 4), kShortestTick, kLongestTick);
}

bool is_changing(const engine::LiveApplicationState& state) {
  return state.phase == engine::Phase::kApplying || state.phase == engine::Phase::kRollingBack;
}

}  // namespace

LiveRunner::LiveRunner(engine::Store& store, const Clock& clock, Collaborators collaborators, Options options)
    : store_(store),
      clock_(clock),
      collaborators_(std::move(collaborators)),
      threading_(options.threading),
      crash_point_(std::move(options.crash_point)) {}

Result<std::unique_ptr<LiveRunner>> LiveRunner::start(engine::Store& store, const Clock& clock,
                                                      Collaborators collaborators, Options options) {
  TRY_ASSIGN(const auto stored, store.applications());
  std::unique_ptr<LiveRunner> runner(new LiveRunner(store, clock, std::move(collaborators), std::move(options)));
  for (const engine::StoredApplication& one : stored) {
    if (const auto resumed = runner->resume(one); !resumed) {
      log::error("application.not_started", {{"application", one.name}, {"error", resumed.error().to_string()}});
      runner->failed_.push_back(one);
    }
  }
  runner->next_resumption_ = clock.now() + kResumeEvery;
  if (runner->threading_ == Threading::kOwn) {
    runner->time_keeper_ = std::jthread([self = runner.get()](std::stop_token stop) { self->keep_time(stop); });
  }
  return runner;
}

LiveRunner::~LiveRunner() {
  time_keeper_.request_stop();
  if (time_keeper_.joinable()) time_keeper_.join();
  for (const auto& loop : loops())
    loop->request_stop();  // all at once, so that their waits overlap
}

Result<LiveRunner::Parts> LiveRunner::make_parts(const std::string& document, const std::string& file) {
  Parts parts;
  TRY_ASSIGN(parts.application, collaborators_.read(document, file));
  TRY_ASSIGN(parts.metrics, collaborators_.metrics(parts.application));
  TRY_ASSIGN(parts.platform, collaborators_.platform(parts.application));
  return parts;
}

Result<std::shared_ptr<ApplicationLoop>> LiveRunner::start_loop(Parts parts, const engine::StoredApplication& stored,
                                                                std::vector<engine::Record> notes) {
  // The same after a crash before the first step: the seed needs no storing.
  const std::uint64_t seed = stable_hash(stored.name + "/" + std::to_string(stored.enrolled.us));
  engine::LiveApplicationState state =
      stored.state ? *stored.state : engine::initial_state(parts.application, stored.enrolled, seed);
  if (!stored.state) recall_loads(parts.application, *parts.metrics, clock_.now(), state);
  const auto loop = std::make_shared<ApplicationLoop>(
      LoopEnvironment{store_, clock_, notices_, counters_, crash_point_, collaborators_.step, threading_},
      std::make_shared<const model::Application>(std::move(parts.application)), std::move(state), stored.enrolled,
      std::move(parts.metrics), std::move(parts.platform));
  if (stored.state) {
    TRY(loop->feed(engine::Restarted{}, std::move(notes)));
  } else {
    TRY(loop->feed(engine::Tick{}, std::move(notes)));
  }
  return loop;
}

Result<void> LiveRunner::resume(const engine::StoredApplication& stored) {
  TRY_ASSIGN(Parts parts, make_parts(stored.document, stored.name));
  TRY_ASSIGN(const auto loop, start_loop(std::move(parts), stored, {}));
  publish(stored.name, loop);
  return {};
}

// Afterwards the application's state in the store does not change any more.
void LiveRunner::end_loop(const std::string& name) {
  std::shared_ptr<ApplicationLoop> ending;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(name);
    if (found == entries_.end()) return;
    ending = found->second.loop;
    entries_.erase(found);
  }
  ending->stop();
}

void LiveRunner::resume_failed_ones() {
  // An enrolment may wait for a change to end; time goes on meanwhile for everybody else.
  const std::unique_lock enrolment(enrolment_mutex_, std::try_to_lock);
  if (!enrolment.owns_lock() || failed_.empty() || clock_.now() < next_resumption_) return;
  next_resumption_ = clock_.now() + kResumeEvery;
  std::erase_if(failed_, [this](const engine::StoredApplication& one) {
    const auto resumed = resume(one);
    if (resumed) log::info("application.started", {{"application", one.name}});
    return resumed.has_value();
  });
}

void LiveRunner::publish(const std::string& name, const std::shared_ptr<ApplicationLoop>& loop) {
  std::shared_ptr<ApplicationLoop> old;  // ends outside the lock
  {
    const std::scoped_lock lock(mutex_);
    Entry& entry = entries_[name];
    old = std::exchange(entry.loop, loop);
    entry.next_tick = clock_.now();
    ++enrolments_;
  }
  due_.notify_all();
}

std::vector<api::LiveApplication> LiveRunner::applications() {
  std::vector<api::LiveApplication> found;
  for (const auto& loop : loops())
    found.push_back(loop->snapshot());
  return found;
}

Result<api::LiveApplication> LiveRunner::application(const std::string& name) {
  TRY_ASSIGN(const auto loop, find(name));
  return loop->snapshot();
}

Result<api::LiveApplication> LiveRunner::enroll(const std::string& document, const std::string& file,
                                                const std::string& actor) {
  const std::scoped_lock enrolment(enrolment_mutex_);
  TRY_ASSIGN(Parts parts, make_parts(document, file));
  const std::string name = parts.application.name;
  if (const auto old = find(name); old && is_changing(*(*old)->state())) {
    return fail(conflict("a change of " + name + " is under way", "wait until it has ended"));
  }
  TRY(store_.put_application(name, document, clock_.now()));
  end_loop(name);
  TRY_ASSIGN(const engine::StoredApplication stored, store_.application(name));
  std::erase_if(failed_, [&](const engine::StoredApplication& one) { return one.name == name; });
  const std::string text = (stored.state ? "enrolled again from " : "enrolled from ") + file;
  TRY_ASSIGN(const auto loop, start_loop(std::move(parts), stored,
                                         {engine::AuditEntry{clock_.now(), actor, "application.enroll", {}, text}}));
  publish(name, loop);
  notices_.publish("application", name);
  log::info("application.enrolled", {{"application", name}, {"actor", actor}});
  return loop->snapshot();
}

Result<void> LiveRunner::remove(const std::string& name, const std::string& actor) {
  const std::scoped_lock enrolment(enrolment_mutex_);
  TRY_ASSIGN(auto loop, find(name));
  const auto state = loop->state();
  if (is_changing(*state)) {
    return fail(conflict("a change of " + name + " is under way", "wait until it has ended"));
  }
  if (state->open) {
    TRY(loop->feed(engine::PersonDecided{
        engine::PersonDecided::Action::kExpire, state->open->id, actor, "the application was removed", {}}));
  }
  TRY(loop->feed(engine::Tick{}, {engine::AuditEntry{clock_.now(), actor, "application.removed", {}, "removed"}}));
  loop.reset();
  end_loop(name);
  TRY(store_.remove_application(name));
  notices_.publish("application", name);
  log::info("application.removed", {{"application", name}, {"actor", actor}});
  return {};
}

Result<model::Recommendation> LiveRunner::decide(const engine::PersonDecided& decision) {
  TRY_ASSIGN(const auto recommendation, store_.recommendation(decision.recommendation));
  TRY_ASSIGN(const auto loop, find(recommendation.application));
  auto decided = loop->decide(decision);
  // The engine remembers only what is open: what it does not know, but the store does, was decided before.
  if (!decided && decided.error().code == Code::kNotFound) {
    TRY_ASSIGN(const auto now, store_.recommendation(decision.recommendation));
    return fail(
        conflict("the recommendation is already " + std::string(model::to_string(now.state)), "look at it again"));
  }
  return decided;
}

Result<void> LiveRunner::set_mode(const std::string& name, model::Mode mode, const std::string& actor) {
  TRY_ASSIGN(const auto loop, find(name));
  return loop->feed(engine::ModeChanged{mode, actor});
}

Result<void> LiveRunner::set_paused(const std::string& name, bool paused, const std::string& actor,
                                    const std::string& reason) {
  TRY_ASSIGN(const auto loop, find(name));
  return loop->feed(engine::PauseChanged{paused, actor, reason});
}

Result<std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>>> LiveRunner::series(
    const std::string& name, const std::vector<std::string>& metrics, Instant from, Instant to, Duration step) {
  TRY_ASSIGN(const auto loop, find(name));
  const auto& known = loop->application().metrics;
  if (metrics.empty()) return loop->metrics().series(known, from, to, step, kSeriesDeadline);
  std::vector<model::Metric> wanted;
  for (const std::string& metric : metrics) {
    const auto found = std::ranges::find(known, metric, &model::Metric::name);
    if (found == known.end()) return fail(not_found("application " + name + " has no metric " + metric));
    wanted.push_back(*found);
  }
  return loop->metrics().series(wanted, from, to, step, kSeriesDeadline);
}

std::vector<api::ChangeNotice> LiveRunner::changes(std::uint64_t since, Duration wait, std::stop_token stop) {
  return notices_.wait(since, wait, std::move(stop));
}

std::uint64_t LiveRunner::latest_change() {
  return notices_.latest();
}

Result<std::shared_ptr<ApplicationLoop>> LiveRunner::find(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    return fail(not_found("application " + name + " is not enrolled", "see: trimtab app list"));
  }
  return found->second.loop;
}

std::vector<std::shared_ptr<ApplicationLoop>> LiveRunner::loops() {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<ApplicationLoop>> found;
  for (const auto& [name, entry] : entries_)
    found.push_back(entry.loop);
  return found;
}

// Ticks what is due; the time until the next one is.
Duration LiveRunner::tick_due() {
  const Instant now = clock_.now();
  std::vector<std::shared_ptr<ApplicationLoop>> due;
  Duration wait = kLongestTick;
  {
    const std::scoped_lock lock(mutex_);
    for (auto& [name, entry] : entries_) {
      const Duration period = tick_period(entry.loop->application());
      // A clock that was set back must not silence the guard until it has caught up.
      if (now >= entry.next_tick || entry.next_tick - now > period) {
        due.push_back(entry.loop);
        entry.next_tick = now + period;
      }
      wait = std::min(wait, entry.next_tick - now);
    }
  }
  for (const auto& loop : due)
    loop->tick();
  return wait;
}

void LiveRunner::keep_time(std::stop_token stop) {
  while (!stop.stop_requested()) {
    resume_failed_ones();
    const Duration wait = tick_due();
    std::unique_lock lock(mutex_);
    const std::uint64_t seen = enrolments_;
    due_.wait_for(lock, stop, wait, [&] { return enrolments_ != seen; });
  }
}

void LiveRunner::run_due() {
  resume_failed_ones();
  for (const auto& loop : loops()) {
    loop->tick();
    while (loop->run_one_command()) {
    }
  }
}

}  // namespace trimtab::server
