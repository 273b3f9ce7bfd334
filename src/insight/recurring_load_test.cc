#include "insight/recurring_load.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "base/random.h"

namespace trimtab::insight {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr Instant kMonday{1767571200000000};

// Days with a valley of 10 and a peak of 100 requests/s, a little noise; `grow`: factor a day.
LoadHistory days(int count, double grow = 1) {
  Random random(7);
  LoadHistory history;
  for (int i = 1; i <= count * 48; ++i) {
    const double day = i / 48.0;
    const double load = (55 - 45 * std::cos(2 * std::numbers::pi * day)) * std::pow(grow, day);
    add_load(history, kMonday + minutes(30 * i), load * std::exp(0.03 * random.normal()), minutes(30));
  }
  return history;
}

TEST(RecurringLoad, LeavesADayThatRepeatsAsItIs) {
  const LoadHistory history = days(7);
  const LoadHistory calm = without_surges(history);
  for (std::size_t i = 0; i < history.highest.size(); ++i)
    EXPECT_GE(calm.highest[i], 0.95 * history.highest[i]) << i;
}

TEST(RecurringLoad, CutsASurgeThatCameOnce) {
  LoadHistory history = days(7);
  const Instant now = kMonday + hours(24 * 7);
  add_load(history, now - hours(12), 160, minutes(30));  // at the peak
  add_load(history, now - hours(3), 90, minutes(30));    // in the evening, below the peak
  EXPECT_GE(forecast(history, now, hours(1)).highest, 160);
  const LoadForecast calm = forecast(without_surges(history), now, hours(1));
  EXPECT_LT(calm.highest, 135);
  EXPECT_GT(calm.highest, 95);
}

TEST(RecurringLoad, KeepsWhatCameTwiceAtTheSameTime) {
  LoadHistory history = days(7);
  const Instant now = kMonday + hours(24 * 7);
  add_load(history, now - hours(12), 160, minutes(30));
  add_load(history, now - hours(24 * 3 + 12), 165, minutes(30));
  EXPECT_GE(forecast(without_surges(history), now, hours(1)).highest, 160);
}

TEST(RecurringLoad, CallsTwoSurgesInAFortnightSurgesButKeepsTheSameWeekday) {
  const Instant now = kMonday + hours(24 * 13);
  LoadHistory history = days(13);
  add_load(history, now - hours(12), 160, minutes(30));
  add_load(history, now - hours(24 * 4 + 12), 165, minutes(30));
  EXPECT_LT(forecast(without_surges(history), now, hours(1)).highest, 125);
  history = days(13);
  add_load(history, now - hours(12), 160, minutes(30));
  add_load(history, now - hours(24 * 7 + 12), 165, minutes(30));
  EXPECT_GE(forecast(without_surges(history), now, hours(1)).highest, 160);
}

TEST(RecurringLoad, FollowsGrowth) {
  const LoadHistory history = days(7, 1.04);
  EXPECT_GE(forecast(without_surges(history), kMonday + hours(24 * 7), hours(1)).highest,
            0.97 * forecast(history, kMonday + hours(24 * 7), hours(1)).highest);
}

TEST(RecurringLoad, NeedsACycleToCallAnythingASurge) {
  LoadHistory history;
  EXPECT_EQ(without_surges(history), history);
  for (int i = 1; i <= 20; ++i)
    add_load(history, kMonday + minutes(30 * i), i == 12 ? 300 : 50, minutes(30));
  EXPECT_EQ(without_surges(history), history);
}

}  // namespace
}  // namespace trimtab::insight
