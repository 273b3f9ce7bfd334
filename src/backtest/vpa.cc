#include "backtest/vpa.h"

#include <algorithm>
#include <cmath>

namespace trimtab::backtest {
namespace {

// pkg/recommender/model/aggregations_config.go, pkg/recommender/logic/recommender.go
constexpr double kHalfLifeHours = 24;
constexpr double kSampleWeight = 0.1;
constexpr double kMib = 1024.0 * 1024.0;
constexpr double kFirstMemoryMib = 1e7 / kMib;
constexpr double kGreatestMemoryMib = 1e12 / kMib;
constexpr double kMargin = 1.15;
constexpr double kLeastCpu = 0.025;
constexpr double kLeastMemoryMib = 250;
constexpr double kBumpMib = 100;
constexpr double kBumpRatio = 1.2;
constexpr double kMinutesADay = 1440;
// pkg/updater/priority/update_priority_calculator.go
constexpr double kLeastChange = 0.10;
constexpr double kLeastHoursBetween = 12;

Advice sized(double cpu, double memory) {
  return {std::max(kLeastCpu, cpu), std::max(kLeastMemoryMib, memory), 0};
}

}  // namespace

Vpa::Vpa(std::size_t replicas)
    : cpu_(1000, 0.01, 1.05, kHalfLifeHours),
      memory_(kGreatestMemoryMib, kFirstMemoryMib, 1.05, kHalfLifeHours),
      peaks_(replicas) {}

void Vpa::observe(const MinuteUse& use) {
  const double hour = static_cast<double>(use.minute) / 60;
  if (first_hour_ < 0) first_hour_ = hour;
  last_hour_ = hour;
  for (std::size_t i = 0; i < use.cpu.size(); ++i) {
    cpu_.add(use.cpu[i], kSampleWeight, hour);
    samples_ += 1;
    observe_memory(peaks_[i], use.memory[i], hour);
    if (use.killed && memory_live_ > 0 && use.memory[i] >= memory_live_ * 0.999)
      observe_kill(peaks_[i], memory_live_, hour);
  }
}

// The peak of an interval counts once, with the weight of the interval's end.
void Vpa::observe_memory(DayPeak& peak, double mib, double hour) {
  if (peak.until_hour == 0) peak.until_hour = hour + 24;
  if (hour >= peak.until_hour) {
    peak.mib = 0;
    peak.until_hour += 24 * std::ceil((hour - peak.until_hour + 1e-9) / 24);
  }
  if (mib <= peak.mib) return;
  if (peak.mib > 0) memory_.subtract(peak.mib, 1, peak.until_hour);
  memory_.add(mib, 1, peak.until_hour);
  peak.mib = mib;
}

void Vpa::observe_kill(DayPeak& peak, double limit, double hour) {
  observe_memory(peak, std::max(limit + kBumpMib, limit * kBumpRatio), hour);
}

VpaBounds Vpa::bounds() const {
  const double days = (last_hour_ - first_hour_) / 24;
  const double confidence = std::max(1e-9, std::min(days, samples_ / kMinutesADay));
  const auto at = [&](double share, double multiplier) {
    return sized(cpu_.percentile(share) * kMargin * multiplier, memory_.percentile(share) * kMargin * multiplier);
  };
  return {at(0.90, 1), at(0.50, std::pow(1 + 0.001 / confidence, -2)), at(0.95, 1 + 1 / confidence)};
}

Advice Vpa::advise(std::size_t minute, const Advice& live) {
  memory_live_ = live.memory_mib;
  if (samples_ == 0) return live;
  const double hour = static_cast<double>(minute) / 60;
  const VpaBounds b = bounds();
  const bool outside = live.cpu < b.lower.cpu || live.cpu > b.upper.cpu || live.memory_mib < b.lower.memory_mib ||
                       live.memory_mib > b.upper.memory_mib;
  const double difference =
      std::abs(live.cpu - b.target.cpu) / live.cpu + std::abs(live.memory_mib - b.target.memory_mib) / live.memory_mib;
  if (!outside && (hour - changed_hour_ < kLeastHoursBetween || difference < kLeastChange)) return live;
  changed_hour_ = hour;
  memory_live_ = b.target.memory_mib;
  return b.target;
}

}  // namespace trimtab::backtest
