// Robusta's KRR: strategies simple and simple_limit with their defaults.
// https://github.com/robusta-dev/krr, robusta_krr/strategies/{simple,simple_limit}.py. Stateless: two weeks of history.
//
// Samples are minutes here, 1.25 minutes there.
#pragma once

#include "backtest/recommender.h"

namespace trimtab::backtest {

struct KrrStrategy {
  std::string name;
  double cpu_request_share = 0.95;  // the quantile
  double cpu_limit_share = 0;       // 0: the limit is removed
  bool pooled = false;              // one quantile of all pods' samples; else the greatest of each pod's quantile
};
[[nodiscard]] KrrStrategy krr_simple();
[[nodiscard]] KrrStrategy krr_simple_limit();

class Krr final : public Recommender {
 public:
  Krr(KrrStrategy strategy, std::size_t replicas) : strategy_(std::move(strategy)), cpu_(replicas), memory_(replicas) {}

  [[nodiscard]] std::string name() const override { return strategy_.name; }
  [[nodiscard]] int cadence_minutes() const override { return 24 * 60; }
  void observe(const MinuteUse& use) override;
  [[nodiscard]] Advice advise(std::size_t minute, const Advice& live) override;

 private:
  KrrStrategy strategy_;
  std::vector<std::vector<float>> cpu_;  // by replica, all minutes
  std::vector<std::vector<float>> memory_;
};

}  // namespace trimtab::backtest
