// Distribution of response times as a mixture of atoms (service and waiting for others) plus two independent delays,
// each absent or exponential: the processor's queue and a collector's pause. Its tail is closed.
#pragma once

#include <span>
#include <vector>

namespace trimtab::simulation {

// With probability `chance` the delay is exponential with mean `mean_s`, else it is zero.
struct Delay {
  double chance = 0;
  double mean_s = 0;
};

struct Latency {
  struct Atom {
    double weight = 0;  // the weights sum to 1
    double seconds = 0;
  };
  std::vector<Atom> atoms;
  Delay queue;
  Delay pause;

  // Share of requests that take longer than `seconds`.
  [[nodiscard]] double tail(double seconds) const;
  [[nodiscard]] double mean() const;
};

struct WeightedLatency {
  const Latency* latency = nullptr;
  double weight = 0;
};
// Smallest time that a share `q` of the mixture does not exceed, at most `limit_s`. Weights need not sum to 1.
[[nodiscard]] double quantile(std::span<const WeightedLatency> mixture, double q, double limit_s);

}  // namespace trimtab::simulation
