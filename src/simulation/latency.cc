#include "simulation/latency.h"

#include <cmath>

namespace trimtab::simulation {
namespace {

double exponential_tail(const Delay& delay, double seconds) {
  return delay.mean_s > 0 ? std::exp(-seconds / delay.mean_s) : 0;
}

// P(X + Y > t) of two independent exponentials (hypoexponential); the means are kept apart a little.
double both_tail(const Delay& a, const Delay& b, double seconds) {
  if (a.mean_s <= 0) return exponential_tail(b, seconds);
  if (b.mean_s <= 0) return exponential_tail(a, seconds);
  double first = a.mean_s;
  const double second = b.mean_s;
  if (std::abs(first - second) < 1e-6 * second) first = second * (1 + 1e-6);
  return (first * std::exp(-seconds / first) - second * std::exp(-seconds / second)) / (first - second);
}

double delay_tail(const Latency& latency, double seconds) {
  const Delay& queue = latency.queue;
  const Delay& pause = latency.pause;
  return queue.chance * (1 - pause.chance) * exponential_tail(queue, seconds) +
         (1 - queue.chance) * pause.chance * exponential_tail(pause, seconds) +
         queue.chance * pause.chance * both_tail(queue, pause, seconds);
}

}  // namespace

double Latency::tail(double seconds) const {
  double sum = 0;
  for (const Atom& atom : atoms)
    sum += atom.weight * (seconds < atom.seconds ? 1 : delay_tail(*this, seconds - atom.seconds));
  return sum;
}

double Latency::mean() const {
  double sum = queue.chance * queue.mean_s + pause.chance * pause.mean_s;
  for (const Atom& atom : atoms)
    sum += atom.weight * atom.seconds;
  return sum;
}

double quantile(std::span<const WeightedLatency> mixture, double q, double limit_s) {
  double weights = 0;
  for (const WeightedLatency& part : mixture)
    weights += part.weight;
  const auto exceeds = [&](double seconds) {
    double sum = 0;
    for (const WeightedLatency& part : mixture)
      sum += part.weight * part.latency->tail(seconds);
    return sum > (1 - q) * weights;
  };
  if (exceeds(limit_s)) return limit_s;
  double low = 0;
  double high = limit_s;
  for (int i = 0; i < 30; ++i) {
    const double middle = (low + high) / 2;
    (exceeds(middle) ? low : high) = middle;
  }
  return high;
}

}  // namespace trimtab::simulation
