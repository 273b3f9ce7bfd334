#include "backtest/kruize.h"

#include <algorithm>

#include "backtest/window_quantile.h"

namespace trimtab::backtest {
namespace {

constexpr std::size_t kIntervalMinutes = 15;
constexpr std::size_t kIntervals = 15 * 24 * 60 / kIntervalMinutes;
constexpr std::size_t kLeastIntervals = 8 * 24 * 60 / kIntervalMinutes;  // of the long term
constexpr double kOneCore = 1;
constexpr double kMemoryBuffer = 1.20;
constexpr double kSpikeBuffer = 1.05;
constexpr double kIdleCores = 0.001;

}  // namespace

void Kruize::observe(const MinuteUse& use) {
  if (minutes_++ % kIntervalMinutes == 0) intervals_.push_back({0, 0, use.memory, use.memory});
  if (intervals_.size() > kIntervals) intervals_.pop_front();
  Interval& now = intervals_.back();
  for (std::size_t i = 0; i < replicas_; ++i) {
    now.cpu_max = std::max<double>(now.cpu_max, use.cpu[i]);
    now.memory_max = std::max<double>(now.memory_max, use.memory[i]);
    now.memory_min[i] = std::min(now.memory_min[i], use.memory[i]);
    now.replica_max[i] = std::max(now.replica_max[i], use.memory[i]);
  }
}

Advice Kruize::advise(std::size_t /*minute*/, const Advice& live) {
  if (intervals_.size() < kLeastIntervals) return live;
  std::vector<float> cpu;
  double memory = 0;
  double rise = 0;
  for (const Interval& interval : intervals_) {
    cpu.push_back(static_cast<float>(interval.cpu_max));
    memory = std::max(memory, interval.memory_max);
    for (std::size_t i = 0; i < replicas_; ++i)
      rise = std::max<double>(rise, interval.replica_max[i] - interval.memory_min[i]);
  }
  Advice advice;
  advice.cpu = *std::max_element(cpu.begin(), cpu.end());
  if (advice.cpu <= kIdleCores) return live;
  if (advice.cpu >= kOneCore) advice.cpu = interpolated_quantile(cpu, profile_ == Profile::kCost ? 0.60 : 0.98);
  advice.cpu_limit = advice.cpu;
  advice.memory_mib = std::min(kMemoryBuffer * memory, memory + kSpikeBuffer * rise);
  return advice;
}

}  // namespace trimtab::backtest
