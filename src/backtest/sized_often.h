// The product's sizing as a contestant that is asked every five minutes: CPU for the coming hour (scan/coming_need.h),
// memory as when it is asked daily. What moving with the day is worth; `trimtab scan` itself is for a person.
#pragma once

#include <vector>

#include "backtest/sized_by_scan.h"

namespace trimtab::backtest {

class SizedOften final : public Recommender {
 public:
  SizedOften(const Trace& trace, scan::SizingPolicy policy);

  [[nodiscard]] std::string name() const override { return "Trimtab often"; }
  [[nodiscard]] int cadence_minutes() const override { return 5; }
  void observe(const MinuteUse& use) override;
  [[nodiscard]] Advice advise(std::size_t minute, const Advice& live) override;

 private:
  scan::SizingPolicy policy_;
  SizedByScan daily_;
  Advice day_;  // as daily sizing advised last
  bool known_ = false;
  std::size_t asked_ = 0;     // the minute of that
  std::vector<float> open_;   // sums of the open five minutes, by replica
  std::vector<float> fives_;  // of the busiest replica, all of them
  std::size_t minutes_ = 0;
};

}  // namespace trimtab::backtest
