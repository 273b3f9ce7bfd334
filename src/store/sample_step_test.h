// Values for the tests of this room.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <stdlib.h>

#include "engine/live_engine.h"

namespace trimtab::store {

// A folder that goes with the object.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string pattern = (parent / "trimtab-store-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline model::Recommendation sample_recommendation(const std::string& id, std::int64_t created) {
  model::Recommendation made;
  made.id = id;
  made.application = "shop";
  made.created = {created};
  made.current = {{"container.cpu_limit", 1.0}, {"jvm.heap", 512.0}};
  made.changes = {{"container.cpu_limit", "cores", 1.0, 0.8, std::nullopt, false, "live", "used 0.4 at the peak"}};
  made.predictions = {{"p95", "ms", 120, 130, 110, 150, 60}};
  made.summary = "Lower the CPU limit to 0.8 cores";
  return made;
}

// Step n: one observation and one audit entry with the number in them.
inline void add_records(engine::StepResult& step, std::uint64_t n) {
  model::Observation observation;
  observation.start = {static_cast<std::int64_t>(n) * 100};
  observation.end = {static_cast<std::int64_t>(n) * 100 + 50};
  observation.configuration = {{"cpu", 0.5}};
  observation.metrics = {{"p95", 100.0 + static_cast<double>(n)}};
  step.state.sequence = n;
  step.state.observations.push_back(observation);
  step.records = {engine::ObservationAdded{observation},
                  engine::AuditEntry{{static_cast<std::int64_t>(n)}, "trimtab", "step", "", std::to_string(n)}};
}

inline engine::StepResult sample_step(std::uint64_t n) {
  engine::StepResult step;
  step.state.application = "shop";
  step.state.revision = "1";
  step.state.live.configuration = {{"cpu", 0.5}};
  step.state.open = sample_recommendation("r1", 5);
  step.state.status = "observing";
  add_records(step, n);
  return step;
}

inline engine::StepResult next_step(engine::StepResult step, std::uint64_t n) {
  step.commands.clear();
  add_records(step, n);
  return step;
}

inline std::vector<std::int64_t> starts(const std::vector<model::Observation>& observations) {
  std::vector<std::int64_t> found;
  for (const auto& observation : observations)
    found.push_back(observation.start.us);
  return found;
}

inline std::vector<std::string> ids(const std::vector<model::Recommendation>& recommendations) {
  std::vector<std::string> found;
  for (const auto& recommendation : recommendations)
    found.push_back(recommendation.id);
  return found;
}

}  // namespace trimtab::store
