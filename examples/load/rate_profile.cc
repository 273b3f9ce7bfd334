#include "load/rate_profile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "base/random.h"

namespace trimtab::load {
namespace {

struct Knot {
  double hour;
  double share;
};
// A web shop of one time zone: quiet nights, a lunch peak, a broader evening.
constexpr std::array<Knot, 11> kDay{{{0, 0.22},
                                     {3, 0.10},
                                     {6, 0.18},
                                     {9, 0.60},
                                     {11, 0.75},
                                     {12.5, 1.0},
                                     {14, 0.70},
                                     {16, 0.58},
                                     {20, 0.85},
                                     {22, 0.45},
                                     {24, 0.22}}};
constexpr double kNoise = 0.10;                // greatest deviation of the slow noise
constexpr double kKnotsPerDay = 96;            // the noise has a knot each quarter of an hour
constexpr double kSurgeChance = 0.5;           // of a day to have one
constexpr double kSurgeFactor = 1.5;           // at its height
constexpr double kSurgeLengthDays = 1.0 / 36;  // 40 minutes of the day, up and down

// Smooth step between knots, without corners.
double blend(double from, double to, double share) {
  return from + (to - from) * (1 - std::cos(std::numbers::pi * share)) / 2;
}

double noise_knot(std::uint64_t seed, std::int64_t knot) {
  Random random = Random::named(seed, "noise-" + std::to_string(knot));
  return random.uniform(-1, 1);
}

// How much of a surge there is at a time of `day`, 0 to 1.
double surge_share(std::uint64_t seed, double day) {
  const double whole = std::floor(day);
  Random random = Random::named(seed, "surge-" + std::to_string(static_cast<std::int64_t>(whole)));
  if (random.uniform() >= kSurgeChance) return 0;
  const double start = random.uniform(0.35, 0.9);  // by day and in the evening
  const double inside = (day - whole - start) / kSurgeLengthDays;
  return inside < 0 || inside > 1 ? 0 : std::sin(std::numbers::pi * inside);
}

}  // namespace

double day_shape(double hour) {
  const auto* const next = std::upper_bound(kDay.begin() + 1, kDay.end() - 1, hour,
                                            [](double h, const Knot& knot) { return h < knot.hour; });
  const Knot& before = *(next - 1);
  return blend(before.share, next->share, (hour - before.hour) / (next->hour - before.hour));
}

double RateProfile::hour(double elapsed_s) const {
  return std::fmod(options_.start_hour + 24 * elapsed_s / options_.day_seconds, 24.0);
}

double RateProfile::at(double elapsed_s) const {
  if (options_.kind == RateProfileOptions::Kind::kConstant) return options_.rate;
  const double day = options_.start_hour / 24 + elapsed_s / options_.day_seconds;
  const double knot = std::floor(day * kKnotsPerDay);
  const auto number = static_cast<std::int64_t>(knot);
  const double noise =
      blend(noise_knot(options_.seed, number), noise_knot(options_.seed, number + 1), day * kKnotsPerDay - knot);
  const double surge = 1 + (kSurgeFactor - 1) * surge_share(options_.seed, day);
  return options_.rate * day_shape(hour(elapsed_s)) * (1 + kNoise * noise) * surge;
}

double RateProfile::ceiling() const {
  if (options_.kind == RateProfileOptions::Kind::kConstant) return options_.rate;
  return options_.rate * (1 + kNoise) * kSurgeFactor;
}

}  // namespace trimtab::load
