#include "numeric/sobol.h"

#include <array>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace trimtab::numeric {
namespace {

// The stratification that scrambling must keep: each of the first 2^m points lies in its own interval of length 2^-m.
TEST(Sobol, EveryCoordinateIsStratified) {
  constexpr std::size_t kCount = 256;
  constexpr std::size_t kDimension = 20;
  const auto points = scrambled_sobol(kCount, kDimension, 7);
  for (std::size_t d = 0; d < kDimension; ++d) {
    std::set<int> cells;
    for (std::size_t i = 0; i < kCount; ++i) {
      const double value = points[i * kDimension + d];
      ASSERT_GE(value, 0);
      ASSERT_LT(value, 1);
      cells.insert(static_cast<int>(value * kCount));
    }
    EXPECT_GE(cells.size(), kCount - 1) << "dimension " << d;  // Boost leaves out the first point (zero)
  }
}

TEST(Sobol, IntegratesBetterThanRandom) {
  constexpr std::size_t kCount = 1024;
  const auto points = scrambled_sobol(kCount, 5, 3);
  double sum = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    double product = 1;
    for (std::size_t d = 0; d < 5; ++d)
      product *= 0.5 + points[i * 5 + d];
    sum += product;
  }
  // A random sample's standard error is 0.022 here.
  EXPECT_NEAR(sum / kCount, 1, 0.004);
}

TEST(Sobol, SeedDecides) {
  EXPECT_EQ(scrambled_sobol(16, 3, 5), scrambled_sobol(16, 3, 5));
  EXPECT_NE(scrambled_sobol(16, 3, 5), scrambled_sobol(16, 3, 6));
}

}  // namespace
}  // namespace trimtab::numeric
