#include "scan/coming_need.h"

#include <vector>

#include <gtest/gtest.h>

namespace trimtab::scan {
namespace {

constexpr std::size_t kDay = 288;

// `days` and some five minutes more of 1 core, and 4 cores in the day's hour 12.
std::vector<float> noon_peaks(std::size_t days, std::size_t more) {
  std::vector<float> fives(days * kDay + more, 1);
  for (std::size_t i = 0; i < fives.size(); ++i) {
    if (i % kDay / 12 == 12) fives[i] = 4;
  }
  return fives;
}

TEST(ComingCpu, KnowsTheHourOfFormerDaysBeforeItBegins) {
  const ComingNeedPolicy policy;
  EXPECT_NEAR(coming_cpu(noon_peaks(5, 120), policy), 1.1, 1e-6);      // ten o'clock
  EXPECT_NEAR(coming_cpu(noon_peaks(5, 12 * 12), policy), 4.4, 1e-6);  // noon
  EXPECT_NEAR(coming_cpu(noon_peaks(5, 15 * 12), policy), 1.1, 1e-6);  // three o'clock
}

TEST(ComingCpu, FollowsWhatIsSeenNow) {
  std::vector<float> fives = noon_peaks(5, 60);
  fives.back() = 9;
  EXPECT_NEAR(coming_cpu(fives, {}), 9.9, 1e-5);
  fives.insert(fives.end(), 12, 1);
  EXPECT_NEAR(coming_cpu(fives, {}), 1.1, 1e-6);  // an hour later it is over
}

TEST(ComingCpu, OneOddDayInAFortnightIsLeftOut) {
  std::vector<float> fives(14 * kDay, 1);
  fives[3 * kDay] = 50;
  EXPECT_NEAR(coming_cpu(fives, {}), 1.1, 1e-6);
}

TEST(ComingCpu, NeedsNoHistory) {
  EXPECT_EQ(coming_cpu({}, {}), 0);
  const std::vector<float> one = {2};
  EXPECT_NEAR(coming_cpu(one, {}), 2.2, 1e-6);
}

TEST(RenewedCpu, RisesAtOnceAndFallsWhenItIsWorthIt) {
  EXPECT_EQ(renewed_cpu(1, 1.01, {}), 1.01);
  EXPECT_EQ(renewed_cpu(1, 0.8, {}), 1);
  EXPECT_EQ(renewed_cpu(1, 0.6, {}), 0.6);
}

}  // namespace
}  // namespace trimtab::scan
