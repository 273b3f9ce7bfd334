#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/html.h"
#include "base/id.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "base/utf8.h"

namespace trimtab {
namespace {

TEST(ErrorTest, SaysWhatWhereAndWhatToDo) {
  Error error = invalid_input("unknown field \"colour\"", "parameters[0].colour", "remove it");
  error.position = {"app.yaml", 7, 3};
  EXPECT_EQ(error.to_string(), "unknown field \"colour\", app.yaml:7:3 (parameters[0].colour), remove it");
  EXPECT_EQ(properties(Code::kConflict).http_status, 409);
  EXPECT_EQ(properties(Code::kConflict).exit_code, 4);
}

Result<int> half(int n) {
  if (n % 2 != 0) return fail(invalid_input("odd"));
  return n / 2;
}
Result<int> quarter(int n) {
  TRY_ASSIGN(const int h, half(n));
  return half(h);
}

TEST(ResultTest, TryPassesTheErrorOn) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(6).error().message, "odd");
}

TEST(TimeTest, Rfc3339RoundTrip) {
  for (const char* text : {"1970-01-01T00:00:00Z", "2026-11-24T08:15:00.250Z", "2024-02-29T23:59:59.000001Z"}) {
    EXPECT_EQ(format_rfc3339(parse_rfc3339(text).value()), text);
  }
  EXPECT_EQ(parse_rfc3339("2026-11-24T10:15:00+02:00").value(), parse_rfc3339("2026-11-24T08:15:00Z").value());
  for (const char* text : {"", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-24", "2026-11-24T08:15:00",
                           "2026-11-24T08:15:00.Z", "2026-11-24T25:15:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(TimeTest, DurationsNeedAUnitAndRoundTrip) {
  EXPECT_EQ(parse_duration("1h30m").value(), Duration(5'400'000'000));
  EXPECT_EQ(parse_duration("250ms").value(), Duration(250'000));
  EXPECT_EQ(parse_duration("0.5s").value(), Duration(500'000));
  for (const char* text : {"", "5", "-5s", "5x", "s", "1e9d", "nan s"})
    EXPECT_FALSE(parse_duration(text)) << text;
  for (const char* text : {"0s", "1h30m", "2d", "250ms", "1m1s5ms"}) {
    EXPECT_EQ(format_duration(parse_duration(text).value()), text);
  }
}

TEST(RandomTest, IsReproducibleAndWellDistributed) {
  Random a(7);
  Random b(7);
  double sum = 0;
  double square = 0;
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) {
    const double x = a.normal();
    EXPECT_EQ(x, b.normal());
    sum += x;
    square += x * x;
  }
  // Five standard errors of the mean and of the variance of a standard normal sample.
  EXPECT_NEAR(sum / kDraws, 0, 5 / std::sqrt(kDraws));
  EXPECT_NEAR(square / kDraws, 1, 5 * std::sqrt(2.0 / kDraws));
  EXPECT_NE(Random::named(7, "x").next(), Random::named(7, "y").next());
  for (int i = 0; i < 1000; ++i)
    EXPECT_LT(a.below(3), 3U);
}

TEST(IdTest, UlidsSortByTime) {
  Random random(1);
  const auto early = make_ulid({1'000'000}, random);
  const auto late = make_ulid({2'000'000'000}, random);
  EXPECT_LT(early, late);
  EXPECT_TRUE(is_ulid(early));
  EXPECT_FALSE(is_ulid("not an id"));
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i)
    seen.insert(make_ulid({5}, random));
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(HtmlTest, NothingEndsAnElementOrAnAttribute) {
  EXPECT_EQ(html_escaped("<b a=\"1\">&"), "&lt;b a=&quot;1&quot;&gt;&amp;");
}

TEST(Utf8Test, TellsWellFormedCharacters) {
  EXPECT_EQ(utf8_length("a"), 1U);
  EXPECT_EQ(utf8_length(std::string_view("\0", 1)), 1U);
  EXPECT_EQ(utf8_length("\u00fcx"), 2U);
  EXPECT_EQ(utf8_length("\u20ac"), 3U);
  EXPECT_EQ(utf8_length("\U0001f600"), 4U);
  for (const char* wrong : {"", "\x80", "\xc0\xaf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"})
    EXPECT_EQ(utf8_length(wrong), 0U) << wrong;
}

}  // namespace
}  // namespace trimtab
