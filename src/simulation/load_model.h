// Arrivals of a simulated application: days with night, morning rise, lunch peak and evening, quieter weekends, growth,
// noise and occasional surges. Deterministic in its options.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/time.h"

namespace trimtab::simulation {

struct LoadOptions {
  double peak = 90;  // requests/s at the lunch peak of a workday on the first day
  // (hour of the day, share of the peak), ascending; cosine between them, round the clock.
  std::vector<std::pair<double, double>> shape = {{0, 0.22}, {3, 0.10},  {6, 0.18},  {9, 0.60},  {11, 0.75},
                                                  {12.5, 1}, {14, 0.70}, {16, 0.58}, {20, 0.85}, {22, 0.45}};
  double weekend = 0.7;        // factor on Saturdays and Sundays
  double growth_per_week = 0;  // relative
  double noise = 0.04;         // relative standard deviation, correlated over ten minutes
  double surges_per_week = 3;  // rate of occurrence
  double surge_factor = 1.5;   // greatest; the least is half way to 1
  Duration surge_length = std::chrono::minutes(30);
  Duration day = std::chrono::hours(24);  // shorter: a compressed day
  std::uint64_t seed = 1;
};

// Requests/s of `steps` steps of length `step` from `start`; the first day is a Monday when start is midnight UTC.
[[nodiscard]] std::vector<double> arrivals(const LoadOptions& options, Duration step, int steps);

}  // namespace trimtab::simulation
