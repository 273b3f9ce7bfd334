#include "backtest/sized_often.h"

#include <algorithm>

#include "scan/coming_need.h"

namespace trimtab::backtest {
namespace {

constexpr std::size_t kFive = 5;

}  // namespace

SizedOften::SizedOften(const Trace& trace, scan::SizingPolicy policy)
    : policy_(policy), daily_(trace, policy), open_(trace.replicas.size(), 0) {}

void SizedOften::observe(const MinuteUse& use) {
  daily_.observe(use);
  for (std::size_t i = 0; i < use.cpu.size(); ++i)
    open_[i] += use.cpu[i];
  if (++minutes_ % kFive != 0) return;
  fives_.push_back(*std::ranges::max_element(open_) / static_cast<float>(kFive));
  std::ranges::fill(open_, 0.0F);
}

Advice SizedOften::advise(std::size_t minute, const Advice& live) {
  if (!known_ || minute >= asked_ + static_cast<std::size_t>(daily_.cadence_minutes())) {
    day_ = daily_.advise(minute, live);
    asked_ = minute;
    known_ = true;
  }
  const scan::ComingNeedPolicy policy;
  const double coming = std::max(policy_.least_cpu, scan::coming_cpu(fives_, policy));
  Advice made = day_;
  made.cpu = scan::renewed_cpu(live.cpu, coming, policy);
  return made;
}

}  // namespace trimtab::backtest
