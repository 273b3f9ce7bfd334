// A service that changes while it is tuned over the protocol.
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "optimizer/test_session.h"

namespace trimtab::optimizer {
namespace {

using nlohmann::json;
using test::reply;
using test::session;

// A service that a new release slows down twofold where few threads serve: the best moves.
json released(const json& suggestion, bool after) {
  const double threads = suggestion["configuration"]["threads"].get<double>();
  const double share = suggestion["configuration"]["share"].get<double>();
  const double away = std::log(threads / (after ? 40 : 4));
  return {{"tell",
           {{"id", suggestion["id"]},
            {"metrics", {{"cost", (after ? 2 : 1) + away * away + std::pow(share - (after ? 0.9 : 0.2), 2)}}}}}};
}

TEST(AskTell, AChangeIsSaidAndRestoredExactly) {
  const std::string space = R"(
parameters:
  - {name: threads, type: integer, min: 1, max: 64, scale: log}
  - {name: share, type: real, min: 0, max: 1, step: 0.05}
goal: {minimize: cost}
baseline: {threads: 8, share: 0.5}
)";
  std::vector<std::string> records;
  const auto keep = [&](const std::string& record, bool) -> Result<void> {
    records.push_back(record);
    return {};
  };
  AskTell one = session(space, {1, 60, false});
  std::string since;
  std::string old_best;
  for (int i = 0; i < 50; ++i) {
    const json suggestion = json::parse(one.handle(R"({"ask":{}})", keep))["suggestions"][0];
    EXPECT_EQ(suggestion["why"].get<std::string>().find("measurements changed with") != std::string::npos,
              !since.empty());
    const json told = json::parse(one.handle(released(suggestion, i >= 30).dump(), keep))["told"];
    if (told.contains("changed_since")) since = told["changed_since"].get<std::string>();
    EXPECT_TRUE(i >= 30 || since.empty());
    if (i == 29) old_best = reply(one, R"({"best":{}})")["best"]["configuration"].dump();
    if (i % 9 != 5) continue;
    AskTell other = session(space, {1, 60, false});
    for (const std::string& record : records)
      ASSERT_TRUE(other.restore(record).has_value());
    for (const char* line : {R"({"best":{}})", R"({"pareto":{}})", R"({"importance":{}})", R"({"ask":{"count":3}})",
                             R"({"predict":{"configuration":{"threads":9,"share":0.5}}})"})
      EXPECT_EQ(one.handle(line), other.handle(line)) << i << ' ' << line;
    AskTell again = session(space, {1, 60, false});  // the last ask was not kept: go on as restored
    for (const std::string& record : records)
      ASSERT_TRUE(again.restore(record).has_value());
    one = std::move(again);
  }
  EXPECT_TRUE(since == "t-31" || since == "t-32") << since;
  const json best = reply(one, R"({"best":{}})")["best"];
  EXPECT_EQ(best["changed_since"], since);
  EXPECT_NE(best["configuration"].dump(), old_best);
  EXPECT_GT(best["configuration"]["threads"].get<double>(), 25);
  EXPECT_GE(best["objective"].get<double>(), 2);  // of the present: before, 1 was measured
}

}  // namespace
}  // namespace trimtab::optimizer
