// The answer of a live replay, for people and as a document.
#pragma once

#include <string>

#include "backtest/live_replay.h"
#include <nlohmann/json_fwd.hpp>

namespace trimtab::backtest {

// The timeline with repeated recommendations folded into one, costs, SLOs, and a table a container. `wide`: every
// recommendation, with predictions.
[[nodiscard]] std::string live_replay_text(const LiveReplay& replay, bool wide);
[[nodiscard]] nlohmann::json live_replay_json(const LiveReplay& replay);

}  // namespace trimtab::backtest
