// Several goals over the protocol.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "optimizer/test_session.h"

namespace trimtab::optimizer {
namespace {

using nlohmann::json;
using test::reply;
using test::session;

// Two goals against each other (ZDT1, Zitzler, Deb and Thiele 2000, over four parameters): time x0, size falls with it;
// the other parameters only cost.
json two_goals(const json& configuration) {
  double rest = 0;
  for (const char* name : {"x1", "x2", "x3"})
    rest += configuration[name].get<double>();
  const double g = 1 + 3 * rest;
  const double x = configuration["x0"].get<double>();
  return {{"time", x + 0.01}, {"size", g * (1 - std::sqrt(x / g)) + 0.01}};
}

// Of the points below (1.1, 5), what share of that box they dominate.
double hypervolume(std::vector<std::pair<double, double>> points) {
  std::ranges::sort(points);
  double area = 0;
  double lowest = 5;
  for (const auto& [time, size] : points) {
    if (time >= 1.1 || size >= lowest) continue;
    area += (1.1 - time) * (lowest - size);
    lowest = size;
  }
  return area / (1.1 * 5);
}

const std::string kTwoGoals = R"(
parameters:
  - {name: x0, type: real, min: 0, max: 1}
  - {name: x1, type: real, min: 0, max: 1}
  - {name: x2, type: real, min: 0, max: 1}
  - {name: x3, type: real, min: 0, max: 1}
goals: [{minimize: time}, {minimize: size}]
)";

TEST(AskTell, BatchesFillTheFrontOfTwoGoals) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    AskTell one = session(kTwoGoals, {seed, 40, false});
    Random random(seed);
    std::vector<std::pair<double, double>> searched;
    std::vector<std::pair<double, double>> drawn;
    for (int batch = 0; batch < 10; ++batch) {
      const json asked = reply(one, R"({"ask":{"count":4}})");
      for (const json& suggestion : asked["suggestions"]) {
        const json metrics = two_goals(suggestion["configuration"]);
        searched.emplace_back(metrics["time"], metrics["size"]);
        const json told = reply(one, json{{"tell", {{"id", suggestion["id"]}, {"metrics", metrics}}}}.dump());
        ASSERT_EQ(told["told"]["objective"].size(), 2U);
        const json other = two_goals(
            {{"x0", random.uniform()}, {"x1", random.uniform()}, {"x2", random.uniform()}, {"x3", random.uniform()}});
        drawn.emplace_back(other["time"], other["size"]);
      }
    }
    // At most 0.94 (the front's).
    EXPECT_GT(hypervolume(searched), 0.85) << seed;
    EXPECT_GT(hypervolume(searched), hypervolume(drawn) + 0.1) << seed;
    const json front = reply(one, R"({"pareto":{}})")["pareto"];
    EXPECT_GE(front.size(), 3U);
    EXPECT_EQ(front[0]["measurements"], 1);
    EXPECT_EQ(front[0]["confidence"], 1.0);  // no SLO, nothing crashed
    const json expected =
        reply(one, R"({"predict":{"configuration":{"x0":0.5,"x1":0.1,"x2":0.1,"x3":0.1}}})")["predict"]["prediction"];
    const json truth = two_goals({{"x0", 0.5}, {"x1", 0.1}, {"x2", 0.1}, {"x3", 0.1}});
    for (const char* goal : {"time", "size"}) {
      EXPECT_NEAR(expected[goal]["mean"].get<double>(), truth[goal].get<double>(), 0.25) << goal;
      EXPECT_LE(expected[goal]["low"].get<double>(), expected[goal]["mean"].get<double>());
    }
  }
}

}  // namespace
}  // namespace trimtab::optimizer
