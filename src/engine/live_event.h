// What can happen to a live application, as data. Every event carries its time: the engine never reads a clock.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "engine/metric_source.h"
#include "engine/platform.h"
#include "model/recommendation.h"

namespace trimtab::engine {

// Time has passed. Sent at least every cadence.guard_every; more often is harmless.
struct Tick {};

enum class QueryPurpose { kObserve, kGuard };

// Answers to QueryMetrics.
struct MetricsArrived {
  std::string command;
  WindowSamples window;
};
struct MetricsFailed {
  std::string command;
  Error error;
};

// Answers to ReadLive and to Apply.
struct LiveRead {
  std::string command;
  LiveState live;
};
struct LiveReadFailed {
  std::string command;
  Error error;
};
struct Applied {
  std::string command;
  LiveState live;
};
struct ApplyFailed {
  std::string command;
  Error error;
  std::optional<LiveState> live;  // when it could still be read
};
struct ApplyProgressed {
  std::string command;
  Progress progress;
};

// A person's (or policy's) word on a recommendation.
struct PersonDecided {
  enum class Action { kApprove, kEdit, kSkip, kUnskip, kReject, kExpire } action = Action::kApprove;
  std::string recommendation;
  std::string actor;
  std::string reason;
  model::Configuration edits;  // kEdit: parameter -> value; kSkip/kUnskip: the names count
};

struct ModeChanged {
  model::Mode mode = model::Mode::kRecommend;
  std::string actor;
};
// Paused, nothing new begins until resumed. What is under way ends on the safe side: a change that is not live
// everywhere yet is put back, one that is live goes on being guarded and verified, a roll back is carried to its end.
struct PauseChanged {
  bool paused = true;
  std::string actor;
  std::string reason;
};
// The process started again and this state was loaded: commands under way must be issued anew.
struct Restarted {};

struct Event {
  Instant at;
  std::variant<Tick, MetricsArrived, MetricsFailed, LiveRead, LiveReadFailed, Applied, ApplyFailed, ApplyProgressed,
               PersonDecided, ModeChanged, PauseChanged, Restarted>
      what;
};

}  // namespace trimtab::engine
