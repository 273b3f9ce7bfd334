// Runs a study: carries out the study engine's commands, stores every step before it acts, shows signs of life.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "engine/metric_source.h"
#include "engine/platform.h"
#include "engine/study_engine.h"
#include "engine/study_store.h"

namespace trimtab::cli {

struct StudyRun {
  const engine::StudyDefinition& definition;
  engine::StudyStore& store;
  engine::Platform& platform;
  engine::MetricSource* metrics = nullptr;  // none: the load test's own figures are all there is
  const Clock& clock;
  std::string directory;  // where the load test runs: that of the document
  std::stop_token stop;   // ends what runs and leaves the study to be resumed
  // After every step, and every second while something runs; called from two threads, never at once.
  std::function<void(const engine::StudyState&)> on_change;
};

// To the end, or until stopped. Errors: of the store only; everything else is an outcome in the state.
[[nodiscard]] Result<engine::StudyState> run_study(const StudyRun& run, engine::StudyState state);

}  // namespace trimtab::cli
