#include "scan/need.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "numeric/statistics.h"

namespace trimtab::scan {
namespace {

constexpr std::size_t kHoursPerWeek = 168;
constexpr float kLeastHour = 1e-4F;      // cores; below, a ratio to it says nothing
constexpr float kGreatestRatio = 12;     // all work of the hour in five minutes
constexpr std::size_t kDaysOfTrend = 5;  // fewer tell nothing of one
constexpr double kStillTop = 0.97;       // of the greatest: the newest two days are the top, so growth goes on

// The least of the same hour of the weeks that were seen: what came every week. Then the mean of the busiest three.
double weekly_peak(const std::vector<float>& hours) {
  std::array<float, kHoursPerWeek> slots{};
  std::array<bool, kHoursPerWeek> known{};
  for (std::size_t i = 0; i < hours.size(); ++i) {
    if (std::isnan(hours[i])) continue;
    const std::size_t slot = i % kHoursPerWeek;
    slots[slot] = known[slot] ? std::min(slots[slot], hours[i]) : hours[i];
    known[slot] = true;
  }
  std::partial_sort(slots.begin(), slots.begin() + 3, slots.end(), std::greater<>());
  return (slots[0] + slots[1] + slots[2]) / 3;
}

std::vector<float> ratios_of(const HourlyUse& use) {
  std::vector<float> ratios;
  for (std::size_t i = 0; i < use.cpu.size(); ++i) {
    if (std::isnan(use.cpu[i]) || std::isnan(use.cpu_peak[i]) || use.cpu[i] <= kLeastHour) continue;
    ratios.push_back(std::clamp(use.cpu_peak[i] / use.cpu[i], 1.0F, kGreatestRatio));
  }
  if (ratios.empty()) ratios.push_back(1);
  return ratios;
}

std::vector<float> five_minutes_of(const HourlyUse& use, const std::vector<float>& ratios) {
  std::vector<float> levels;
  std::size_t next = 0;
  for (const float hour : use.cpu) {
    if (std::isnan(hour)) continue;
    const float peak = hour * ratios[next++ % ratios.size()];
    const float rest = (12 * hour - peak) / 11;
    levels.push_back(peak);
    for (int k = 0; k < 11; ++k)
      levels.push_back(rest + (peak - rest) * static_cast<float>(k) / 33);
  }
  return levels;
}

std::vector<double> daily_greatest(const std::vector<float>& memory) {
  std::vector<double> days;
  for (std::size_t i = 0; i + 24 <= memory.size(); i += 24) {
    float greatest = -1;
    for (std::size_t h = i; h < i + 24; ++h)
      if (!std::isnan(memory[h])) greatest = std::max(greatest, memory[h]);
    if (greatest >= 0) days.push_back(greatest);
  }
  return days;
}

// The median of the slopes between days (Theil and Sen), so that single days do not turn it.
double slope_of(const std::vector<double>& days) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < days.size(); ++i) {
    for (std::size_t j = i + 1; j < days.size(); ++j)
      slopes.push_back((days[j] - days[i]) / static_cast<double>(j - i));
  }
  return numeric::median(std::move(slopes));
}

}  // namespace

double quantile_of(std::vector<float> values, double q) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(std::ceil(q * static_cast<double>(values.size()))) - 1;
  const auto nth = values.begin() + std::clamp<std::ptrdiff_t>(at, 0, std::ssize(values) - 1);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

std::vector<float> seen(const std::vector<float>& values) {
  std::vector<float> found;
  std::copy_if(values.begin(), values.end(), std::back_inserter(found), [](float v) { return !std::isnan(v); });
  return found;
}

CpuNeed cpu_need(const HourlyUse& use, const CpuTradeOff& by) {
  CpuNeed need;
  const std::vector<float> ratios = ratios_of(use);
  need.peak_over_hour = quantile_of(ratios, 0.5);
  need.weekly_peak = weekly_peak(use.cpu);
  std::vector<float> levels = five_minutes_of(use, ratios);
  if (levels.empty()) return need;
  std::sort(levels.begin(), levels.end());
  const auto count = static_cast<double>(levels.size());
  double least = std::numeric_limits<double>::infinity();
  for (auto i = static_cast<std::size_t>(std::ceil(by.least * count)) - 1; i < levels.size(); ++i) {
    const double below = static_cast<double>(i + 1) / count;
    const double cost = levels[i] * (1 + by.margin) + by.lacking_price * (1 - below);
    if (cost >= least) continue;
    least = cost;
    need.level = levels[i];
    need.share = below;
  }
  return need;
}

MemoryNeed memory_need(const HourlyUse& use) {
  MemoryNeed need;
  const std::vector<float> hours = seen(use.memory);
  if (hours.empty()) return need;
  need.greatest = *std::max_element(hours.begin(), hours.end());
  const std::vector<double> days = daily_greatest(use.memory);
  if (days.size() < 2 || need.greatest <= 0) return need;
  need.spread = numeric::robust_deviation(days) / need.greatest;
  const double newest = std::max(days[days.size() - 1], days[days.size() - 2]);
  // What fell back since, at a release or a restart, has shown how far it goes.
  if (days.size() >= kDaysOfTrend && newest >= kStillTop * need.greatest) {
    need.growth_a_day = std::max(0.0, slope_of(days));
  }
  return need;
}

}  // namespace trimtab::scan
