#include "optimizer/study_caution.h"

#include <gtest/gtest.h>

namespace trimtab::optimizer {
namespace {

TEST(StudyCaution, TheFirstRunsAreFree) {
  for (int runs = 0; runs < 10; ++runs)
    EXPECT_FALSE(caution(true, runs, 100, 0).least_score.has_value()) << runs;
  EXPECT_TRUE(caution(true, 10, 100, 0).least_score.has_value());
}

TEST(StudyCaution, CrashesAloneCostTheirRunOnly) {
  const StudyCaution asked = caution(false, 40, 100, 5);
  EXPECT_DOUBLE_EQ(*asked.least_score, 0.67);
  EXPECT_FALSE(asked.dared_score.has_value());
}

TEST(StudyCaution, EveryBreachAsksForMore) {
  double last = 0;
  for (int breaches = 0; breaches < 10; ++breaches) {
    const double score = *caution(true, 31, 100, breaches).least_score;
    EXPECT_GE(score, last) << breaches;
    last = score;
  }
  EXPECT_DOUBLE_EQ(*caution(true, 31, 100, 0).least_score, 1.28);
  EXPECT_DOUBLE_EQ(last, 6);
}

TEST(StudyCaution, EveryFifthRunIsBoldWhileBreachesAreFew) {
  EXPECT_LT(*caution(true, 40, 100, 1).least_score, 0);
  EXPECT_GT(*caution(true, 41, 100, 1).least_score, 0);
  EXPECT_GT(*caution(true, 40, 100, 2).least_score, 0);  // of thirty runs
}

TEST(StudyCaution, DaresOnlyWhereItAsksForMoreThanUsual) {
  EXPECT_FALSE(caution(true, 31, 100, 0).dared_score.has_value());
  EXPECT_DOUBLE_EQ(*caution(true, 31, 100, 2).dared_score, 1.28);
  EXPECT_FALSE(caution(true, 31, 100, 3).dared_score.has_value());  // 3 of 90 that are planned
}

TEST(StudyCaution, WithoutABudgetTheNextRunsCount) {
  EXPECT_DOUBLE_EQ(*caution(true, 61, 0, 0).least_score, 1.28);
  EXPECT_GT(*caution(true, 61, 0, 2).least_score, 1.28);
}

}  // namespace
}  // namespace trimtab::optimizer
