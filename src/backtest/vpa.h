// The Vertical Pod Autoscaler: recommender and updater with their default flags.
// https://github.com/kubernetes/autoscaler, vertical-pod-autoscaler 1.4.2: pkg/recommender/{model,logic}, pkg/updater.
//
// CPU: 90th percentile of minute samples, half-life 24 h; memory: 90th percentile of each replica's daily peaks, half-
// life 24 h; both times 1.15, at least 25 m and 250 MiB a pod. A kill adds max(used + 100 MiB, 1.2 used) as a peak.
// A pod is changed when its request leaves [lower, upper], or after 12 hours when it is 10 % off.
#pragma once

#include "backtest/decaying_histogram.h"
#include "backtest/recommender.h"

namespace trimtab::backtest {

struct VpaBounds {
  Advice target;
  Advice lower;
  Advice upper;
};

class Vpa final : public Recommender {
 public:
  explicit Vpa(std::size_t replicas);

  [[nodiscard]] std::string name() const override { return "VPA"; }
  // The original asks every minute; nothing changes faster than this.
  [[nodiscard]] int cadence_minutes() const override { return 10; }
  void observe(const MinuteUse& use) override;
  [[nodiscard]] Advice advise(std::size_t minute, const Advice& live) override;

  [[nodiscard]] VpaBounds bounds() const;

 private:
  struct DayPeak {
    double mib = 0;
    double until_hour = 0;
  };
  void observe_memory(DayPeak& peak, double mib, double hour);
  void observe_kill(DayPeak& peak, double limit, double hour);

  DecayingHistogram cpu_;
  DecayingHistogram memory_;
  std::vector<DayPeak> peaks_;  // by replica
  double first_hour_ = -1;
  double last_hour_ = 0;
  double samples_ = 0;
  double changed_hour_ = -1e9;
  double memory_live_ = 0;
};

}  // namespace trimtab::backtest
