#include "numeric/normal.h"

#include <cmath>

#include <gtest/gtest.h>

namespace trimtab::numeric {
namespace {

TEST(Normal, KnownValues) {
  EXPECT_NEAR(normal_pdf(0), 0.3989422804014327, 1e-15);
  EXPECT_NEAR(normal_cdf(1.959963984540054), 0.975, 1e-14);
  EXPECT_NEAR(normal_cdf(-1), 0.15865525393145707, 1e-15);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_NEAR(normal_quantile(1e-10), -6.361340902404056, 1e-9);
}

TEST(Normal, LogCdfFarInTheTail) {
  // Reference: mpmath log(ncdf(z)).
  EXPECT_NEAR(normal_log_cdf(-5), -15.064998393988726, 1e-9);
  EXPECT_NEAR(normal_log_cdf(-10), -53.23128515051247, 1e-9);
  EXPECT_NEAR(normal_log_cdf(-40), -804.6084420137538, 1e-8);
  EXPECT_TRUE(std::isfinite(normal_log_cdf(-1e6)));
  EXPECT_NEAR(normal_log_cdf(6), std::log1p(-9.865876450376946e-10), 1e-22);
}

TEST(Normal, LogExpectedImprovement) {
  EXPECT_NEAR(log_expected_improvement(0), std::log(0.3989422804014327), 1e-14);
  EXPECT_NEAR(log_expected_improvement(10), std::log(10.0), 1e-12);
  // h(-3) = phi(3) - 3 Phi(-3) = 3.8215e-4
  EXPECT_NEAR(std::exp(log_expected_improvement(-3)), 3.821543e-4, 1e-9);
  double before = log_expected_improvement(-1e8);
  for (double z = -60; z < 6; z += 0.125) {
    const double now = log_expected_improvement(z);
    EXPECT_TRUE(std::isfinite(now)) << z;
    EXPECT_GT(now, before) << z;
    before = now;
  }
  // Both branches agree where they meet.
  EXPECT_NEAR(log_expected_improvement(-3 - 1e-9), log_expected_improvement(-3 + 1e-9), 1e-7);
}

TEST(Normal, QuantileInvertsCdf) {
  for (double p = 0.001; p < 1; p += 0.013)
    EXPECT_NEAR(normal_cdf(normal_quantile(p)), p, 1e-12);
}

}  // namespace
}  // namespace trimtab::numeric
