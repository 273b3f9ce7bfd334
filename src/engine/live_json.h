// The live engine's values as JSON, for the journal and the store: exact round trip, with a version field on the
// outside.
//
// The state is written without its observations: these are appended to the store one by one as they come, and are set
// again after loading. Instants are whole microseconds. Decoding errors: kInvalidInput with the field's path,
// kUnsupported for a newer version.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "engine/live_engine.h"

namespace trimtab::engine {

[[nodiscard]] nlohmann::json to_json(const LiveApplicationState& state);
[[nodiscard]] Result<LiveApplicationState> live_application_state_from_json(const nlohmann::json& json);

[[nodiscard]] nlohmann::json to_json(const Event& event);
[[nodiscard]] Result<Event> event_from_json(const nlohmann::json& json);

[[nodiscard]] nlohmann::json to_json(const Command& command);
[[nodiscard]] Result<Command> command_from_json(const nlohmann::json& json);

[[nodiscard]] nlohmann::json to_json(const Record& record);
[[nodiscard]] Result<Record> record_from_json(const nlohmann::json& json);

[[nodiscard]] nlohmann::json to_json(const LiveState& live);
[[nodiscard]] Result<LiveState> live_state_from_json(const nlohmann::json& json);

// Stable names: "starting", "observing", ...; "usable", "missing", ...; "tick", "metrics_arrived", ...;
// "query_metrics", ...
[[nodiscard]] std::string_view to_string(Phase phase);
[[nodiscard]] std::string_view to_string(MetricSample::Status status);
[[nodiscard]] std::string_view kind_of(const Event& event);
[[nodiscard]] std::string_view kind_of(const Command& command);

}  // namespace trimtab::engine
