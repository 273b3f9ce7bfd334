#include "insight/slo_burn.h"

#include <gtest/gtest.h>

namespace trimtab::insight {
namespace {

using model::Observation;

model::Objective objective() {
  const auto slo = [](const char* name, double bound) {
    return model::Slo{name, name, expr::Expression::parse(name).value(), true, bound, 0.95};
  };
  return model::Objective::create(
             {{model::Direction::kMinimize, expr::Expression::parse("container.cpu_limit").value(), "cpu"}},
             {slo("p95", 100), slo("errors", 0.01)}, {})
      .value();
}

Observation window(int start_s, int length_s, model::Metrics metrics, bool failed = false) {
  Observation made;
  made.start = Instant{start_s * 1'000'000LL};
  made.end = Instant{(start_s + length_s) * 1'000'000LL};
  made.metrics = std::move(metrics);
  made.failed = failed;
  return made;
}

TEST(SloBurn, CountsTheTimeOutsideEachBound) {
  const auto burns = slo_burn(
      objective(), {window(0, 60, {{"p95", 40}, {"errors", 0}}), window(60, 20, {{"p95", 140}, {"errors", 0}})},
      Instant{}, 0.01);
  ASSERT_EQ(burns.size(), 2U);
  EXPECT_DOUBLE_EQ(burns[0].share, 0.25);
  EXPECT_DOUBLE_EQ(burns[0].rate, 25);
  EXPECT_DOUBLE_EQ(burns[1].share, 0);
}

// Slow is not wrong: what was measured is judged, also of a window whose configuration was rolled back.
TEST(SloBurn, AFailedWindowBreachesWhatItsMetricsSayAndAllWhenTheyAreMissing) {
  const auto slow = slo_burn(objective(), {window(0, 50, {{"p95", 400}, {"errors", 0}}, true)}, Instant{}, 0.01);
  EXPECT_DOUBLE_EQ(slow[0].share, 1);
  EXPECT_DOUBLE_EQ(slow[1].share, 0);
  const auto killed = slo_burn(objective(), {window(0, 50, {}, true)}, Instant{}, 0.01);
  EXPECT_DOUBLE_EQ(killed[0].share, 1);
  EXPECT_DOUBLE_EQ(killed[1].share, 1);
}

TEST(SloBurn, WhatBeganBeforeOrWasNotMeasuredDoesNotCount) {
  const auto burns =
      slo_burn(objective(), {window(0, 60, {{"p95", 400}}), window(60, 60, {{"p95", 40}})}, Instant{60'000'000}, 0.01);
  EXPECT_DOUBLE_EQ(burns[0].share, 0);
  EXPECT_DOUBLE_EQ(burns[0].seconds, 60);
  EXPECT_DOUBLE_EQ(burns[1].seconds, 0);
}

}  // namespace
}  // namespace trimtab::insight
