#include "optimizer/live_windows.h"

#include <cmath>

#include <gtest/gtest.h>

#include "optimizer/safe_search.h"
#include "optimizer/test_service.h"

namespace trimtab::optimizer {
namespace {

using model::Observation;
using test::shop_problem;

// A release that makes every request cost `factor` as much of the processor: as so much more load.
Observation observe_release(const Problem& problem, double load, double factor, Random& random, int index) {
  Observation observation = test::observe(problem.baseline, factor * load, random, index);
  observation.load = load;
  return observation;
}

std::vector<Observation> course(const Problem& problem, int before, int after, double factor, std::uint64_t seed) {
  Random random(seed);
  std::vector<Observation> all;
  for (int i = 0; i < before + after; ++i)
    all.push_back(observe_release(problem, test::day_load(i, 24, 60), i < before ? 1 : factor, random, i));
  return all;
}

TEST(LiveWindows, NoChangeIsSeenWhereThereIsNone) {
  const Problem problem = shop_problem();
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto windows = course(problem, 500, 0, 1, seed);
    EXPECT_TRUE(tell_eras(problem, windows, {}).boundaries.empty()) << seed;
  }
}

TEST(LiveWindows, AReleaseThatCostsAThirdMoreIsSeenWithinAnHour) {
  const Problem problem = shop_problem();
  for (const double factor : {1.35, 0.7}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      const auto windows = course(problem, 72, 12, factor, seed);
      const LiveWindows told = tell_eras(problem, windows, {});
      ASSERT_EQ(told.boundaries.size(), 1U) << seed;
      EXPECT_NEAR(static_cast<double>(told.present()), 72, 1) << seed;
      EXPECT_EQ(told.since_seen(), told.present());
      EXPECT_EQ(told.age_of(0), 1U);
      EXPECT_EQ(told.age_of(told.present()), 0U);
    }
  }
}

TEST(LiveWindows, WhatChangedIsRelearned) {
  const Problem problem = shop_problem();
  SafeSearchRequest request;
  request.incumbent = problem.baseline;
  request.observations = course(problem, 72, 12, 1.35, 3);
  request.expected_loads = {20, 60};
  const double truth = test::service(problem.baseline, 1.35 * 50).cpu_used;
  const auto use = predict(problem, request, "container.cpu_used", problem.baseline, 50);
  ASSERT_TRUE(use.has_value());
  EXPECT_NEAR(use->mean / truth, 1, 0.08);  // all windows together say 23 % less
  const auto response = predict(problem, request, "p95", problem.baseline, 50);
  ASSERT_TRUE(response.has_value());
  EXPECT_NEAR(std::log(response->mean / test::service(problem.baseline, 1.35 * 50).p95), 0, 0.15);
}

// An announced release widens what is believed of everything; what was seen before counts for less at once.
TEST(LiveWindows, AReleaseWidensTheIntervals) {
  const Problem problem = shop_problem();
  SafeSearchRequest request;
  request.incumbent = problem.baseline;
  request.observations = course(problem, 48, 0, 1, 4);
  request.expected_loads = {20, 60};
  const auto width = [&] {
    const auto posterior = predict(problem, request, "p95", problem.baseline, 50);
    return posterior ? std::log(posterior->high / posterior->low) : 0;
  };
  const double before = width();
  ASSERT_TRUE(safe_search(problem, request)->proposal.has_value());
  request.releases = {48};
  EXPECT_GT(width(), 1.3 * before);
  // No window of the new release was seen: nothing is proposed from what the old one did.
  const auto found = safe_search(problem, request);
  ASSERT_TRUE(found->none.has_value());
  EXPECT_EQ(found->none->reason_code, "not_enough_evidence");
  // A dozen windows later it is known that little changed.
  Random random(9);
  for (int i = 0; i < 12; ++i)
    request.observations.push_back(observe_release(problem, test::day_load(i, 12, 60), 1, random, 48 + i));
  EXPECT_LT(width(), 1.3 * before);
  EXPECT_TRUE(safe_search(problem, request)->proposal.has_value());
}

}  // namespace
}  // namespace trimtab::optimizer
