#include "platform/kubernetes/canary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab::platform {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

TEST(RestrictedToPods, EverySelectorAndNoText) {
  const std::vector<std::string> pods{"cart-1", "cart.2"};
  EXPECT_EQ(restricted_to_pods(R"(sum(rate(a{job="x"}[1m])) / sum(b{}))", pods),
            R"re(sum(rate(a{pod=~"cart-1|cart[.]2",job="x"}[1m])) / sum(b{pod=~"cart-1|cart[.]2"}))re");
  EXPECT_EQ(restricted_to_pods(R"(label_replace(a{b="}{\"{"}, "c", '{', "d", `\{`))", {"p"}),
            R"(label_replace(a{pod=~"p",b="}{\"{"}, "c", '{', "d", `\{`))");
  EXPECT_EQ(restricted_to_pods("vector(1)", {"p"}), "vector(1)");
}

model::Application shop() {
  model::Application made;
  model::Metric p95;
  p95.name = "p95";
  p95.query = R"(p95{job="shop"})";
  made.metrics = {p95};
  model::Slo slo;
  slo.name = slo.text = "p95 <= 100";
  slo.value = *expr::Expression::parse("p95");
  slo.bound = 100;
  made.objective = *model::Objective::create({}, {slo}, {});
  made.cadence.window = 15s;
  made.cadence.step = 5s;
  return made;
}

// Answers by the group that the query names.
class Groups final : public engine::MetricSource {
 public:
  Result<engine::WindowSamples> window(const std::vector<model::Metric>& metrics, Instant start, Instant end, Duration,
                                       Duration) override {
    if (away) return fail(unavailable("away"));
    starts.push_back(start);
    engine::WindowSamples samples{start, end, {}};
    for (const model::Metric& metric : metrics) {
      const bool mine = metric.query.find("pod=~\"new\"") != std::string::npos;
      engine::MetricSample sample;
      sample.value = mine ? canary : control;
      sample.points = sample.points_expected = 1;
      sample.newest = end;
      if (missing) sample.status = engine::MetricSample::Status::kMissing;
      samples.samples[metric.name] = sample;
    }
    return samples;
  }
  Result<std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>>> series(const std::vector<model::Metric>&,
                                                                                      Instant, Instant, Duration,
                                                                                      Duration) override {
    return fail(unsupported("not asked for"));
  }

  double canary = 80;
  double control = 80;
  bool missing = false;
  bool away = false;
  std::vector<Instant> starts;
};

struct CanaryWatchTest : testing::Test {
  model::Application application = shop();
  Groups groups;
  CanaryWatch watch{application, &groups};
  Instant since{1'000'000'000};
  Instant now = since;

  std::string look() {
    now = now + 10s;
    return watch.look({"new"}, {"old-1", "old-2"}, {}, {}, since, now);
  }
};

TEST_F(CanaryWatchTest, AGoodOnePassesAndSaysWhatWasSeen) {
  groups.canary = 95;
  EXPECT_EQ(look(), "");
  EXPECT_EQ(look(), "");
  EXPECT_EQ(watch.seen(), "p95 <= 100: canary 95, others 80");
  EXPECT_EQ(groups.starts[0], since);
  EXPECT_EQ(groups.starts[2], now - 15s) << "a window at most";
}

TEST_F(CanaryWatchTest, ABoundThatOnlyItBreaksTwiceEndsIt) {
  groups.canary = 130;
  EXPECT_EQ(look(), "");
  groups.canary = 90;
  EXPECT_EQ(look(), "");
  groups.canary = 130;
  EXPECT_EQ(look(), "");
  EXPECT_THAT(look(), HasSubstr("canary 130, others 80"));
}

TEST_F(CanaryWatchTest, AtTwiceTheBoundOnceIsEnough) {
  groups.canary = 210;
  EXPECT_THAT(look(), HasSubstr("canary 210"));
}

TEST_F(CanaryWatchTest, WhatBothBreakIsNotTheCanarys) {
  groups.canary = 400;
  groups.control = 300;
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(look(), "");
}

TEST_F(CanaryWatchTest, AMetricWithoutASelectorIsOfNoGroup) {
  application.metrics[0].query = "sum(rate(requests_total[1m]))";
  groups.canary = 400;
  EXPECT_EQ(look(), "");
  EXPECT_EQ(look(), "");
  EXPECT_EQ(watch.seen(), "");
}

TEST_F(CanaryWatchTest, MetricsThatAreAwayJudgeNothing) {
  groups.canary = 400;
  groups.missing = true;
  EXPECT_EQ(look(), "");
  EXPECT_EQ(look(), "");
  groups.away = true;
  EXPECT_EQ(look(), "");
  EXPECT_EQ(watch.seen(), "");
}

}  // namespace
}  // namespace trimtab::platform
