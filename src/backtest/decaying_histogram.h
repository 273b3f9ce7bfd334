// The histogram of the Vertical Pod Autoscaler's recommender: exponential buckets, weights that double every half-life.
// https://github.com/kubernetes/autoscaler/tree/vertical-pod-autoscaler-1.4.2/vertical-pod-autoscaler/pkg/recommender/util
// (histogram_options.go, histogram.go, decaying_histogram.go).
#pragma once

#include <cstddef>
#include <vector>

namespace trimtab::backtest {

class DecayingHistogram {
 public:
  // The n-th bucket starts at first * (ratio^n - 1) / (ratio - 1); buckets reach `greatest`.
  // Preconditions: all positive, ratio > 1.
  DecayingHistogram(double greatest, double first, double ratio, double half_life_hours);

  void add(double value, double weight, double hour) { change(value, weight, hour); }
  void subtract(double value, double weight, double hour) { change(value, -weight, hour); }
  // The upper edge of the bucket where `share` of the weight is reached; 0 when empty.
  [[nodiscard]] double percentile(double share) const;
  [[nodiscard]] bool is_empty() const;
  [[nodiscard]] std::size_t bucket_of(double value) const;
  [[nodiscard]] double start_of(std::size_t bucket) const;
  [[nodiscard]] std::size_t buckets() const { return weights_.size(); }

 private:
  void change(double value, double weight, double hour);

  double first_;
  double ratio_;
  double half_life_;
  double reference_ = 0;  // hour at which weights count as they are
  std::vector<double> weights_;
};

}  // namespace trimtab::backtest
