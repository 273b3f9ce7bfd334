#include "backtest/krr.h"

#include <algorithm>
#include <cmath>

#include "backtest/window_quantile.h"

namespace trimtab::backtest {
namespace {

constexpr std::size_t kHistoryMinutes = 14 * 24 * 60;
constexpr std::size_t kLeastPoints = 100;  // points_required
constexpr double kMemoryBuffer = 1.15;     // memory_buffer_percentage
constexpr double kLeastCpu = 0.010;        // cpu_min_value, millicores
constexpr double kLeastMemoryMib = 100;    // memory_min_value, MB
constexpr double kMegabyte = 1e6;
constexpr double kMib = 1024.0 * 1024.0;

double up(double value, double step) {
  return std::ceil(value / step - 1e-9) * step;
}

}  // namespace

KrrStrategy krr_simple() {
  return {"KRR simple", 0.95, 0, false};
}
KrrStrategy krr_simple_limit() {
  return {"KRR simple_limit", 0.66, 0.96, true};
}

void Krr::observe(const MinuteUse& use) {
  for (std::size_t i = 0; i < cpu_.size(); ++i) {
    cpu_[i].push_back(use.cpu[i]);
    memory_[i].push_back(use.memory[i]);
  }
}

Advice Krr::advise(std::size_t /*minute*/, const Advice& live) {
  if (cpu_.empty() || cpu_.front().size() < kLeastPoints) return live;
  double cpu = 0;
  double limit = 0;
  double memory = 0;
  std::vector<float> all;
  for (std::size_t i = 0; i < cpu_.size(); ++i) {
    const auto recent = last_of(cpu_[i], kHistoryMinutes);
    if (strategy_.pooled) {
      all.insert(all.end(), recent.begin(), recent.end());
    } else {
      cpu = std::max(cpu, interpolated_quantile({recent.begin(), recent.end()}, strategy_.cpu_request_share));
    }
    memory = std::max<double>(memory, std::ranges::max(last_of(memory_[i], kHistoryMinutes)));
  }
  if (strategy_.pooled) {
    cpu = interpolated_quantile(all, strategy_.cpu_request_share);
    limit = interpolated_quantile(std::move(all), strategy_.cpu_limit_share);
  }
  Advice advice;
  advice.cpu = std::max(kLeastCpu, up(cpu, 0.001));
  advice.cpu_limit = strategy_.cpu_limit_share > 0 ? std::max(kLeastCpu, up(limit, 0.001)) : 0;
  advice.memory_mib = std::max(kLeastMemoryMib * kMegabyte / kMib, up(memory * kMemoryBuffer, 1));
  return advice;
}

}  // namespace trimtab::backtest
