// The live engine: step(definition, state, event) -> state, commands, records. Pure: no I/O, no clock, no thread; the
// same inputs give the same outputs. The shell stores the whole result in one transaction before it runs any command.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/live_command.h"
#include "engine/live_event.h"
#include "engine/live_state.h"
#include "model/application.h"

namespace trimtab::engine {

// Append-only facts a step produced, for the store and the page.
struct AuditEntry {
  Instant at;
  std::string actor;
  std::string action;   // "recommendation.approved", "guard.breach", "mode.changed", "data.trouble", ...
  std::string subject;  // recommendation id or empty
  std::string text;
};
struct RecommendationChanged {
  model::Recommendation recommendation;  // whole, as it is now
};
struct ObservationAdded {
  model::Observation observation;
};
// A mark on the time axis of the charts.
struct ConfigurationChanged {
  Instant at;
  model::Configuration configuration;
  std::string decision;  // empty: changed by somebody else (drift)
  std::string kind;      // "enrolled", "applied", "rolled_back", "drift"
};
using Record = std::variant<AuditEntry, RecommendationChanged, ObservationAdded, ConfigurationChanged>;

struct StepResult {
  LiveApplicationState state;
  std::vector<Command> commands;  // in order
  std::vector<Record> records;    // in order
};

// The state of an application that was just enrolled.
[[nodiscard]] LiveApplicationState initial_state(const model::Application& application, Instant at, std::uint64_t seed);

// Total: any event in any state is answered; an event that does not fit (unknown command, stale approval) changes
// nothing but the audit trail. Use `admissible` first where a person waits for an answer.
[[nodiscard]] StepResult step(const model::Application& application, LiveApplicationState state, const Event& event);

// Whether a person's decision can be carried out in this state; the error is meant for that person (kNotFound,
// kConflict for stale or already decided, kInvalidInput for an edit outside its range, kDenied when paused).
[[nodiscard]] Result<void> admissible(const model::Application& application, const LiveApplicationState& state,
                                      const PersonDecided& decision);

}  // namespace trimtab::engine
