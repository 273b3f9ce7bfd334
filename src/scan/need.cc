#include "scan/need.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "numeric/statistics.h"

namespace trimtab::scan {
namespace {

constexpr std::size_t kHoursPerDay = 24;
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

// How much an hour's greatest five minutes stand out of it: known for the last days, by the hour of the day for others.
class PeakRatios {
 public:
  explicit PeakRatios(const HourlyUse& use) : use_(use) {
    for (std::size_t i = 0; i < use.cpu.size(); ++i) {
      const float ratio = known(i);
      if (std::isnan(ratio)) continue;
      all_.push_back(ratio);
      by_hour_[i % kHoursPerDay].push_back(ratio);
    }
    median_ = all_.empty() ? 1.0F : static_cast<float>(quantile_of(all_, 0.5));
  }

  [[nodiscard]] float median() const { return median_; }
  [[nodiscard]] float of(std::size_t hour) const {
    if (const float ratio = known(hour); !std::isnan(ratio)) return ratio;
    const auto& same = by_hour_[hour % kHoursPerDay];
    return same.empty() ? median_ : same[hour / kHoursPerDay % same.size()];
  }

 private:
  [[nodiscard]] float known(std::size_t i) const {
    if (i >= use_.cpu_peak.size() || std::isnan(use_.cpu[i]) || std::isnan(use_.cpu_peak[i]) ||
        use_.cpu[i] <= kLeastHour) {
      return std::numeric_limits<float>::quiet_NaN();
    }
    return std::clamp(use_.cpu_peak[i] / use_.cpu[i], 1.0F, kGreatestRatio);
  }

  const HourlyUse& use_;
  std::vector<float> all_;
  std::array<std::vector<float>, kHoursPerDay> by_hour_;
  float median_ = 1;
};

std::vector<float> five_minutes_of(const HourlyUse& use, const PeakRatios& ratios) {
  std::vector<float> levels;
  for (std::size_t i = 0; i < use.cpu.size(); ++i) {
    const float hour = use.cpu[i];
    if (std::isnan(hour)) continue;
    const float peak = hour * ratios.of(i);
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
  const PeakRatios ratios(use);
  need.peak_over_hour = ratios.median();
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
