// On which scale studies model their goal.
#include <cmath>
#include <functional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "optimizer/study_search.h"
#include "optimizer/test_service.h"
#include "optimizer/test_session.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using nlohmann::json;
using test::formula;
using test::number;
using test::reply;

using Goal = std::function<double(double a, double b)>;

// What a study knows after `count` random configurations of two numbers in [0, 1].
Suggestion after(std::size_t count, const Goal& goal) {
  auto space = model::Space::create({number("a", 0, 1, 0.001, {}), number("b", 0, 1, 0.001, {})}, {});
  auto objective = model::Objective::create({{model::Direction::kMinimize, formula("time"), "time"}}, {}, {});
  CHECK(space.has_value() && objective.has_value());
  const Problem problem{std::move(*space), std::move(*objective), {}, {}};
  Random random(7);
  StudySearchRequest request;
  for (std::size_t i = 0; i < count; ++i) {
    const double a = std::round(1000 * random.uniform()) / 1000;
    const double b = std::round(1000 * random.uniform()) / 1000;
    model::Observation observation;
    observation.configuration = {{"a", a}, {"b", b}};
    observation.metrics = {{"time", goal(a, b)}};
    request.observations.push_back(std::move(observation));
  }
  auto suggestion = suggest(problem, request);
  CHECK(suggestion.has_value());
  return *suggestion;
}

double bowl(double a, double b) {
  return 0.001 + (a - 0.3) * (a - 0.3) + 2 * (b - 0.6) * (b - 0.6);
}

double product(double a, double b) {
  return std::exp(6 * a - 4 * b);
}

TEST(StudyGoalScale, IsTheOneThatExplainsTheTrials) {
  EXPECT_TRUE(after(20, bowl).fit.goal_as_measured);  // its logarithm has a spike at the minimum
  EXPECT_FALSE(after(20, product).fit.goal_as_measured);
}

TEST(StudyGoalScale, IsTheLogarithmWhileTrialsAreFew) {
  EXPECT_FALSE(after(9, bowl).fit.goal_as_measured);
}

TEST(StudyGoalScale, IsTheGoalItselfWhereNoLogarithmExists) {
  const Suggestion suggestion = after(20, [](double a, double b) { return bowl(a, b) - 0.5; });
  EXPECT_FALSE(suggestion.fit.goal_as_measured);  // there was no choice
  EXPECT_LT(suggestion.predictions.front().low, -0.4);
}

TEST(StudyGoalScale, PredictsInTheGoalsUnit) {
  for (const Goal& goal : {Goal(bowl), Goal(product)}) {
    const Suggestion suggestion = after(25, goal);
    const auto& prediction = suggestion.predictions.front();
    const double truth = goal(*suggestion.configuration.number("a"), *suggestion.configuration.number("b"));
    EXPECT_LE(prediction.low, truth + 0.02);
    EXPECT_GE(prediction.high, truth - 0.02);
  }
}

// Beyond forty runs the scale is chosen now and then only, so it is part of what is stored.
TEST(StudyGoalScale, IsRestoredExactly) {
  const std::string space = R"(
parameters: [{name: a, type: real, min: 0, max: 1}, {name: b, type: real, min: 0, max: 1}]
goal: {minimize: time}
)";
  std::vector<std::string> records;
  const AskTell::Persist keep = [&](const std::string& record, bool) -> Result<void> {
    records.push_back(record);
    return {};
  };
  AskTell one = test::session(space);
  Random random(3);
  const auto tell = [&](double a, double b) {
    const json told{{"configuration", {{"a", a}, {"b", b}}}, {"metrics", {{"time", bowl(a, b)}}}};
    static_cast<void>(one.handle(json{{"tell", told}}.dump(), keep));
  };
  for (int i = 0; i < 44; ++i)
    tell(random.uniform(), random.uniform());
  static_cast<void>(one.handle(R"({"ask":{}})", keep));
  EXPECT_NE(records.back().find(R"("goal_as_measured":true)"), std::string::npos) << records.back();
  tell(0.9, 0.1);  // one more: the fit is kept
  AskTell other = test::session(space);
  for (const std::string& record : records)
    ASSERT_TRUE(other.restore(record).has_value());
  EXPECT_EQ(reply(other, R"({"ask":{}})"), reply(one, R"({"ask":{}})"));
}

}  // namespace
}  // namespace trimtab::optimizer
