// Google's Autopilot: its moving-window recommenders and its ML recommender.
// Rzadca et al., Autopilot: workload autoscaling at Google, EuroSys 2020, sections 3.2 and 3.3.
//
//   s[t][k]   samples of window t (5 minutes) in bucket k      b[k]  value of bucket k
//   h[t][k] = b[k] s[t][k] / sum_j b[j] s[t][j]                load-adjusted: shares of work, not of time
//   w[a]    = 2^(-a / half-life)                               half-life 12 h for CPU, 48 h for memory
//
// Moving window, for services: CPU = the 95th percentile of sum_a w[a] h[t-a]; memory = the greatest use of the window;
// each with a margin of 10 to 15 %, and the greatest of the last hour's recommendations is taken.
//
// ML: of cheap models m = (decay d, margin M) the one that would have cost least lately:
//   o(L)[t] = (1-d) o(L)[t-1] + d over(s[t], L)     u(L)[t] likewise with under(s[t], L)
//   L'_m[t] = argmin_L  w_o o(L)[t] + w_u u(L)[t] + w_dL [L != L'_m[t-1]];   L_m = L'_m + M
//   c_m[t]  = (1-d) c_m[t-1] + d (w_o over(s[t], L_m) + w_u under(s[t], L_m) + w_dL [L_m changed])
//   L[t]    = L_m for m = argmin_m  c_m[t] + w_dm [m != m[t-1]] + w_dL [L_m != L[t-1]]
// The weights are not published. over and under count amounts here (samples times how far they are off): with mere
// counts on either side the minimum would always be at an end of the range. For memory a window's sample is its peak.
#pragma once

#include <deque>

#include "backtest/recommender.h"

namespace trimtab::backtest {

// Buckets that grow by 5 %, values as shares of nothing: cores or MiB.
class Buckets {
 public:
  Buckets(double first, double greatest);
  [[nodiscard]] std::size_t of(double value) const;
  [[nodiscard]] double value(std::size_t bucket) const { return values_[bucket]; }  // the upper edge
  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  std::vector<double> values_;
};

// Decayed, load-adjusted histogram.
class LoadAdjusted {
 public:
  LoadAdjusted(const Buckets& buckets, double half_life_windows);
  void add(const std::vector<double>& samples);  // counts of a window by bucket
  [[nodiscard]] double percentile(double share) const;

 private:
  const Buckets& buckets_;
  double keep_;
  std::vector<double> weights_;
};

class AutopilotWindow final : public Recommender {
 public:
  AutopilotWindow();
  [[nodiscard]] std::string name() const override { return "Autopilot window"; }
  [[nodiscard]] int cadence_minutes() const override { return 5; }
  void observe(const MinuteUse& use) override;
  [[nodiscard]] Advice advise(std::size_t minute, const Advice& live) override;

 private:
  Buckets buckets_;
  LoadAdjusted cpu_;
  std::vector<double> samples_;
  std::deque<std::pair<std::size_t, double>> memory_;  // window, peak: decreasing
  std::deque<Advice> hour_;                            // recommendations of the last hour
  double window_memory_ = 0;
  std::size_t minutes_ = 0;
};

// The ensemble for one resource.
class ArgminEnsemble {
 public:
  struct Weights {
    double over = 20;  // of what was lacking, against what was idle
    double under = 1;
    double limit_change = 0.02;  // relative to the mean use
    double model_change = 0.01;
  };
  ArgminEnsemble(Buckets buckets, Weights weights);
  void add(const std::vector<double>& samples);
  [[nodiscard]] double limit() const { return limit_; }

 private:
  struct Model {
    double decay = 0.1;
    double margin = 0;  // share of the limit
    std::size_t bucket = 0;
    double limit = 0;
    double cost = 0;
    std::vector<double> counts;  // decayed samples: over and under of every limit follow from them
  };
  void choose_bucket(Model& model, double change_cost) const;
  [[nodiscard]] double cost_of(const std::vector<double>& samples, double limit) const;

  Buckets buckets_;
  Weights weights_;
  std::vector<Model> models_;
  std::size_t chosen_ = 0;
  double limit_ = 0;
};

class AutopilotMl final : public Recommender {
 public:
  AutopilotMl();
  [[nodiscard]] std::string name() const override { return "Autopilot ML"; }
  [[nodiscard]] int cadence_minutes() const override { return 5; }
  void observe(const MinuteUse& use) override;
  [[nodiscard]] Advice advise(std::size_t minute, const Advice& live) override;

 private:
  Buckets cpu_buckets_;
  Buckets memory_buckets_;
  ArgminEnsemble cpu_;
  ArgminEnsemble memory_;
  std::vector<double> cpu_samples_;
  std::vector<double> peaks_;  // by replica
  std::size_t minutes_ = 0;
};

}  // namespace trimtab::backtest
