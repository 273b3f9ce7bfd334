#include "scan/coming_need.h"

#include <algorithm>
#include <vector>

#include "scan/need.h"

namespace trimtab::scan {
namespace {

constexpr std::size_t kFivesPerDay = 288;

}  // namespace

double coming_cpu(std::span<const float> fives, const ComingNeedPolicy& policy) {
  if (fives.empty()) return 0;
  const auto newest = fives.last(std::min(fives.size(), static_cast<std::size_t>(policy.recent)));
  const double seen_now = *std::ranges::max_element(newest);
  std::vector<float> peaks;
  for (std::size_t day = 1; day <= static_cast<std::size_t>(policy.days); ++day) {
    if (day * kFivesPerDay > fives.size()) break;
    // From the five minutes that just ended on, as of the day before.
    const std::size_t at = fives.size() - day * kFivesPerDay;
    const std::size_t from = at > 0 ? at - 1 : 0;
    const auto hour = fives.subspan(from, at + static_cast<std::size_t>(policy.ahead) - from);
    peaks.push_back(*std::ranges::max_element(hour));
  }
  return std::max(seen_now, quantile_of(peaks, policy.quantile)) * (1 + policy.margin);
}

double renewed_cpu(double reserved, double coming, const ComingNeedPolicy& policy) {
  return coming < reserved && coming > reserved * (1 - policy.hold) ? reserved : coming;
}

}  // namespace trimtab::scan
