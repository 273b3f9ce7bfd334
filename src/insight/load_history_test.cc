#include "insight/load_history.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "base/random.h"
#include "insight/load_context.h"

namespace trimtab::insight {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant kMonday{1'767'571'200'000'000};  // 2026-01-05T00:00:00Z

// A day with its valley at 4 and its peak at 16 o'clock; fewer requests at the weekend; noise of 8 %.
double day_load(Duration since, Duration day, Random& random, double weekend = 1) {
  const double phase = to_seconds(since % day) / to_seconds(day);
  const auto number = since / day % 7;
  const double shape = 55 - 45 * std::cos(2 * std::numbers::pi * (phase - 1.0 / 6));
  return shape * (number >= 5 ? weekend : 1) * std::exp(0.08 * random.normal());
}

LoadHistory days(int count, Duration day, Duration window, double weekend = 1, double growth = 1) {
  LoadHistory history;
  Random random(7);
  for (Duration t = window; t <= day * count; t += window) {
    const double grown = std::pow(growth, to_seconds(t) / to_seconds(day));
    add_load(history, kMonday + t, grown * day_load(t - window, day, random, weekend), window);
  }
  return history;
}

TEST(LoadHistory, StaysSmallAndCoversAtLeastAWeekOfDays) {
  const LoadHistory history = days(14, hours(24), minutes(10));
  EXPECT_LE(history.highest.size(), 336u);
  EXPECT_GE(covered(history), hours(24 * 7));
  EXPECT_LE(history.bucket, hours(1));
}

TEST(LoadHistory, FindsTheDay) {
  const auto cycle = find_cycle(days(5, hours(24), minutes(10)));
  ASSERT_TRUE(cycle);
  EXPECT_NEAR(to_seconds(*cycle) / 3600, 24, 1.5);
}

TEST(LoadHistory, FindsADayCompressedTo24Minutes) {
  for (const int count : {3, 6, 40}) {
    const auto cycle = find_cycle(days(count, minutes(24), seconds(30)));
    ASSERT_TRUE(cycle) << count;
    EXPECT_NEAR(to_seconds(*cycle) / 60, 24, 2) << count;
  }
}

// Switched off for longer than a cycle, then on again at night: the peak that was seen before is still to come.
TEST(LoadForecast, RemembersTheCycleAfterASilence) {
  for (const int silent_days : {1, 2, 5}) {  // eight cycles are kept
    LoadHistory history = days(4, minutes(24), seconds(30));
    const Instant on = kMonday + minutes(24) * (4 + silent_days);
    const LoadForecast off = forecast(history, on, minutes(5));
    ASSERT_FALSE(off.loads.empty()) << silent_days;
    EXPECT_GT(off.highest, 95) << silent_days;
    add_load(history, on + minutes(4), 8, seconds(30));
    const LoadForecast back = forecast(history, on + minutes(4), minutes(5));
    EXPECT_GT(back.highest, 95) << silent_days;
    EXPECT_EQ(back.now, 8) << silent_days;
  }
}

TEST(LoadHistory, SeesNoCycleInNoiseOrInASteadyLoad) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    LoadHistory history;
    const int n = 30 + static_cast<int>(random.below(300));
    for (int i = 1; i <= n; ++i) {
      add_load(history, kMonday + minutes(10 * i), 50 * std::exp(0.1 * random.normal()), minutes(10));
    }
    EXPECT_FALSE(find_cycle(history)) << seed << " " << n;
  }
  LoadHistory steady;
  for (int i = 1; i < 200; ++i)
    add_load(steady, kMonday + minutes(10 * i), 50, minutes(10));
  EXPECT_FALSE(find_cycle(steady));
}

TEST(LoadHistory, BridgesGapsAndIgnoresWhatIsOlder) {
  LoadHistory history;
  add_load(history, kMonday + hours(1), 10, minutes(10));
  add_load(history, kMonday + hours(3), 20, minutes(10));
  add_load(history, kMonday, 99, minutes(10));
  add_load(history, kMonday + hours(3), std::nan(""), minutes(10));
  EXPECT_EQ(history.highest.size(), 13u);
  EXPECT_EQ(history.highest.front(), 10);
  EXPECT_EQ(history.highest.back(), 20);
  add_load(history, kMonday + hours(24 * 365 * 10), 30, minutes(10));  // ten years of silence
  EXPECT_EQ(history.highest.size(), 1u);
}

TEST(Forecast, IsEmptyWithoutHistory) {
  EXPECT_TRUE(forecast({}, kMonday, hours(1)).loads.empty());
}

TEST(Forecast, KeepsAReserveUntilADayWasSeen) {
  LoadHistory history;
  for (int i = 1; i <= 6; ++i)
    add_load(history, kMonday + minutes(10 * i), 40, minutes(10));
  EXPECT_DOUBLE_EQ(forecast(history, kMonday + hours(1), hours(1)).highest, 60);
}

TEST(Forecast, KnowsThePeakAtNight) {
  const LoadHistory history = days(4, hours(24), minutes(10));
  const LoadForecast expected = forecast(history, kMonday + hours(24 * 4), hours(1));
  EXPECT_LT(expected.now, 50);
  EXPECT_GT(expected.highest, 98);
  EXPECT_LT(expected.highest, 160);
  EXPECT_LT(expected.loads.front(), 20);
  EXPECT_TRUE(std::ranges::is_sorted(expected.loads));
}

TEST(Forecast, KnowsMondayOnSunday) {
  const LoadHistory history = days(14, hours(24), minutes(10), 0.3);
  const LoadForecast expected = forecast(history, kMonday + hours(24 * 14) - hours(1), hours(1));
  EXPECT_GT(expected.highest, 95);
}

TEST(Forecast, ForgetsASurgeAfterACycle) {
  LoadHistory history = days(6, hours(24), minutes(10));
  add_load(history, kMonday + hours(24 * 4 + 12), 400, minutes(10));
  EXPECT_LT(forecast(history, kMonday + hours(24 * 6), hours(1)).highest, 160);
  add_load(history, kMonday + hours(24 * 6) - hours(3), 400, minutes(10));
  EXPECT_GE(forecast(history, kMonday + hours(24 * 6), hours(1)).highest, 400);
}

TEST(Forecast, FollowsGrowth) {
  const LoadHistory history = days(7, hours(24), minutes(10), 1, 1.05);
  const LoadForecast expected = forecast(history, kMonday + hours(24 * 7), hours(1));
  EXPECT_GT(expected.growth, 1.01);
  EXPECT_LE(expected.growth, 1.1);
}

TEST(LoadContexts, NamesTheRegimesOfADay) {
  const auto contexts = recognise_contexts(days(3, hours(24), minutes(10)), {});
  ASSERT_GE(contexts.size(), 3u);
  EXPECT_EQ(contexts.front().name, "valley");
  EXPECT_EQ(contexts.back().name, "peak");
  double share = 0;
  for (const LoadContext& context : contexts)
    share += context.share;
  EXPECT_NEAR(share, 1, 1e-9);
  EXPECT_EQ(context_of(contexts, 1000)->name, "peak");
  EXPECT_EQ(context_of(contexts, 0)->name, "valley");
  for (const LoadContext& context : contexts)
    EXPECT_EQ(context_of(contexts, context.centre)->id, context.id);
}

TEST(LoadContexts, ASteadyLoadIsOneRegime) {
  Random random(3);
  LoadHistory history;
  for (int i = 1; i < 200; ++i) {
    add_load(history, kMonday + minutes(10 * i), 50 * std::exp(0.08 * random.normal()), minutes(10));
  }
  EXPECT_EQ(recognise_contexts(history, {}).size(), 1u);
}

TEST(LoadContexts, IdsAreStableWhileTheRegimesLiveOn) {
  std::vector<LoadContext> contexts;
  LoadHistory history;
  Random random(5);
  std::string peak;
  for (int i = 1; i <= 144 * 10; ++i) {
    add_load(history, kMonday + minutes(10 * i), day_load(minutes(10 * i), hours(24), random), minutes(10));
    contexts = recognise_contexts(history, contexts);
    if (i < 144 * 2) continue;
    if (peak.empty()) peak = contexts.back().id;
    EXPECT_EQ(contexts.back().id, peak) << "window " << i;
  }
}

TEST(LoadContexts, TooFewLoadsChangeNothing) {
  LoadHistory history;
  add_load(history, kMonday, 5, minutes(10));
  EXPECT_TRUE(recognise_contexts(history, {}).empty());
  EXPECT_EQ(recognise_contexts(history, {{"c7", "peak", 1, 2, 1.5, 3, 1}}).front().id, "c7");
  EXPECT_EQ(context_of({}, 5), nullptr);
}

}  // namespace
}  // namespace trimtab::insight
