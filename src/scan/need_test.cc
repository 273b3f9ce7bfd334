#include "scan/need.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace trimtab::scan {
namespace {

constexpr int kHours = 14 * 24;

HourlyUse hours(const std::function<double(int hour)>& cpu, const std::function<double(int hour)>& memory) {
  HourlyUse use;
  for (int h = 0; h < kHours; ++h) {
    use.cpu.push_back(static_cast<float>(cpu(h)));
    use.cpu_peak.push_back(h < kHours - 48 ? std::numeric_limits<float>::quiet_NaN()
                                           : static_cast<float>(cpu(h) * 1.1));
    use.memory.push_back(static_cast<float>(memory(h)));
    use.pods.push_back(1);
  }
  return use;
}

double steady(int) {
  return 400;
}

// One hour in the fortnight at ten cores is not worth ten cores; a hundredth of that is.
TEST(CpuNeed, ReservesWhatIsWorthIt) {
  const auto rare = [](double height) { return [height](int h) { return h == 100 ? height : height / 20; }; };
  const CpuNeed large = cpu_need(hours(rare(10), steady), {});
  EXPECT_LT(large.level, 1);
  EXPECT_GT(large.share, 0.99);
  const CpuNeed small = cpu_need(hours(rare(0.1), steady), {});
  EXPECT_GT(small.level, 0.1);
  EXPECT_DOUBLE_EQ(small.share, 1);
}

TEST(CpuNeed, NeverLeavesMoreThanItsShareLacking) {
  // A tenth of the hours need a hundred times as much.
  const CpuNeed need = cpu_need(hours([](int h) { return h % 10 == 0 ? 100.0 : 1.0; }, steady), {});
  EXPECT_GE(need.share, 0.95);
  EXPECT_GE(need.level, 100);
}

TEST(CpuNeed, AWeeklyPeakIsWhatCameEveryWeek) {
  const auto monday = [](int h) { return h % 168 >= 9 && h % 168 < 12 ? 3.0 : 0.2; };
  EXPECT_NEAR(cpu_need(hours(monday, steady), {}).weekly_peak, 3, 1e-6);
  const auto once = [](int h) { return h >= 9 && h < 12 ? 3.0 : 0.2; };
  EXPECT_NEAR(cpu_need(hours(once, steady), {}).weekly_peak, 0.2, 1e-6);
}

TEST(CpuNeed, OfNothingIsNothing) {
  const CpuNeed need = cpu_need({}, {});
  EXPECT_DOUBLE_EQ(need.level, 0);
  HourlyUse unseen = hours([](int) { return std::numeric_limits<double>::quiet_NaN(); }, steady);
  EXPECT_DOUBLE_EQ(cpu_need(unseen, {}).level, 0);
}

TEST(MemoryNeed, GrowthCountsWhileItGoesOn) {
  const auto leak = [](int h) { return 400.0 + h / 24.0 * 10; };
  const MemoryNeed growing = memory_need(hours([](int) { return 0.1; }, leak));
  EXPECT_NEAR(growing.growth_a_day, 10, 0.5);
  EXPECT_NEAR(growing.greatest, 400 + 335.0 / 24 * 10, 1);
  // Restarted two days ago: how far it goes was seen.
  const auto restarted = [&](int h) { return h >= kHours - 48 ? 400.0 : leak(h); };
  EXPECT_DOUBLE_EQ(memory_need(hours([](int) { return 0.1; }, restarted)).growth_a_day, 0);
}

TEST(MemoryNeed, SpreadTellsHowDaysDiffer) {
  EXPECT_DOUBLE_EQ(memory_need(hours([](int) { return 0.1; }, steady)).spread, 0);
  const auto restless = [](int h) { return 300.0 + 100 * ((h / 24) % 3); };
  EXPECT_GT(memory_need(hours([](int) { return 0.1; }, restless)).spread, 0.1);
}

}  // namespace
}  // namespace trimtab::scan
