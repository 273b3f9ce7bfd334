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
  EXPECT_TRUE(after(20, bowl).fit.as_measured.front());  // its logarithm has a spike at the minimum
  EXPECT_FALSE(after(20, product).fit.as_measured.front());
}

TEST(StudyGoalScale, IsTheLogarithmWhileTrialsAreFew) {
  EXPECT_FALSE(after(9, bowl).fit.as_measured.front());
}

TEST(StudyGoalScale, IsTheGoalItselfWhereNoLogarithmExists) {
  const Suggestion suggestion = after(20, [](double a, double b) { return bowl(a, b) - 0.5; });
  EXPECT_FALSE(suggestion.fit.as_measured.front());  // there was no choice
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

// What a session stored over forty-four runs of bowl(), and its last reply; restored elsewhere it replies the same.
std::string stored_and_restored(const std::string& goals) {
  const std::string space =
      "parameters: [{name: a, type: real, min: 0, max: 1}, {name: b, type: real, min: 0, max: 1}]\n" + goals;
  std::vector<std::string> records;
  const AskTell::Persist keep = [&](const std::string& record, bool) -> Result<void> {
    records.push_back(record);
    return {};
  };
  AskTell one = test::session(space);
  Random random(3);
  const auto tell = [&](double a, double b) {
    const json metrics{{"time", bowl(a, b)}, {"size", product(a, b)}};
    const json told{{"configuration", {{"a", a}, {"b", b}}}, {"metrics", metrics}};
    static_cast<void>(one.handle(json{{"tell", told}}.dump(), keep));
  };
  for (int i = 0; i < 44; ++i)
    tell(random.uniform(), random.uniform());
  static_cast<void>(one.handle(R"({"ask":{}})", keep));
  const std::string stored = records.back();
  tell(0.9, 0.1);  // one more: the fit is kept
  AskTell other = test::session(space);
  for (const std::string& record : records)
    EXPECT_TRUE(other.restore(record).has_value());
  EXPECT_EQ(reply(other, R"({"ask":{}})"), reply(one, R"({"ask":{}})"));
  return stored;
}

// Beyond forty runs the scale is chosen now and then only, so it is part of what is stored.
TEST(StudyGoalScale, IsRestoredExactly) {
  const std::string stored = stored_and_restored("goal: {minimize: time}");
  EXPECT_NE(stored.find(R"("goal_as_measured":[true])"), std::string::npos) << stored;
}

TEST(StudyGoalScale, IsThatOfEachOfSeveralGoals) {
  const std::string stored = stored_and_restored("goals: [{minimize: time}, {minimize: size}]");
  EXPECT_NE(stored.find(R"("goal_as_measured":[true,false])"), std::string::npos) << stored;
}

// States of earlier versions hold the one goal's scale by itself.
TEST(StudyGoalScale, IsReadFromEarlierStates) {
  const std::string space = "parameters: [{name: a, type: real, min: 0, max: 1}]\ngoal: {minimize: time}";
  std::vector<std::string> records;
  const AskTell::Persist keep = [&](const std::string& record, bool) -> Result<void> {
    records.push_back(record);
    return {};
  };
  AskTell one = test::session(space);
  for (const double a : {0.1, 0.5, 0.9}) {
    const json told{{"configuration", {{"a", a}}}, {"metrics", {{"time", 1 + a}}}};
    static_cast<void>(one.handle(json{{"tell", told}}.dump(), keep));
  }
  static_cast<void>(one.handle(R"({"ask":{}})", keep));
  const auto restores_with = [&](const json& scale) {
    json last = json::parse(records.back());
    EXPECT_TRUE(last.contains("fit")) << last;
    last["fit"]["goal_as_measured"] = scale;
    AskTell other = test::session(space);
    for (std::size_t i = 0; i + 1 < records.size(); ++i)
      EXPECT_TRUE(other.restore(records[i]).has_value()) << records[i];
    return other.restore(last.dump()).has_value();
  };
  EXPECT_TRUE(restores_with(true));
  EXPECT_TRUE(restores_with(json::array({true})));
  EXPECT_FALSE(restores_with("yes"));
}

}  // namespace
}  // namespace trimtab::optimizer
