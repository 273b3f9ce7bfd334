// What the engine wants done, as data. Journaled before it runs; idempotent by `id` (a re-issued command keeps its id).
#pragma once

#include <string>
#include <variant>

#include "base/time.h"
#include "engine/live_event.h"
#include "engine/platform.h"

namespace trimtab::engine {

struct QueryMetrics {
  QueryPurpose purpose = QueryPurpose::kObserve;
  Instant start;
  Instant end;
};
struct ReadLive {};
struct Apply {
  ApplyRequest request;
};
// The change under way is cut short: its Apply answers as cancelled. Needs no answer of its own.
struct StopApply {
  std::string command;  // id of the Apply
};
// For people outside the page: hooks, chat. The audit trail is a record, not a command.
struct Notify {
  std::string severity;  // "info", "warning", "critical"
  std::string text;
  std::string recommendation;
};

struct Command {
  std::string id;
  std::variant<QueryMetrics, ReadLive, Apply, StopApply, Notify> what;
};

}  // namespace trimtab::engine
