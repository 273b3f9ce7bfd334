#include "load/arrivals.h"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "load/request_mix.h"
#include <gtest/gtest.h>

namespace trimtab::load {
namespace {

RateProfileOptions day() {
  RateProfileOptions options;
  options.kind = RateProfileOptions::Kind::kDay;
  options.rate = 40;
  options.day_seconds = 24 * 60;
  options.start_hour = 8;
  options.seed = 7;
  return options;
}

double integral(const RateProfile& profile, double from, double to) {
  constexpr int kSteps = 20'000;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i)
    sum += profile.at(from + (to - from) * (i + 0.5) / kSteps);
  return sum * (to - from) / kSteps;
}

TEST(Arrivals, AreAsManyAsTheRateSays) {
  const RateProfile profile(day());
  Arrivals arrivals(profile, 3);
  double next = arrivals.next();
  for (double from = 0; from < 3 * 1440; from += 240) {  // four hours of the day each, over three days
    double count = 0;
    for (; next < from + 240; next = arrivals.next())
      ++count;
    const double expected = integral(profile, from, from + 240);
    EXPECT_NEAR(count, expected, 4 * std::sqrt(expected)) << "from " << from;  // 4 sigma of a Poisson count
  }
}

TEST(Arrivals, OfAConstantRateHaveExponentialGaps) {
  RateProfileOptions options;
  options.rate = 50;
  Arrivals arrivals(RateProfile(options), 11);
  constexpr int kCount = 50'000;
  double last = 0;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double next = arrivals.next();
    sum += next - last;
    squares += (next - last) * (next - last);
    last = next;
  }
  const double mean = sum / kCount;
  EXPECT_NEAR(mean, 0.02, 0.02 * 4 / std::sqrt(kCount));
  EXPECT_NEAR(squares / kCount / (mean * mean), 2, 0.1);  // an exponential's second moment is twice its mean squared
}

TEST(Arrivals, OfTheSameSeedAreTheSame) {
  Arrivals a(RateProfile(day()), 3);
  Arrivals b(RateProfile(day()), 3);
  Arrivals c(RateProfile(day()), 4);
  bool differs = false;
  for (int i = 0; i < 1000; ++i) {
    const double at = a.next();
    EXPECT_EQ(at, b.next());
    differs = differs || at != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(RateProfile, NeverExceedsItsCeilingAndHasNoJumps) {
  const RateProfile profile(day());
  double last = profile.at(0);
  for (double at = 0; at < 10 * 1440; at += 0.5) {
    const double rate = profile.at(at);
    EXPECT_GT(rate, 0);
    EXPECT_LE(rate, profile.ceiling());
    EXPECT_LT(std::abs(rate - last), 1.5) << "at " << at;
    last = rate;
  }
}

TEST(RateProfile, FollowsTheDay) {
  EXPECT_DOUBLE_EQ(day_shape(12.5), 1);
  EXPECT_DOUBLE_EQ(day_shape(3), 0.10);
  EXPECT_DOUBLE_EQ(day_shape(0), day_shape(24));
  EXPECT_LT(day_shape(7), day_shape(8));    // the morning rises
  EXPECT_GT(day_shape(20), day_shape(16));  // the evening is busier than the afternoon
  const RateProfile profile(day());
  EXPECT_DOUBLE_EQ(profile.hour(0), 8);
  EXPECT_DOUBLE_EQ(profile.hour(16 * 60), 0);
  EXPECT_DOUBLE_EQ(profile.hour(1440), 8);
}

TEST(RateProfile, HasASurgeOnSomeDaysOnly) {
  RateProfileOptions options = day();
  options.start_hour = 0;
  const RateProfile profile(options);
  int days = 0;
  for (int d = 0; d < 40; ++d) {
    double greatest = 0;
    for (double at = 0; at < 1440; at += 1) {
      greatest = std::max(greatest, profile.at(d * 1440 + at) / options.rate / day_shape(profile.hour(at)));
    }
    days += greatest > 1.3 ? 1 : 0;
  }
  EXPECT_GT(days, 8);
  EXPECT_LT(days, 32);
}

TEST(RequestMix, IsDeterministicAndFollowsItsShares) {
  RequestMixOptions options;
  options.host = "shop:80";
  RequestMix a(options);
  RequestMix b(options);
  std::map<std::string, int> kinds;
  constexpr int kCount = 20'000;
  for (int i = 0; i < kCount; ++i) {
    const std::string request = a.next();
    ASSERT_EQ(request, b.next());
    ASSERT_NE(request.find("\r\nHost: shop:80\r\n"), std::string::npos);
    std::string kind = request.substr(0, request.find(' ', 6));
    if (kind.ends_with("/picture")) kind = "picture";
    if (kind.starts_with("GET /products?query")) kind = "search";
    if (kind.starts_with("GET /products/")) kind = "page";
    ++kinds[kind];
  }
  EXPECT_NEAR(kinds["page"], 0.50 * kCount, 300);
  EXPECT_NEAR(kinds["picture"], 0.30 * kCount, 300);
  EXPECT_NEAR(kinds["search"], 0.08 * kCount, 200);
  EXPECT_NEAR(kinds["POST /basket/price"], 0.08 * kCount, 200);
  EXPECT_NEAR(kinds["POST /orders"], 0.04 * kCount, 150);
  EXPECT_EQ(kinds.size(), 5u);
}

TEST(RequestMix, DrawsProductsAfterZipf) {
  RequestMixOptions options;
  options.products = 100;
  options.zipf_exponent = 1;
  RequestMix mix(options);
  std::vector<int> counts(101);
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i)
    ++counts.at(static_cast<std::size_t>(mix.product()));
  constexpr double kHarmonic100 = 5.187377517639621;
  EXPECT_EQ(counts[0], 0);
  for (const int rank : {1, 2, 10, 100}) {
    const double expected = kCount / kHarmonic100 / rank;
    EXPECT_NEAR(counts.at(static_cast<std::size_t>(rank)), expected, 5 * std::sqrt(expected));
  }
}

}  // namespace
}  // namespace trimtab::load
