// ApplicationLoop: one live application: feeds events to the engine, commits each step, and only then runs its
// commands.
//
// Queries run on one lane, reads and changes of the platform on another, so that the guard looks while a change is
// under way. Answers come back as events. A step that changes nothing (most ticks) is not journaled. Thread safe.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "api/live_service.h"
#include "engine/live_engine.h"
#include "server/collaborators.h"
#include "server/crash_point.h"
#include "server/notice_board.h"
#include "server/task_lane.h"

namespace trimtab::server {

// Totals since the start of the process.
struct Counters {
  std::atomic<std::uint64_t> steps{0};     // journaled
  std::atomic<std::uint64_t> commands{0};  // run
  std::atomic<std::uint64_t> commit_failures{0};
};

// What every loop shares; outlives them.
struct LoopEnvironment {
  engine::Store& store;
  const Clock& clock;
  NoticeBoard& notices;
  Counters& counters;
  CrashPoint& crash_point;
  const Step& step;
  Threading threading = Threading::kOwn;
};

class ApplicationLoop {
 public:
  ApplicationLoop(LoopEnvironment environment, std::shared_ptr<const model::Application> application,
                  engine::LiveApplicationState state, Instant enrolled, std::unique_ptr<engine::MetricSource> metrics,
                  std::unique_ptr<engine::Platform> platform);
  // Stops what runs; commands that were cut short are issued again after the next start.
  ~ApplicationLoop();
  ApplicationLoop(const ApplicationLoop&) = delete;
  ApplicationLoop& operator=(const ApplicationLoop&) = delete;

  // One step, durable when this returns; `notes` are added to its records. Errors: those of Store::commit; the state is
  // then as before.
  [[nodiscard]] Result<void> feed(decltype(engine::Event::what) what, std::vector<engine::Record> notes = {});
  // The answers that could not be stored are tried again, then time passes.
  void tick();
  // engine::admissible, then the step; the recommendation as it is afterwards.
  [[nodiscard]] Result<model::Recommendation> decide(const engine::PersonDecided& decision);

  // As of the last commit. Cheap: does not wait for a step under way.
  [[nodiscard]] api::LiveApplication snapshot() const;
  [[nodiscard]] std::shared_ptr<const engine::LiveApplicationState> state() const;
  [[nodiscard]] const model::Application& application() const { return *application_; }
  [[nodiscard]] Instant enrolled() const { return enrolled_; }
  [[nodiscard]] engine::MetricSource& metrics() { return *metrics_; }

  // With Threading::kNone: runs one waiting command here; false when none waits.
  bool run_one_command();
  // Begins to stop without waiting.
  void request_stop();
  // Stops for good and waits for what runs: afterwards nothing is committed any more and every feed is refused
  // (kUnavailable).
  void stop();

 private:
  using What = decltype(engine::Event::what);
  Result<engine::StepResult> feed_locked(What what, std::vector<engine::Record> notes);
  void start(const engine::Command& command, std::uint64_t step);
  void run(const engine::Command& command, std::uint64_t step, std::stop_token stop, std::stop_token own);
  What answer(const std::string& id, const engine::QueryMetrics& query, std::stop_token stop);
  What answer(const std::string& id, const engine::ReadLive&, std::stop_token stop);
  What answer(const std::string& id, const engine::Apply& apply, std::stop_token stop);
  void feed_answer(What what);
  void publish(const engine::LiveApplicationState& before, const engine::StepResult& result);
  [[nodiscard]] Duration time_left(const std::string& command) const;

  LoopEnvironment environment_;
  const std::shared_ptr<const model::Application> application_;
  const Instant enrolled_;
  const std::unique_ptr<engine::MetricSource> metrics_;
  const std::unique_ptr<engine::Platform> platform_;

  std::mutex step_mutex_;      // held for a whole step
  std::deque<What> unstored_;  // answers whose step could not be committed; guarded by step_mutex_
  bool stopped_ = false;       // guarded by step_mutex_
  // Commands posted and not answered, by id, each with its own way to be cut short. Guarded by step_mutex_.
  std::map<std::string, std::stop_source> running_;
  mutable std::mutex state_mutex_;
  std::shared_ptr<const engine::LiveApplicationState> state_;  // replaced whole; guarded by state_mutex_

  TaskLane metrics_lane_;  // last: their threads use all of the above
  TaskLane platform_lane_;
};

}  // namespace trimtab::server
