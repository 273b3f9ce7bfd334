// The rivals against their published constants and examples.
#include <cmath>

#include "backtest/autopilot.h"
#include "backtest/krr.h"
#include "backtest/kruize.h"
#include "backtest/vpa.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab::backtest {
namespace {

constexpr double kMib = 1024.0 * 1024.0;

// `minutes` of a constant use of one replica.
void feed(Recommender& recommender, std::size_t from, std::size_t minutes, float cpu, float memory) {
  for (std::size_t m = from; m < from + minutes; ++m)
    recommender.observe({m, {cpu}, {memory}, false});
}

TEST(DecayingHistogram, HasTheRecommendersBuckets) {
  const DecayingHistogram cpu(1000, 0.01, 1.05, 24);
  EXPECT_EQ(cpu.buckets(), 176U);
  EXPECT_EQ(DecayingHistogram(1e12, 1e7, 1.05, 24).buckets(), 176U);
  EXPECT_DOUBLE_EQ(cpu.start_of(0), 0);
  EXPECT_DOUBLE_EQ(cpu.start_of(1), 0.01);
  EXPECT_NEAR(cpu.start_of(2), 0.01 + 0.0105, 1e-12);  // each is 5 % wider than the one before
  EXPECT_EQ(cpu.bucket_of(0.0099), 0U);
  EXPECT_EQ(cpu.bucket_of(1e9), 175U);
}

// https://github.com/kubernetes/autoscaler: decaying_histogram_test.go has the same cases with other numbers.
TEST(DecayingHistogram, AHalfLifeHalvesAWeight) {
  DecayingHistogram histogram(1000, 0.01, 1.05, 24);
  EXPECT_TRUE(histogram.is_empty());
  EXPECT_DOUBLE_EQ(histogram.percentile(0.5), 0);
  histogram.add(1, 2, 0);
  histogram.add(4, 1, 24);    // weighs as much as the older two
  histogram.add(4, 0.1, 24);  // and now more
  EXPECT_GT(histogram.percentile(0.5), 3.9);
  EXPECT_LT(histogram.percentile(0.4), 1.06);
  histogram.subtract(4, 1.1, 24);
  EXPECT_LT(histogram.percentile(0.99), 1.06);
}

TEST(DecayingHistogram, OldWeightsDoNotOverflow) {
  DecayingHistogram histogram(1000, 0.01, 1.05, 1);
  for (int hour = 0; hour < 2000; ++hour)
    histogram.add(hour < 1000 ? 8 : 1, 1, hour);
  EXPECT_NEAR(histogram.percentile(0.999), 1.0, 0.06);
}

TEST(Vpa, AddsItsMarginToTheUpperEdgeOfTheBucket) {
  Vpa vpa(1);
  feed(vpa, 0, 1440, 1.0F, 1000.0F);
  const VpaBounds b = vpa.bounds();
  EXPECT_GE(b.target.cpu, 1.15);
  EXPECT_LE(b.target.cpu, 1.15 * 1.05 + 0.0115);
  EXPECT_GE(b.target.memory_mib, 1150);
  EXPECT_LE(b.target.memory_mib, 1150 * 1.05 + 1e7 / kMib * 1.15);
}

TEST(Vpa, KeepsItsMinimums) {
  Vpa vpa(1);
  feed(vpa, 0, 100, 0.001F, 10.0F);
  EXPECT_DOUBLE_EQ(vpa.bounds().target.cpu, 0.025);
  EXPECT_DOUBLE_EQ(vpa.bounds().target.memory_mib, 250);
}

// The table in pkg/recommender/logic/recommender.go: history length against multiplier of either bound.
TEST(Vpa, WidensItsBoundsByConfidence) {
  struct Case {
    std::size_t minutes;
    double lower;
    double upper;
  };
  for (const Case& c : {Case{5, 0.6, 0}, Case{30, 0.9, 0}, Case{60, 0.95, 0}, Case{721, 0, 3}, Case{1441, 0, 2},
                        Case{10081, 0, 1.14}}) {
    Vpa vpa(1);
    feed(vpa, 0, c.minutes, 1.0F, 4000.0F);
    const VpaBounds b = vpa.bounds();
    if (c.lower > 0) {
      EXPECT_NEAR(b.lower.cpu / b.target.cpu, c.lower, 0.1) << c.minutes;
    }
    if (c.upper > 0) {
      EXPECT_NEAR(b.upper.cpu / b.target.cpu, c.upper, 0.01) << c.minutes;
    }
  }
}

TEST(Vpa, AKillAddsAFifthOrAHundredMebibytes) {
  Vpa vpa(1);
  feed(vpa, 0, 1440, 0.1F, 900.0F);
  const Advice live{1, 1000, 0};
  static_cast<void>(vpa.advise(1440, live));
  Vpa small(1);
  feed(small, 0, 1440, 0.1F, 290.0F);
  Advice tight{0.2, 300, 0};
  static_cast<void>(small.advise(1440, tight));
  const double before = small.bounds().target.memory_mib;
  small.observe({1441, {0.1F}, {static_cast<float>(before)}, true});
  EXPECT_GE(small.bounds().target.memory_mib, (before + 100) * 1.15);
}

TEST(Vpa, LeavesAPodThatIsNearlyRight) {
  Vpa vpa(1);
  feed(vpa, 0, 10 * 1440, 1.0F, 1000.0F);
  Advice near = vpa.bounds().target;
  near.cpu *= 1.04;
  EXPECT_DOUBLE_EQ(vpa.advise(10 * 1440, near).cpu, near.cpu);
  near.cpu *= 1.5;  // outside its upper bound
  EXPECT_DOUBLE_EQ(vpa.advise(10 * 1440, near).cpu, vpa.bounds().target.cpu);
}

TEST(Krr, SimpleTakesTheGreatestPodsPercentileAndABuffer) {
  Krr krr(krr_simple(), 2);
  for (std::size_t m = 0; m < 200; ++m)
    krr.observe({m, {static_cast<float>(m + 1) / 100, 0.1F}, {500, 1000}, false});
  const Advice advice = krr.advise(200, {});
  EXPECT_NEAR(advice.cpu, 1.901, 1e-3);  // 0.95 of 0.01..2.00: 1.9005, rounded up to a millicore
  EXPECT_DOUBLE_EQ(advice.cpu_limit, 0);
  EXPECT_DOUBLE_EQ(advice.memory_mib, 1150);
}

TEST(Krr, SimpleLimitPoolsAllPods) {
  Krr krr(krr_simple_limit(), 1);
  for (std::size_t m = 0; m <= 100; ++m)
    krr.observe({m, {static_cast<float>(m) / 100}, {10}, false});
  const Advice advice = krr.advise(101, {});
  EXPECT_NEAR(advice.cpu, 0.66, 1.1e-3);
  EXPECT_NEAR(advice.cpu_limit, 0.96, 1.1e-3);
  EXPECT_NEAR(advice.memory_mib, 100e6 / kMib, 1e-9);  // its minimum of 100 MB
}

TEST(Krr, NeedsAHundredPoints) {
  Krr krr(krr_simple(), 1);
  feed(krr, 0, 99, 0.1F, 100);
  EXPECT_DOUBLE_EQ(krr.advise(99, {7, 777, 0}).cpu, 7);
}

// Two thirds of the time at 1, a third at 10: of time the 60th percentile is 1, of load it is 10.
TEST(Autopilot, PercentilesAreOfLoad) {
  const Buckets buckets(0.01, 100);
  LoadAdjusted load(buckets, 144);
  std::vector<double> samples(buckets.size(), 0);
  samples[buckets.of(1)] = 2;
  samples[buckets.of(10)] = 1;
  load.add(samples);
  EXPECT_NEAR(load.percentile(0.10), 1, 0.05);
  EXPECT_NEAR(load.percentile(0.60), 10, 0.5);
}

TEST(Autopilot, TheWindowForgetsCpuByItsHalfLife) {
  AutopilotWindow window;
  feed(window, 0, 1440, 4.0F, 500);
  EXPECT_GE(window.advise(1440, {}).cpu, 4.0 * 1.10);
  EXPECT_LE(window.advise(1440, {}).cpu, 4.0 * 1.10 * 1.05);
  feed(window, 1440, 3 * 1440, 0.5F, 100);
  EXPECT_LE(window.advise(4 * 1440, {}).cpu, 0.5 * 1.15 * 1.06);
  EXPECT_GE(window.advise(4 * 1440, {}).memory_mib, 500 * 1.15 * 0.999);  // the greatest of two weeks
}

TEST(Autopilot, TheEnsembleSettlesAboveUse) {
  ArgminEnsemble ensemble(Buckets(0.01, 100), {});
  const Buckets buckets(0.01, 100);
  std::vector<double> samples(buckets.size(), 0);
  samples[buckets.of(1)] = 5;
  for (int window = 0; window < 2000; ++window)
    ensemble.add(samples);
  EXPECT_GE(ensemble.limit(), 1);
  EXPECT_LE(ensemble.limit(), 1.1);
}

TEST(Kruize, BelowACoreTakesTheGreatestInterval) {
  Kruize kruize(Kruize::Profile::kCost, 1);
  feed(kruize, 0, 8 * 1440, 0.2F, 300);
  feed(kruize, 8 * 1440, 15, 0.9F, 400);
  const Advice advice = kruize.advise(8 * 1440 + 15, {});
  EXPECT_NEAR(advice.cpu, 0.9, 1e-6);
  EXPECT_NEAR(advice.memory_mib, 400, 1e-3);  // no rise within an interval: less than 1.2 times
}

TEST(Kruize, AboveACoreTakesItsProfilesPercentile) {
  for (const auto profile : {Kruize::Profile::kCost, Kruize::Profile::kPerformance}) {
    Kruize kruize(profile, 1);
    for (std::size_t m = 0; m < 15 * 1440; ++m)
      kruize.observe({m, {static_cast<float>(m / 15 + 1) / 100}, {static_cast<float>(300 + 100 * (m % 2))}, false});
    const Advice advice = kruize.advise(15 * 1440, {});
    EXPECT_NEAR(advice.cpu, profile == Kruize::Profile::kCost ? 8.644 : 14.112, 0.01);
    EXPECT_NEAR(advice.memory_mib, 480, 1e-3);  // 1.2 * 400, less than 400 + 1.05 * 100
  }
}

TEST(Kruize, NeedsEightDays) {
  Kruize kruize(Kruize::Profile::kCost, 1);
  feed(kruize, 0, 7 * 1440, 0.2F, 300);
  EXPECT_DOUBLE_EQ(kruize.advise(7 * 1440, {3, 333, 0}).cpu, 3);
}

}  // namespace
}  // namespace trimtab::backtest
