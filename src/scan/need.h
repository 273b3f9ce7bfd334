// Need: what a container needs, read from how it was used by the hour. Pure.
#pragma once

#include <string>

#include "scan/measure.h"

namespace trimtab::scan {

// CPU of the busiest replica, in cores.
struct CpuNeed {
  double level = 0;           // what is worth reserving, see below
  double share = 0;           // of the time that is below it
  double weekly_peak = 0;     // mean of the three busiest hours of the week that came every week
  double peak_over_hour = 1;  // how five-minute peaks stand out of their hours
};

// The level L that makes  L * (1 + margin) + lacking_price * (share of the time above L)  least: a reserved core costs
// what it costs, and a replica that lacks CPU all the time would be worth `lacking_price` cores. So the quantile is
// high where it is cheap (steady programs) and lower where rare bursts would need many cores, but never below `least`.
// An hour stands for twelve five minutes: its peak, known for the last days and taken from them by the hour of the day
// for the others, and eleven between the mean of the rest and a third of the way to the peak.
struct CpuTradeOff {
  double lacking_price = 60;
  double margin = 0.10;
  double least = 0.95;  // of the time
};
[[nodiscard]] CpuNeed cpu_need(const HourlyUse& use, const CpuTradeOff& by);

// Memory of the largest replica, in MiB.
struct MemoryNeed {
  double greatest = 0;
  double growth_a_day = 0;  // of the daily maxima, when it still goes on; 0: none
  double spread = 0;        // of the daily maxima: their robust deviation over the greatest
};
[[nodiscard]] MemoryNeed memory_need(const HourlyUse& use);

// The least value that the share `q` of the values does not exceed; 0 when empty. Values are not NaN.
[[nodiscard]] double quantile_of(std::vector<float> values, double q);
// Without the hours that were not seen.
[[nodiscard]] std::vector<float> seen(const std::vector<float>& values);

}  // namespace trimtab::scan
