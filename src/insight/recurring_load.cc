#include "insight/recurring_load.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <vector>

namespace trimtab::insight {
namespace {

// More than this over the other cycles is a surge: twice the scatter of a calm service's hourly peaks.
constexpr double kOverOthers = 1.05;
// With fewer other cycles a weekend may be all there is to compare with.
constexpr std::size_t kLeastOthers = 3;
// The same time: within a twenty-fourth of the cycle, an hour of a day.
constexpr std::int64_t kSameTime = 24;
constexpr int kCyclesInWeek = 7;

// Highest load within `reach` buckets of the middle; negative when nothing was seen.
double highest_around(const std::vector<double>& loads, std::int64_t middle, std::int64_t reach) {
  double highest = -1;
  const auto size = static_cast<std::int64_t>(loads.size());
  const std::int64_t last = std::min(size - 1, middle + reach);
  for (std::int64_t i = std::max<std::int64_t>(0, middle - reach); i <= last; ++i)
    highest = std::max(highest, loads[static_cast<std::size_t>(i)]);
  return highest;
}

}  // namespace

LoadHistory without_surges(const LoadHistory& history) {
  const auto cycle = find_cycle(history);
  if (!cycle) return history;
  const std::int64_t length = *cycle / history.bucket;
  const std::int64_t reach = std::max<std::int64_t>(1, length / kSameTime);
  const auto size = static_cast<std::int64_t>(history.highest.size());
  LoadHistory calm = history;
  for (std::int64_t i = 0; i < size; ++i) {
    std::vector<double> others;
    double weekly = -1;
    for (std::int64_t j = i % length; j < size; j += length) {
      const double there = j == i ? -1 : highest_around(history.highest, j, reach);
      if (there < 0) continue;
      others.push_back(there);
      if (std::abs(j - i) == length * kCyclesInWeek) weekly = std::max(weekly, there);
    }
    if (others.size() < kLeastOthers) continue;
    const auto rank = static_cast<std::ptrdiff_t>(others.size()) / kCyclesInWeek;
    std::ranges::nth_element(others, others.begin() + rank, std::greater{});
    const double comes_back = std::max(weekly, others[static_cast<std::size_t>(rank)]);
    double& load = calm.highest[static_cast<std::size_t>(i)];
    load = std::min(load, kOverOthers * comes_back);
  }
  return calm;
}

}  // namespace trimtab::insight
