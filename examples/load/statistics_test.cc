#include "load/statistics.h"

#include <gtest/gtest.h>

namespace trimtab::load {
namespace {

TEST(LatencyHistogram, GivesQuantilesWithinOnePercent) {
  LatencyHistogram histogram;
  for (int ms = 1; ms <= 1000; ++ms)
    histogram.add(ms / 1000.0);
  EXPECT_NEAR(histogram.quantile(0.5), 0.5, 0.005);
  EXPECT_NEAR(histogram.quantile(0.95), 0.95, 0.0095);
  EXPECT_DOUBLE_EQ(histogram.quantile(1), 1);
  EXPECT_NEAR(static_cast<double>(histogram.at_most(0.25)), 250, 3);
  EXPECT_EQ(LatencyHistogram().quantile(0.5), 0);
}

TEST(Statistics, LeavesTheWarmUpOutOfTheSummaryOnly) {
  Statistics statistics;
  statistics.arrived(false);
  statistics.ended(false, Outcome::kRefused, 1);
  for (int i = 0; i < 4; ++i) {
    statistics.arrived(true);
    statistics.ended(true, i == 0 ? Outcome::kServerError : Outcome::kOk, 0.1);
  }
  const Summary summary = statistics.summary(2);
  EXPECT_EQ(summary.arrivals, 4u);
  EXPECT_EQ(summary.errors(), 1u);
  const std::string json = to_json(summary);
  EXPECT_NE(json.find("\"error_ratio\":0.250000"), std::string::npos) << json;
  EXPECT_NE(json.find("\"throughput_rps\":1.500"), std::string::npos) << json;
  const std::string text = statistics.prometheus();
  EXPECT_NE(text.find("load_arrivals_total 5\n"), std::string::npos);
  EXPECT_NE(text.find("load_requests_total{outcome=\"refused\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("load_latency_seconds_bucket{le=\"0.15\"} 4\n"), std::string::npos) << text;
  EXPECT_NE(text.find("load_latency_seconds_bucket{le=\"+Inf\"} 5\n"), std::string::npos);
}

}  // namespace
}  // namespace trimtab::load
