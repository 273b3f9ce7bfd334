#include "backtest/sized_by_scan.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace trimtab::backtest {
namespace {

constexpr std::size_t kWindowHours = 14 * 24;
constexpr std::size_t kFineHours = 48;  // with five-minute peaks, as the scan asks for them
constexpr std::size_t kFive = 5;

template <class T>
void keep_newest(std::vector<T>& values) {
  if (values.size() > kWindowHours) values.erase(values.begin());
}

}  // namespace

SizedByScan::SizedByScan(const Trace& trace, scan::SizingPolicy policy) : policy_(policy) {
  entry_.space = "backtest";
  entry_.kind = "Deployment";
  entry_.workload = trace.name;
  entry_.name = "main";
  entry_.facts.command_line = trace.command_line;
  entry_.facts.replicas = static_cast<double>(trace.replicas.size());
  hour_cpu_.assign(trace.replicas.size(), 0);
  five_.assign(trace.replicas.size(), 0);
}

void SizedByScan::observe(const MinuteUse& use) {
  for (std::size_t i = 0; i < use.cpu.size(); ++i) {
    hour_cpu_[i] += use.cpu[i];
    five_[i] += use.cpu[i];
    memory_peak_ = std::max<double>(memory_peak_, use.memory[i]);
  }
  hour_kills_ += use.killed ? 1 : 0;
  ++minutes_;
  if (minutes_ % kFive == 0) {
    five_peak_ = std::max(five_peak_, *std::max_element(five_.begin(), five_.end()) / kFive);
    std::fill(five_.begin(), five_.end(), 0);
  }
  if (minutes_ % 60 == 0) close_hour();
}

void SizedByScan::close_hour() {
  const double busiest = *std::max_element(hour_cpu_.begin(), hour_cpu_.end()) / 60;
  const double total = std::accumulate(hour_cpu_.begin(), hour_cpu_.end(), 0.0) / 60;
  use_.cpu.push_back(static_cast<float>(busiest));
  use_.cpu_total.push_back(static_cast<float>(total));
  use_.memory.push_back(static_cast<float>(memory_peak_));
  use_.pods.push_back(static_cast<std::uint16_t>(hour_cpu_.size()));
  use_.cpu_peak.push_back(static_cast<float>(five_peak_));
  if (use_.cpu_peak.size() > kFineHours) {
    use_.cpu_peak[use_.cpu_peak.size() - kFineHours - 1] = std::numeric_limits<float>::quiet_NaN();
  }
  kills_.push_back(hour_kills_);
  keep_newest(use_.cpu);
  keep_newest(use_.cpu_total);
  keep_newest(use_.memory);
  keep_newest(use_.pods);
  keep_newest(use_.cpu_peak);
  keep_newest(kills_);
  std::fill(hour_cpu_.begin(), hour_cpu_.end(), 0);
  five_peak_ = memory_peak_ = 0;
  hour_kills_ = 0;
}

Advice SizedByScan::advise(std::size_t /*minute*/, const Advice& live) {
  entry_.facts.cpu_request = live.cpu;
  entry_.facts.cpu_limit = live.cpu_limit > 0 ? std::optional(live.cpu_limit) : std::nullopt;
  entry_.facts.memory_request_mib = entry_.facts.memory_limit_mib = live.memory_mib;
  use_.oom_kills = std::accumulate(kills_.begin(), kills_.end(), 0);
  const scan::Assessment made = scan::assess(entry_, 0, use_, policy_, {});
  return {made.recommended.cpu_request.value_or(live.cpu),
          made.recommended.memory_request_mib.value_or(live.memory_mib), made.recommended.cpu_limit.value_or(0)};
}

}  // namespace trimtab::backtest
