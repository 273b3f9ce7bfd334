// For the tests of this room: a live service in memory over the memory store, with one application "shop".
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/live_service.h"
#include "store/memory_store.h"

namespace trimtab::api {

inline constexpr Instant kNow{1'764'000'000'000'000};

class FixedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return kNow; }
};

class FakeLiveService final : public LiveService {
 public:
  FakeLiveService();

  std::vector<LiveApplication> applications() override { return live_; }
  Result<LiveApplication> application(const std::string& name) override;
  Result<LiveApplication> enroll(const std::string& document, const std::string& file,
                                 const std::string& actor) override;
  Result<void> remove(const std::string& name, const std::string& actor) override;
  Result<model::Recommendation> decide(const engine::PersonDecided& decision) override;
  Result<void> set_mode(const std::string& name, model::Mode mode, const std::string& actor) override;
  Result<void> set_paused(const std::string& name, bool paused, const std::string& actor,
                          const std::string& reason) override;
  Result<std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>>> series(
      const std::string& name, const std::vector<std::string>& metrics, Instant from, Instant to,
      Duration step) override;
  std::vector<ChangeNotice> changes(std::uint64_t since, Duration wait, std::stop_token stop) override;
  std::uint64_t latest_change() override;
  engine::Store& store() override { return store_; }

  void notify(ChangeNotice notice);

  // What the calls were.
  std::vector<std::string> calls;
  std::optional<engine::PersonDecided> decided;
  Instant series_from;
  Instant series_to;
  Duration series_step{};
  std::optional<Error> refusal;  // given to every call that may fail

 private:
  std::vector<LiveApplication> live_;
  store::MemoryStore store_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<ChangeNotice> notices_;  // guarded by mutex_
};

[[nodiscard]] model::Recommendation sample_recommendation(const std::string& id);

}  // namespace trimtab::api
