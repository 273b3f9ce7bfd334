// What a study remembers: its trials and where it stands. Values; stored as JSON (study_json.h), the trials one by one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/configuration.h"
#include "model/objective.h"

namespace trimtab::engine {

enum class StudyPhase {
  kNew,
  kApplying,
  kWarmingUp,
  kLoading,
  kMeasuring,
  kReverting,  // the last step: back to the configuration before
  kFinished,
  kFailed,   // cannot go on: no valid configuration, the platform is away
  kStopped,  // by request; can be resumed
};

// One measured run of one configuration. Kept from its start on: an unfinished one is run again under its number.
struct Trial {
  int number = 0;      // from 1
  int experiment = 0;  // from 1: trials of the same configuration share it
  int attempt = 1;     // greater than 1 after failures
  model::Configuration configuration;
  std::string why;  // the optimiser's reason
  Instant started;
  Instant ended;           // zero while it runs
  model::Metrics metrics;  // empty when failed
  bool failed = false;
  std::string failure;

  [[nodiscard]] bool finished() const { return ended.us != 0; }
};

struct StudyState {
  StudyPhase phase = StudyPhase::kNew;
  std::uint64_t sequence = 0;
  Instant created;
  Instant phase_since;
  Instant alive;        // last sign of life of the process that runs it
  Duration spent{};     // time of finished trials, against the budget
  int experiments = 0;  // begun
  int budget = 0;       // experiments; 0: the document's
  bool stop_requested = false;
  Instant load_started;
  Instant load_ended;
  model::Metrics load_metrics;  // of the trial under way
  std::string status;           // one line for people
  // Where measurements were seen to change (a new release, another machine): the number of the first trial of every era
  // after the first, ascending.
  std::vector<int> changes;
  std::vector<Trial> trials;  // by number
};

[[nodiscard]] bool is_over(StudyPhase phase);  // finished, failed or stopped

}  // namespace trimtab::engine
