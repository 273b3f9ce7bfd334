// How long the live engine waits for its commands, and how the reasons that it decides by begin. Private to the
// live_*.cc files.
#pragma once

#include <chrono>
#include <string_view>

#include "base/time.h"

namespace trimtab::engine {

inline constexpr Duration kReadLimit = std::chrono::seconds(30);
// A rolling change of many replicas with drains and warm-ups; the platform gives up by itself long before.
inline constexpr Duration kApplyLimit = std::chrono::minutes(15);
// How the reason of a change that a pause took back begins: nothing is held against its configuration.
inline constexpr std::string_view kWithdrawn = "paused by ";
inline constexpr std::string_view kSlow = "slo_breach";  // how the reason of a breach begins that broke nothing
inline constexpr Duration kQueryLimit = std::chrono::seconds(10);  // when the document gives no time-out

}  // namespace trimtab::engine
