#include "engine/live_recall.h"

#include <cmath>
#include <limits>
#include <numbers>

#include <gtest/gtest.h>

#include "insight/load_history.h"

namespace trimtab::engine {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

model::Application application() {
  model::Application made;
  made.load_metric = "arrivals";
  model::Metric metric;
  metric.name = "arrivals";
  made.metrics = {metric};
  made.cadence.window = minutes(10);
  return made;
}

TEST(LiveRecall, AsksForAFortnightOrWhatOneAnswerHolds) {
  const Instant at{1'800'000'000'000'000};
  model::Application a = application();
  EXPECT_EQ(at - recall_query(a, at).start, hours(24 * 14));
  a.cadence.window = std::chrono::seconds(15);
  EXPECT_EQ(at - recall_query(a, at).start, std::chrono::seconds(15) * 2016);
  a.load_metric = "other";
  EXPECT_TRUE(recall_query(a, at).metrics.empty());
}

TEST(LiveRecall, KnowsThePeakAtEnrolment) {
  const Instant at{1'800'000'000'000'000};
  std::vector<SeriesPoint> points;
  for (int i = 0; i < 7 * 144; ++i) {
    const double hour = i % 144 / 6.0;
    points.push_back({at - minutes(10) * (7 * 144 - i), 50 - 40 * std::cos(hour / 24 * 2 * std::numbers::pi)});
  }
  points[5].value = std::numeric_limits<double>::quiet_NaN();
  LiveApplicationState state;
  recall_loads(state, application(), points);
  const auto forecast = insight::forecast(state.loads, at, hours(1));
  ASSERT_TRUE(forecast.cycle);
  EXPECT_NEAR(to_seconds(*forecast.cycle), 86400, 7200);
  EXPECT_NEAR(forecast.highest, 90, 5);
  EXPECT_FALSE(state.contexts.empty());
  // A state that has seen something is left alone.
  const auto before = state.loads;
  recall_loads(state, application(), {{at, 1000}});
  EXPECT_EQ(state.loads, before);
}

}  // namespace
}  // namespace trimtab::engine
