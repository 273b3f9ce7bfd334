// The product's own sizing as a contestant: hourly figures as `trimtab scan` reads them from Prometheus, two weeks of
// them, assessed anew every day.
#pragma once

#include "backtest/recommender.h"
#include "scan/sizing.h"

namespace trimtab::backtest {

class SizedByScan final : public Recommender {
 public:
  SizedByScan(const Trace& trace, scan::SizingPolicy policy);

  [[nodiscard]] std::string name() const override { return "Trimtab"; }
  [[nodiscard]] int cadence_minutes() const override { return 24 * 60; }
  void observe(const MinuteUse& use) override;
  [[nodiscard]] Advice advise(std::size_t minute, const Advice& live) override;

 private:
  void close_hour();

  scan::ContainerEntry entry_;
  scan::SizingPolicy policy_;
  scan::HourlyUse use_;
  std::vector<int> kills_;        // by hour
  std::vector<double> hour_cpu_;  // sums of the open hour, by replica
  std::vector<double> five_;      // sums of the open five minutes, by replica
  double five_peak_ = 0;          // of the open hour
  double memory_peak_ = 0;
  int hour_kills_ = 0;
  std::size_t minutes_ = 0;
};

}  // namespace trimtab::backtest
