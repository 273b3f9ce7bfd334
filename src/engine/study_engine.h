// The study engine: step(definition, state, event) -> state, commands, trials to store. Pure as the live engine is: no
// I/O, no clock, no thread. The shell stores the result before it runs the command. At most one command is under way.
// Before every choice, and before the study ends, the trials are looked at for a change of what is measured
// (study_evidence.h): that and the search are what a step costs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/platform.h"
#include "engine/study_document.h"
#include "engine/study_evidence.h"
#include "engine/study_state.h"
#include "optimizer/study_search.h"

namespace trimtab::engine {

// Commands.
struct ApplyTrial {
  ApplyRequest request;  // decision: "<study>-<trial>-<attempt>", or "<study>-revert-<trial>"
};
struct WarmUp {
  Duration length{};
};
struct RunLoad {};               // the definition's load test
struct MeasureTrial {            // the definition's metrics, from Prometheus
  std::optional<Duration> wait;  // first let this pass (there is no load test of ours)
  Instant start;                 // without `wait`: the window
  Instant end;
};
using StudyCommand = std::variant<ApplyTrial, WarmUp, RunLoad, MeasureTrial>;

// Events.
struct StudyStarted {};  // new, or resumed after an interruption: the trial under way begins again
struct StudyApplied {
  std::optional<Error> error;
};
struct StudyWarm {};
struct StudyLoaded {
  Instant started;
  model::Metrics metrics;
  std::optional<Error> error;
};
struct StudyMeasured {
  model::Metrics metrics;
  std::optional<Error> error;
};
struct StudyStopRequested {};  // the trial under way is given up; it runs again when resumed
struct StudyAlive {};          // a sign of life while a command runs
using StudyEventKind =
    std::variant<StudyStarted, StudyApplied, StudyWarm, StudyLoaded, StudyMeasured, StudyStopRequested, StudyAlive>;
struct StudyEvent {
  Instant at;
  StudyEventKind what;
};

struct StudyStep {
  StudyState state;
  std::optional<StudyCommand> command;
  std::vector<Trial> trials;  // that changed
};

// Injected for tests; optimizer::suggest by default.
using StudySearch =
    std::function<Result<optimizer::Suggestion>(const optimizer::Problem&, const optimizer::StudySearchRequest&)>;

[[nodiscard]] StudyState initial_study_state(const StudyDefinition& study, Instant at, int budget);
// Total: an event that does not fit the phase changes nothing.
[[nodiscard]] StudyStep step_study(const StudyDefinition& study, StudyState state, const StudyEvent& event,
                                   const StudySearch& search);
[[nodiscard]] StudyStep step_study(const StudyDefinition& study, StudyState state, const StudyEvent& event);

// Time left by the pace so far and the budget; nothing before the first trial ended.
[[nodiscard]] std::optional<Duration> time_left(const StudyDefinition& study, const StudyState& state, Instant now);

}  // namespace trimtab::engine
