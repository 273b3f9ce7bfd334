#include "telemetry/window_judgement.h"

#include <cmath>

#include <gtest/gtest.h>

namespace trimtab::telemetry {
namespace {

using engine::SeriesPoint;
using std::chrono::seconds;
using Status = engine::MetricSample::Status;

constexpr Instant kEnd{1'000'000'000'000};

// Six points at 5 s.
Grid grid() {
  return grid_of(kEnd - seconds(30), kEnd, seconds(5));
}

// Values at the end of the grid; `late` steps before its end.
QueryAnswer series(const std::vector<double>& values, int late = 0) {
  std::vector<SeriesPoint> points;
  const auto count = static_cast<std::int64_t>(values.size());
  for (std::int64_t i = 0; i < count; ++i) {
    points.push_back({kEnd - (count - 1 - i + late) * seconds(5), values[static_cast<std::size_t>(i)]});
  }
  return {{points}, {}};
}

model::Metric metric(model::Aggregate aggregate = model::Aggregate::kWindow) {
  model::Metric result;
  result.name = "m";
  result.aggregate = aggregate;
  return result;
}

TEST(Grid, EndsAtTheEndOfTheWindow) {
  EXPECT_EQ(grid().count, 6);
  EXPECT_EQ(grid().first, kEnd - seconds(25));
  EXPECT_EQ(grid_of(kEnd - seconds(3), kEnd, seconds(5)).count, 1);
  EXPECT_EQ(grid_of(kEnd - seconds(3), kEnd, seconds(5)).first, kEnd);
}

TEST(RateInterval, HoldsAtLeastTwoSamples) {
  EXPECT_EQ(rate_interval(seconds(1)), seconds(10));
  EXPECT_EQ(rate_interval(seconds(5)), seconds(20));
  EXPECT_EQ(rate_interval(seconds(60)), seconds(240));
  EXPECT_EQ(rate_interval(seconds(600)), seconds(600));
}

TEST(JudgeInstant, TakesTheValueAndTheCoverage) {
  const auto coverage = series({1, 1, NAN, 1, 1, 1});
  const auto judged = judge_instant(metric(), series({42}), &coverage, grid());
  EXPECT_EQ(judged.sample.status, Status::kUsable);
  EXPECT_EQ(judged.sample.value, 42);
  EXPECT_EQ(judged.sample.points, 6);
  EXPECT_EQ(judged.sample.points_expected, 6);
  EXPECT_EQ(judged.sample.newest, kEnd);
  EXPECT_EQ(judged.detail, "");
  EXPECT_EQ(judge_instant(metric(), series({42}), nullptr, grid()).sample.points_expected, 1);
}

TEST(JudgeInstant, SeesOldAndThinData) {
  const auto fresh_enough = series({1, 1, 1, 1, 1}, 1);
  EXPECT_EQ(judge_instant(metric(), series({42}), &fresh_enough, grid()).sample.status, Status::kUsable);
  const auto old = series({1, 1, 1}, 3);
  EXPECT_EQ(judge_instant(metric(), series({42}), &old, grid()).sample.status, Status::kStale);
  const auto thin = series({1, 1, 1, 1});
  EXPECT_EQ(judge_instant(metric(), series({42}), &thin, grid()).sample.status, Status::kPartial);
  const QueryAnswer none;
  const auto judged = judge_instant(metric(), series({42}), &none, grid());
  EXPECT_EQ(judged.sample.status, Status::kStale);
  EXPECT_NE(judged.detail, "");
  auto warned = series({42});
  warned.partial = "store away";
  EXPECT_EQ(judge_instant(metric(), warned, nullptr, grid()).sample.status, Status::kPartial);
}

TEST(JudgeInstant, SeesWhatIsNoNumber) {
  for (const double value : {double(NAN), double(INFINITY), -double(INFINITY)}) {
    const auto judged = judge_instant(metric(), series({value}), nullptr, grid());
    EXPECT_EQ(judged.sample.status, Status::kNotFinite);
    EXPECT_TRUE(std::isfinite(judged.sample.value));
  }
  EXPECT_EQ(judge_instant(metric(), {}, nullptr, grid()).sample.status, Status::kMissing);
  auto with_default = metric();
  with_default.default_value = 0.5;
  const auto judged = judge_instant(with_default, {}, nullptr, grid());
  EXPECT_EQ(judged.sample.status, Status::kUsable);
  EXPECT_EQ(judged.sample.value, 0.5);
  // A default stands for an empty answer, not for a division by zero.
  EXPECT_EQ(judge_instant(with_default, series({NAN}), nullptr, grid()).sample.status, Status::kNotFinite);
}

TEST(JudgeInstant, RefusesSeveralSeriesAndImplausibleValues) {
  auto two = series({1});
  two.series.push_back(two.series.front());
  EXPECT_EQ(judge_instant(metric(), two, nullptr, grid()).sample.status, Status::kImplausible);
  auto bounded = metric();
  bounded.plausible_max = 1;
  EXPECT_EQ(judge_instant(bounded, series({1}), nullptr, grid()).sample.status, Status::kUsable);
  EXPECT_EQ(judge_instant(bounded, series({1.01}), nullptr, grid()).sample.status, Status::kImplausible);
  EXPECT_EQ(judge_instant(bounded, series({-0.1}), nullptr, grid()).sample.status, Status::kImplausible);
}

TEST(JudgeRange, Aggregates) {
  using model::Aggregate;
  const auto answer = series({3, 1, 4, 1, 5, 4});
  const auto value = [&](Aggregate how) { return judge_range(metric(how), answer, grid()).sample.value; };
  EXPECT_EQ(value(Aggregate::kMean), 3);
  EXPECT_EQ(value(Aggregate::kMax), 5);
  EXPECT_EQ(value(Aggregate::kMin), 1);
  EXPECT_EQ(value(Aggregate::kLast), 4);
  EXPECT_EQ(value(Aggregate::kSum), 18);
}

TEST(JudgeRange, CountsOnlyNumbers) {
  const auto judged = judge_range(metric(model::Aggregate::kMax), series({1, NAN, 2, INFINITY, 3, 3}), grid());
  EXPECT_EQ(judged.sample.status, Status::kPartial);
  EXPECT_EQ(judged.sample.points, 4);
  EXPECT_EQ(judge_range(metric(model::Aggregate::kMax), series({1, NAN, 2, 3, 3, 3}), grid()).sample.status,
            Status::kUsable);
  EXPECT_EQ(judge_range(metric(model::Aggregate::kMax), series({NAN, NAN}), grid()).sample.status, Status::kNotFinite);
  EXPECT_EQ(judge_range(metric(model::Aggregate::kMax), {}, grid()).sample.status, Status::kMissing);
  EXPECT_EQ(judge_range(metric(model::Aggregate::kMax), series({1, 1, 1}, 3), grid()).sample.status, Status::kStale);
  auto two = series({1});
  two.series.push_back(two.series.front());
  EXPECT_EQ(judge_range(metric(model::Aggregate::kMax), two, grid()).sample.status, Status::kImplausible);
}

TEST(JudgeRange, FillsGapsWithTheDefault) {
  auto with_default = metric(model::Aggregate::kMean);
  with_default.default_value = 0;
  const auto judged = judge_range(with_default, series({6, 6}, 2), grid());
  EXPECT_EQ(judged.sample.status, Status::kUsable);
  EXPECT_EQ(judged.sample.value, 2);
  with_default.aggregate = model::Aggregate::kLast;
  EXPECT_EQ(judge_range(with_default, series({6, 6}, 2), grid()).sample.value, 0);
  EXPECT_EQ(judge_range(with_default, {}, grid()).sample.status, Status::kUsable);
}

}  // namespace
}  // namespace trimtab::telemetry
