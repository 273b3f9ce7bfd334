// Live progress of a study: one line that is redrawn on a terminal, one plain line for every finished trial elsewhere.
#pragma once

#include "cli/command.h"
#include "engine/study_engine.h"

namespace trimtab::cli {

class StudyProgress {
 public:
  // All outlive the progress.
  StudyProgress(const engine::StudyDefinition& definition, const Clock& clock, Streams& streams)
      : definition_(definition), clock_(clock), streams_(streams) {}
  // Trials that ended before, and changes seen before, are not shown again.
  void skip(const engine::StudyState& state);
  void show(const engine::StudyState& state);
  void finish();  // leaves the line that is redrawn

 private:
  void show_trial(const engine::StudyState& state, const engine::Trial& trial);
  [[nodiscard]] std::string line(const engine::StudyState& state) const;

  const engine::StudyDefinition& definition_;
  const Clock& clock_;
  Streams& streams_;
  int shown_ = 0;         // trials
  int shown_change_ = 0;  // the trial it began with
};

}  // namespace trimtab::cli
