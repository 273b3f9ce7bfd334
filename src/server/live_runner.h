// LiveRunner: runs every enrolled application: loads them from the store, feeds them time, carries their commands out,
// and answers the REST surface's questions. Thread safe.
//
// One writer on a store: see StateDirectory. With Threading::kNone nothing happens but in run_due(), for tests and
// simulated time.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/live_service.h"
#include "server/application_loop.h"
#include "server/collaborators.h"

namespace trimtab::server {

class LiveRunner final : public api::LiveService {
 public:
  struct Options {
    Threading threading = Threading::kOwn;
    CrashPoint crash_point;
  };

  // Starts every application of the store; one that cannot be started (its document no longer reads, its platform is
  // away) is logged and tried again. Errors: those of the store. `store` and `clock` outlive the runner.
  [[nodiscard]] static Result<std::unique_ptr<LiveRunner>> start(engine::Store& store, const Clock& clock,
                                                                 Collaborators collaborators, Options options);
  ~LiveRunner() override;

  [[nodiscard]] std::vector<api::LiveApplication> applications() override;
  [[nodiscard]] Result<api::LiveApplication> application(const std::string& name) override;
  [[nodiscard]] Result<api::LiveApplication> enroll(const std::string& document, const std::string& file,
                                                    const std::string& actor) override;
  [[nodiscard]] Result<void> remove(const std::string& name, const std::string& actor) override;
  [[nodiscard]] Result<model::Recommendation> decide(const engine::PersonDecided& decision) override;
  [[nodiscard]] Result<void> set_mode(const std::string& name, model::Mode mode, const std::string& actor) override;
  [[nodiscard]] Result<void> set_paused(const std::string& name, bool paused, const std::string& actor,
                                        const std::string& reason) override;
  [[nodiscard]] Result<std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>>> series(
      const std::string& name, const std::vector<std::string>& metrics, Instant from, Instant to,
      Duration step) override;
  [[nodiscard]] std::vector<api::ChangeNotice> changes(std::uint64_t since, Duration wait,
                                                       std::stop_token stop) override;
  [[nodiscard]] std::uint64_t latest_change() override;
  [[nodiscard]] engine::Store& store() override { return store_; }

  [[nodiscard]] const Counters& counters() const { return counters_; }
  // With Threading::kNone: ticks every application once and runs commands until none waits.
  void run_due();

 private:
  struct Entry {
    std::shared_ptr<ApplicationLoop> loop;
    Instant next_tick;
  };

  LiveRunner(engine::Store& store, const Clock& clock, Collaborators collaborators, Options options);
  // An application with what it needs to run.
  struct Parts {
    model::Application application;
    std::unique_ptr<engine::MetricSource> metrics;
    std::unique_ptr<engine::Platform> platform;
  };
  Result<Parts> make_parts(const std::string& document, const std::string& file);
  // Loops and feeds it its first event: a tick when it is new, else that it was started again.
  Result<std::shared_ptr<ApplicationLoop>> start_loop(Parts parts, const engine::StoredApplication& stored,
                                                      std::vector<engine::Record> notes);
  void end_loop(const std::string& name);
  Result<void> resume(const engine::StoredApplication& stored);
  void resume_failed_ones();
  Result<std::shared_ptr<ApplicationLoop>> find(const std::string& name);
  std::vector<std::shared_ptr<ApplicationLoop>> loops();
  void publish(const std::string& name, const std::shared_ptr<ApplicationLoop>& loop);
  void keep_time(std::stop_token stop);
  Duration tick_due();

  engine::Store& store_;
  const Clock& clock_;
  const Collaborators collaborators_;
  const Threading threading_;
  CrashPoint crash_point_;
  NoticeBoard notices_;
  Counters counters_;

  std::mutex enrolment_mutex_;                     // one enrolment, removal or resumption at a time
  std::vector<engine::StoredApplication> failed_;  // to be resumed again; guarded by enrolment_mutex_
  Instant next_resumption_;                        // guarded by enrolment_mutex_
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // guarded by mutex_
  std::uint64_t enrolments_ = 0;          // guarded by mutex_
  std::condition_variable_any due_;
  std::jthread time_keeper_;  // last: it uses all of the above
};

}  // namespace trimtab::server
