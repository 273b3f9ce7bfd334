// LiveApplicationState: all that the live engine remembers of one application. A value; serialised whole (without the
// observations, which are appended as records) with every journaled step.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/live_command.h"
#include "insight/load_context.h"
#include "insight/load_history.h"
#include "model/observation.h"
#include "model/recommendation.h"

namespace trimtab::engine {

enum class Phase {
  kStarting,   // the live configuration has not been read yet
  kObserving,  // steady; may propose
  kApplying,
  kVerifying,
  kRollingBack,
  kFrozen,  // paused, or in trouble that needs a person (roll back failed)
};

struct BarredConfiguration {
  model::Configuration configuration;
  std::string context;  // load context in which it failed; empty: in all
  Instant until;
  std::string reason;
};

struct CommandUnderWay {
  Command command;
  Instant issued;
  Instant deadline;
};

using LoadContext = insight::LoadContext;

// A surge was met with more resources; the configuration before it is good at the loads it carried.
struct SurgeUnderWay {
  model::Configuration before;
  Instant since;
};

struct LiveApplicationState {
  std::string application;
  std::string revision;  // of the Application document this state was made under
  Phase phase = Phase::kStarting;
  Instant phase_since;
  bool paused = false;
  model::Mode mode = model::Mode::kRecommend;
  std::uint64_t sequence = 0;  // steps taken; also the source of command ids
  std::uint64_t seed = 0;

  LiveState live;                        // last read
  model::Configuration expected;         // what should be live: another one read outside a decision is drift
  model::Configuration baseline;         // what was live at enrolment
  model::Configuration last_known_good;  // kept by a verdict, or the baseline
  Instant configuration_since;           // when what runs now became live everywhere (settle counts from it)
  Instant next_window;                   // end of the next observation window
  Instant next_guard;
  Instant next_proposal;
  int guard_breaches = 0;         // consecutive guard looks with an SLO outside its bound
  int guard_severe = 0;           // consecutive guard looks far outside (counts while settling, too)
  int guard_troubles = 0;         // consecutive reads with a replica in trouble
  int out_of_memory_seen = 0;     // kills already accounted for since the last change
  int restarts_seen = 0;          // unexpected exits already accounted for since the last change
  bool breach_announced = false;  // the present breach, not of our making, was reported

  std::optional<model::Recommendation> open;       // proposed, waiting for a decision
  std::optional<model::Recommendation> decision;   // approved .. rolling back: at most one at a time
  std::optional<model::Recommendation> last_kept;  // the newest change that passed its verdict
  Instant kept_at;
  std::optional<SurgeUnderWay> surge;
  model::Configuration roll_back_target;  // while rolling back
  std::string roll_back_reason;
  int attempts = 0;  // of the validation or roll back under way
  Instant retry_at;  // no further attempt before
  std::vector<CommandUnderWay> under_way;
  std::vector<BarredConfiguration> barred;
  insight::LoadHistory loads;
  std::vector<LoadContext> contexts;
  std::string context;                           // id of the present load context
  std::vector<model::Observation> observations;  // bounded; oldest and densest are thinned out first
  std::string status;                            // one line for people: what it does now
  std::vector<std::string> waiting_for;          // what is missing before it can propose; empty when nothing
  double load_now = 0;                           // of the last usable window, requests/s
  double load_expected = 0;                      // highest load to be safe at until the next decision
  int windows_usable = 0;                        // since enrolment
  int windows_refused = 0;
  std::string pause_reason;             // who paused and why; empty when not paused
  std::string data_trouble;             // why the metrics are not usable at present; empty when they are
  std::string disturbance;              // around it, and until it has been over for the time to settle; else empty
  std::optional<Instant> disturbed_at;  // when it was last seen
  std::string release;                  // that runs, as last seen; empty: not known
  std::vector<Instant> released;        // when new ones were first seen, the last few
  std::map<std::string, std::string>
      left_alone;                          // parameter -> why no proposal changes it: its runtime does not take it
  std::map<std::string, int> disobeyed;    // parameter -> windows in a row in which its runtime showed another value
  std::string search_answer;               // why the last search proposed nothing; empty when it did
  std::map<std::string, double> slo_last;  // last usable value by SLO name
  double cost_current = 0;                 // per month, of the live configuration
  double cost_baseline = 0;
};

}  // namespace trimtab::engine
