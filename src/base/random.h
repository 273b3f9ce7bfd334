// Random: reproducible pseudo-random numbers, the same on every platform and standard library.
//
// Generator: xoshiro256++ 1.0 (Blackman and Vigna, ACM TOMS 47(4), 2021), seeded by SplitMix64 as its authors advise.
// Distributions are our own because std::normal_distribution and friends differ between standard libraries.
// A value type: copying it forks the stream. Not thread safe.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace trimtab {

class Random {
 public:
  explicit Random(std::uint64_t seed);
  // A stream for a named purpose, independent of every other name: Random::named(seed, "acquisition").
  [[nodiscard]] static Random named(std::uint64_t seed, std::string_view name);

  // Uniform over all 64-bit values.
  std::uint64_t next();
  // Uniform in [0, 1) with 53 random bits.
  double uniform();
  double uniform(double low, double high);
  // Uniform integer in [0, n); n > 0. Unbiased (Lemire 2019).
  std::uint64_t below(std::uint64_t n);
  // Standard normal, by inversion (one uniform a draw, so streams stay aligned).
  double normal();
  // Rate 1.
  double exponential();

  using State = std::array<std::uint64_t, 4>;
  [[nodiscard]] const State& state() const { return state_; }
  [[nodiscard]] static Random from_state(const State& state);

 private:
  State state_{};
};

// FNV-1a, 64 bit: a stable hash for seeds and identifiers, not for security.
[[nodiscard]] std::uint64_t stable_hash(std::string_view text);

}  // namespace trimtab
