#include "numeric/statistics.h"

#include <gtest/gtest.h>

namespace trimtab::numeric {
namespace {

TEST(Statistics, KnownValues) {
  const std::vector<double> values{2, 4, 4, 4, 5, 5, 7, 9};
  EXPECT_DOUBLE_EQ(mean(values), 5);
  EXPECT_NEAR(variance(values), 32.0 / 7, 1e-12);
  EXPECT_DOUBLE_EQ(median(values), 4.5);
  EXPECT_DOUBLE_EQ(quantile(values, 0), 2);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 9);
  EXPECT_DOUBLE_EQ(quantile(values, 0.25), 4);
}

TEST(Statistics, FewValues) {
  EXPECT_DOUBLE_EQ(mean({}), 0);
  EXPECT_DOUBLE_EQ(variance(std::vector<double>{3}), 0);
  EXPECT_DOUBLE_EQ(quantile({3}, 0.7), 3);
}

TEST(Statistics, RobustDeviationIgnoresAnOutlier) {
  EXPECT_NEAR(robust_deviation({1, 2, 3, 4, 5, 1e9}), 1.4826 * 1.5, 1e-9);
}

}  // namespace
}  // namespace trimtab::numeric
