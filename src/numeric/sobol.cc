#include "numeric/sobol.h"

#include <boost/random/sobol.hpp>

#include "base/check.h"
#include "base/random.h"

namespace trimtab::numeric {
namespace {

constexpr std::size_t kMostDimensions = 3667;

std::uint32_t reverse_bits(std::uint32_t x) {
  x = ((x & 0x55555555U) << 1U) | ((x >> 1U) & 0x55555555U);
  x = ((x & 0x33333333U) << 2U) | ((x >> 2U) & 0x33333333U);
  x = ((x & 0x0f0f0f0fU) << 4U) | ((x >> 4U) & 0x0f0f0f0fU);
  return __builtin_bswap32(x);
}

// Burley 2020, listing 3: each bit is flipped depending on the bits above it only.
std::uint32_t owen_scramble(std::uint32_t x, std::uint32_t seed) {
  x = reverse_bits(x);
  x ^= x * 0x3d20adeaU;
  x += seed;
  x *= (seed >> 16U) | 1U;
  x ^= x * 0x05526c56U;
  x ^= x * 0x53a22864U;
  return reverse_bits(x);
}

}  // namespace

std::vector<double> scrambled_sobol(std::size_t count, std::size_t dimension, std::uint64_t seed) {
  CHECK(dimension >= 1 && dimension <= kMostDimensions);
  boost::random::sobol_engine<std::uint32_t, 32> engine(dimension);
  Random random = Random::named(seed, "sobol");
  std::vector<std::uint32_t> seeds(dimension);
  for (std::uint32_t& s : seeds)
    s = static_cast<std::uint32_t>(random.next() >> 32U);
  std::vector<double> points(count * dimension);
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i] = owen_scramble(engine(), seeds[i % dimension]) * 0x1.0p-32;
  return points;
}

}  // namespace trimtab::numeric
