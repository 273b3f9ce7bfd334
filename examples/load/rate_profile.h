// RateProfile: how many requests per second are wanted at a time since the start. Pure; the same seed gives the same
// days.
#pragma once

#include <cstdint>

namespace trimtab::load {

struct RateProfileOptions {
  enum class Kind { kConstant, kDay } kind = Kind::kConstant;
  double rate = 20;            // requests per second; of the day: at the lunch peak of an ordinary day
  double day_seconds = 86400;  // length of a day in real seconds
  double start_hour = 0;       // of the day, 0 to 24
  std::uint64_t seed = 1;
};

class RateProfile {
 public:
  explicit RateProfile(RateProfileOptions options) : options_(options) {}

  // Requests per second. `elapsed_s` >= 0.
  [[nodiscard]] double at(double elapsed_s) const;
  // No rate is greater, ever.
  [[nodiscard]] double ceiling() const;
  // Hour of the day, 0 to 24.
  [[nodiscard]] double hour(double elapsed_s) const;

 private:
  RateProfileOptions options_;
};

// Share of the lunch peak at an hour of an ordinary day: night, morning rise, lunch peak, afternoon, evening. 0 to 1.
[[nodiscard]] double day_shape(double hour);

}  // namespace trimtab::load
