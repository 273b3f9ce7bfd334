// Generated need of the shapes that services have. Deterministic in family, seed and days; microseconds a day.
//
// Minute 0 is a Monday's midnight. Levels, amplitudes, hours, noise and replicas are drawn from wide ranges, so that no
// single trace is worth tuning for.
#pragma once

#include <span>
#include <string_view>

#include "backtest/trace.h"

namespace trimtab::backtest {

enum class Family {
  kSteady,      // sidecars, agents: a level and noise
  kDiurnal,     // days and nights
  kWeekly,      // with quiet weekends
  kWeeklyPeak,  // one to three hours of a weekday stand far out
  kBursty,      // bursts of minutes at any time
  kCron,        // work at fixed times of the hour or day
  kLeak,        // memory grows until the next release
  kJvm,         // a heap that fills to a plateau and stays; collections
  kTrend,       // load grows by percents a day
  kColdStart,   // starts cost several times the level; released every few days
  kRelease,     // a release changes what a request costs
  kCache,       // memory fills up and saturates
};
[[nodiscard]] std::span<const Family> all_families();
[[nodiscard]] std::string_view family_name(Family family);

[[nodiscard]] Trace generate(Family family, std::uint64_t seed, int days);

}  // namespace trimtab::backtest
