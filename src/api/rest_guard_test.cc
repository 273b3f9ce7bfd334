#include "api/rest_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/fake_live_service_test.h"
#include "api/rest.h"
#include "api/token.h"

namespace trimtab::api {
namespace {

net::Request with(const net::Headers& headers, std::string body = "{}") {
  net::Request request;
  request.method = "PUT";
  request.headers = headers;
  request.body = std::move(body);
  return request;
}

bool is_right(std::string_view token) {
  return token == "right";
}

TEST(CheckHost, TakesLoopbackAndAllowedNames) {
  for (const auto* good : {"127.0.0.1:7070", "localhost", "LOCALHOST:1", "[::1]:7070", "127.1.2.3"}) {
    EXPECT_TRUE(check_host(with({{"Host", good}}), {})) << good;
  }
  for (const auto* bad : {"evil.example:7070", "localhost.evil.example", "0.0.0.0:1", "10.0.0.1", "", "[::2]:1", "["}) {
    EXPECT_FALSE(check_host(with({{"Host", bad}}), {})) << bad;
  }
  EXPECT_TRUE(check_host(with({{"Host", "Trimtab.example:7070"}}), {"trimtab.example"}));
  EXPECT_TRUE(check_host(with({{"Host", "anything"}}), {"*"}));
  EXPECT_FALSE(check_host(with({}), {"trimtab.example"}));
}

TEST(CheckChange, NeedsTheToken) {
  const std::pair<std::string, std::string> type{"Content-Type", "application/json; charset=utf-8"};
  EXPECT_TRUE(check_change(with({{"Authorization", "Bearer right"}, type}), is_right));
  EXPECT_TRUE(check_change(with({{"authorization", "bearer right"}, type}), is_right));
  for (const auto* bad : {"", "right", "Bearer", "Bearer ", "Bearer wrong", "Bearer right ", "Basic right"}) {
    EXPECT_EQ(check_change(with({{"Authorization", bad}, type}), is_right).error().code, Code::kUnauthenticated) << bad;
  }
  EXPECT_EQ(check_change(with({type}), is_right).error().code, Code::kUnauthenticated);
  EXPECT_EQ(check_change(with({{"Authorization", "Bearer right"}, type}), nullptr).error().code,
            Code::kUnauthenticated);
}

TEST(CheckChange, NeedsOneOriginAndJson) {
  const auto check = [](const std::string& origin, const std::string& type, std::string body = "{}") {
    return check_change(
        with(
            {{"Host", "localhost:7070"}, {"Origin", origin}, {"Content-Type", type}, {"Authorization", "Bearer right"}},
            std::move(body)),
        is_right);
  };
  EXPECT_TRUE(check("http://localhost:7070", "application/json"));
  EXPECT_TRUE(check("http://localhost:7070", "", ""));
  for (const auto* bad : {"http://evil.example", "null", "http://localhost:7071", "localhost:7070", "http://"}) {
    EXPECT_EQ(check(bad, "application/json").error().code, Code::kDenied) << bad;
  }
  for (const auto* bad : {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"}) {
    EXPECT_EQ(check("http://localhost:7070", bad).error().field, "Content-Type") << bad;
  }
}

TEST(Guards, StandBeforeEveryRouteButProbes) {
  FakeLiveService live;
  const FixedClock clock;
  const auto router = make_router({.live = live, .clock = clock, .token_is_valid = is_right});
  for (const auto& [method, pattern] : router.routes()) {
    net::Request request;
    request.method = method;
    request.target.path = pattern;
    request.headers = {{"Host", "evil.example"}, {"Authorization", "Bearer right"}};
    const bool probe = pattern == "/healthz" || pattern == "/readyz";
    EXPECT_EQ(router.handle(request).status, probe ? 200 : 421) << pattern;
    if (method == "GET") continue;
    request.headers = {{"Host", "localhost"}, {"Authorization", "Bearer wrong"}};
    const auto refused = router.handle(request);
    EXPECT_EQ(refused.status, 401) << method << " " << pattern;
    EXPECT_NE(refused.headers.find("WWW-Authenticate"), nullptr);
  }
  net::Request page;
  page.method = "GET";
  page.target.path = "/";
  page.headers = {{"Host", "evil.example"}};
  EXPECT_EQ(router.handle(page).status, 421);
  EXPECT_TRUE(live.calls.empty());
}

TEST(Token, IsCheckedByItsHash) {
  const auto token = make_token();
  ASSERT_TRUE(token);
  EXPECT_THAT(*token, ::testing::MatchesRegex("trimtab_[-_A-Za-z0-9]{43}"));
  EXPECT_NE(*token, *make_token());
  const auto hash = hash_token(*token);
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_FALSE(hash.contains(*token));
  const auto is_valid = token_check(hash);
  EXPECT_TRUE(is_valid(*token));
  EXPECT_FALSE(is_valid(hash));
  EXPECT_FALSE(is_valid(*token + "x"));
  EXPECT_FALSE(is_valid(""));
  EXPECT_FALSE(token_check("")(*token));
  // BLAKE2b-256 of nothing, from the reference implementation.
  EXPECT_EQ(hash_token(""), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

TEST(MetricsText, EscapesLabels) {
  MetricsText metrics;
  metrics.metric("a", "gauge", "An a.");
  metrics.sample(1.5, {{"x", "q\"b\\n\n"}, {"y", ""}});
  metrics.sample(1e300 * 1e300);
  EXPECT_EQ(metrics.text(), "# HELP a An a.\n# TYPE a gauge\na{x=\"q\\\"b\\\\n\\n\",y=\"\"} 1.5\na +Inf\n");
}

}  // namespace
}  // namespace trimtab::api
