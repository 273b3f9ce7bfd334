#include "simulation/load_model.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/random.h"

namespace trimtab::simulation {
namespace {

constexpr double kHoursPerDay = 24;
constexpr int kDaysPerWeek = 7;
constexpr int kFirstWeekendDay = 5;
// Correlation time of the noise, as a share of a day: ten minutes of a real one.
constexpr double kNoiseTime_days = 10.0 / 1440;

double shape_at(const std::vector<std::pair<double, double>>& shape, double hour) {
  if (shape.empty()) return 1;
  std::size_t after = 0;
  while (after < shape.size() && shape[after].first <= hour)
    ++after;
  const auto& [from_hour, from] = shape[after == 0 ? shape.size() - 1 : after - 1];
  const auto& [to_hour, to] = shape[after == shape.size() ? 0 : after];
  double length = to_hour - from_hour;
  double passed = hour - from_hour;
  if (length <= 0) length += kHoursPerDay;
  if (passed < 0) passed += kHoursPerDay;
  const double part = (1 - std::cos(std::numbers::pi * passed / length)) / 2;
  return from + part * (to - from);
}

// Multiplies surges into `rates`: a short rise, a plateau, a slow fall.
void add_surges(std::vector<double>& rates, const LoadOptions& options, double steps_per_day) {
  Random random = Random::named(options.seed, "surges");
  if (options.surges_per_week <= 0) return;
  const double length = to_seconds(options.surge_length) / to_seconds(options.day) * steps_per_day;
  double at = 0;
  while (true) {
    at += random.exponential() * kDaysPerWeek * steps_per_day / options.surges_per_week;
    if (at >= static_cast<double>(rates.size())) return;
    const double height = (options.surge_factor - 1) * random.uniform(0.5, 1);
    for (double k = 0; k < 1.5 * length && at + k < static_cast<double>(rates.size()); ++k) {
      const double rise = std::min(1.0, (k + 1) / std::max(1.0, 0.1 * length));
      const double fall = k < length ? 1 : std::exp(-(k - length) / std::max(1.0, 0.15 * length));
      rates[static_cast<std::size_t>(at + k)] *= 1 + height * rise * fall;
    }
  }
}

}  // namespace

std::vector<double> arrivals(const LoadOptions& options, Duration step, int steps) {
  Random random = Random::named(options.seed, "load noise");
  const double step_days = to_seconds(step) / to_seconds(options.day);
  const double memory = std::exp(-step_days / kNoiseTime_days);
  double noise = 0;
  std::vector<double> rates;
  rates.reserve(static_cast<std::size_t>(steps));
  for (int i = 0; i < steps; ++i) {
    const double days = (i + 0.5) * step_days;
    const double hour = (days - std::floor(days)) * kHoursPerDay;
    const int weekday = static_cast<int>(days) % kDaysPerWeek;
    double rate = options.peak * shape_at(options.shape, hour);
    if (weekday >= kFirstWeekendDay) rate *= options.weekend;
    rate *= std::pow(1 + options.growth_per_week, days / kDaysPerWeek);
    noise = memory * noise + std::sqrt(1 - memory * memory) * random.normal();
    rates.push_back(std::max(0.0, rate * (1 + options.noise * noise)));
  }
  add_surges(rates, options, 1 / step_days);
  return rates;
}

}  // namespace trimtab::simulation
