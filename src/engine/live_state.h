// LiveApplicationState: all that the live engine remembers of one application. A value; serialised whole (without the
// observations, which are appended as records) with every journaled step.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/live_command.h"
#include "model/observation.h"
#include "model/recommendation.h"

namespace trimtab::engine {

enum class Phase {
  kStarting,     // the live configuration has not been read yet
  kObserving,    // steady; may propose
  kApplying,
  kVerifying,
  kRollingBack,
  kFrozen,       // paused, or in trouble that needs a person (roll back failed)
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

// A recognised regime of the load, learned from the application's own history.
struct LoadContext {
  std::string id;    // "c1": stable
  std::string name;  // "valley", "medium", "peak"
  double low = 0;    // requests/s
  double high = 0;
  double centre = 0;
  int windows = 0;
  double share = 0;  // of the time seen
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

  LiveState live;                       // last read
  model::Configuration baseline;        // what was live at enrolment
  model::Configuration last_known_good;  // kept by a verdict, or the baseline
  Instant configuration_since;          // when the present configuration became live everywhere (settle counts from it)
  Instant next_window;                  // end of the next observation window
  Instant next_guard;
  Instant next_proposal;
  int guard_breaches = 0;

  std::optional<model::Recommendation> open;      // proposed, waiting for a decision
  std::optional<model::Recommendation> decision;  // approved .. rolling back: at most one at a time
  std::vector<CommandUnderWay> under_way;
  std::vector<BarredConfiguration> barred;
  std::vector<LoadContext> contexts;
  std::string context;  // id of the present load context
  std::vector<model::Observation> observations;  // bounded; oldest and densest are thinned out first
  std::string status;              // one line for people: what it does now
  std::vector<std::string> waiting_for;  // what is missing before it can propose; empty when nothing
  std::string data_trouble;        // why the metrics are not usable at present; empty when they are
  std::map<std::string, double> slo_last;  // last usable value by SLO name
  double cost_current = 0;         // per month, of the live configuration
  double cost_baseline = 0;
};

}  // namespace trimtab::engine
