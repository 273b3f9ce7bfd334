// Kruize: cost and performance profile of its long term (15 days).
// https://github.com/kruize/autotune, src/main/java/com/autotune/analyzer/recommendations/model. Aggregates of 15
// minutes; nothing here is throttled, so that usage is what was needed.
//
// CPU: the greatest interval while that is below a core; else the 60th (cost) or 98th (performance) percentile of the
// intervals. Memory: the lesser of 1.2 times the greatest use and the greatest use plus 1.05 times the greatest rise.
#pragma once

#include <deque>

#include "backtest/recommender.h"

namespace trimtab::backtest {

class Kruize final : public Recommender {
 public:
  enum class Profile { kCost, kPerformance };
  Kruize(Profile profile, std::size_t replicas) : profile_(profile), replicas_(replicas) {}

  [[nodiscard]] std::string name() const override {
    return profile_ == Profile::kCost ? "Kruize cost" : "Kruize performance";
  }
  [[nodiscard]] int cadence_minutes() const override { return 24 * 60; }
  void observe(const MinuteUse& use) override;
  [[nodiscard]] Advice advise(std::size_t minute, const Advice& live) override;

 private:
  struct Interval {
    double cpu_max = 0;
    double memory_max = 0;
    std::vector<float> memory_min;  // by replica
    std::vector<float> replica_max;
  };
  Profile profile_;
  std::size_t replicas_;
  std::deque<Interval> intervals_;
  std::size_t minutes_ = 0;
};

}  // namespace trimtab::backtest
