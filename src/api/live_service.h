// LiveService: what the REST surface needs of the running live engine. Implemented by the server; thread safe.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/live_engine.h"
#include "engine/metric_source.h"
#include "engine/store.h"

namespace trimtab::api {

struct LiveApplication {
  model::Application application;
  engine::LiveApplicationState state;
  Instant enrolled;
};

// Something a page may want to load again.
struct ChangeNotice {
  std::uint64_t sequence = 0;
  std::string kind;  // "application", "recommendation", "audit", "study"
  std::string application;
  std::string id;  // recommendation or study
};

class LiveService {
 public:
  virtual ~LiveService() = default;

  [[nodiscard]] virtual std::vector<LiveApplication> applications() = 0;
  [[nodiscard]] virtual Result<LiveApplication> application(const std::string& name) = 0;
  // Reads the document, stores it and starts to observe. An application of that name is replaced (its history stays).
  [[nodiscard]] virtual Result<LiveApplication> enroll(const std::string& document, const std::string& file,
                                                       const std::string& actor) = 0;
  [[nodiscard]] virtual Result<void> remove(const std::string& name, const std::string& actor) = 0;

  // Carries out a person's decision: refused as engine::admissible says, else the recommendation as it is afterwards.
  [[nodiscard]] virtual Result<model::Recommendation> decide(const engine::PersonDecided& decision) = 0;
  [[nodiscard]] virtual Result<void> set_mode(const std::string& name, model::Mode mode, const std::string& actor) = 0;
  [[nodiscard]] virtual Result<void> set_paused(const std::string& name, bool paused, const std::string& actor,
                                                const std::string& reason) = 0;

  // Points for charts; `metrics` empty: all of the application's.
  [[nodiscard]] virtual Result<std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>>> series(
      const std::string& name, const std::vector<std::string>& metrics, Instant from, Instant to, Duration step) = 0;

  // Waits until notices after `since` exist, `stop` is requested or `wait` has passed; then what there is (bounded:
  // when too much was missed, one notice of kind "reset"). `since` 0: only what comes from now on.
  [[nodiscard]] virtual std::vector<ChangeNotice> changes(std::uint64_t since, Duration wait, std::stop_token stop) = 0;
  [[nodiscard]] virtual std::uint64_t latest_change() = 0;

  [[nodiscard]] virtual engine::Store& store() = 0;
};

}  // namespace trimtab::api
