// Arrivals: the times at which requests are due, fixed ahead and independent of how the service answers (open loop).
// A Poisson process whose rate follows a RateProfile, by thinning (Lewis and Shedler 1979).
#pragma once

#include <cstdint>

#include "load/rate_profile.h"

#include "base/random.h"

namespace trimtab::load {

// Not thread safe.
class Arrivals {
 public:
  Arrivals(RateProfile profile, std::uint64_t seed) : profile_(profile), random_(Random::named(seed, "arrivals")) {}
  // Seconds since the start of the next arrival; grows with every call. O(ceiling / rate) on average.
  [[nodiscard]] double next();

 private:
  RateProfile profile_;
  Random random_;
  double at_s_ = 0;
};

}  // namespace trimtab::load
