#include "optimizer/prior_model.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "optimizer/encoding.h"
#include "optimizer/study_search.h"
#include "optimizer/test_service.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using test::category;
using test::formula;
using testing::HasSubstr;

model::Parameter unit(const std::string& name) {
  return test::number(name, 0, 1, 0.01, std::nullopt);
}

Problem make_problem(std::vector<model::Parameter> parameters, std::vector<model::Slo> slos = {}) {
  auto space = model::Space::create(std::move(parameters), {});
  auto objective =
      model::Objective::create({{model::Direction::kMinimize, formula("time"), "time"}}, std::move(slos), {});
  CHECK(space.has_value() && objective.has_value());
  return {std::move(*space), std::move(*objective), {}, {}};
}

Problem bowl_problem() {
  return make_problem({unit("a"), unit("b"), unit("c"), unit("d"), category("mode", {"x", "y", "z"})});
}

using Time = std::function<double(const Configuration&)>;

// Least at a = 0.8, b = 0.2, c = d = 0.6 (all moved by `shift`), mode y.
double bowl(const Configuration& c, double shift) {
  const auto square = [](double v) { return v * v; };
  return 1 + 4 * square(*c.number("a") - 0.8 - shift) + 3 * square(*c.number("b") - 0.2 - shift) +
         2 * square(*c.number("c") - 0.6 - shift) + square(*c.number("d") - 0.6 - shift) +
         (c.find("mode")->text() == "y" ? 0 : 0.7);
}

PriorStudy drawn(const Time& time, int runs, std::uint64_t seed) {
  Random random(seed);
  PriorStudy study{"old.csv", {}};
  for (int i = 0; i < runs; ++i) {
    Configuration c;
    for (const char* name : {"a", "b", "c", "d"})
      c.set(name, model::Value(random.uniform()));
    c.set("mode", model::Value(std::string(1, "xyz"[random.below(3)])));
    study.trials.push_back({c, {{"time", time(c)}}, false});
  }
  return study;
}

struct Course {
  std::vector<double> lowest;  // after each run
  std::vector<Suggestion> suggestions;
};

Course run(const Problem& problem, const PriorModel* prior, int budget, std::uint64_t seed, const Time& time) {
  StudySearchRequest request;
  request.seed = seed;
  request.prior = prior;
  Course course;
  double lowest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < budget; ++i) {
    auto suggestion = suggest(problem, request);
    CHECK(suggestion.has_value());
    EXPECT_TRUE(problem.space.validate(suggestion->configuration).has_value());
    model::Observation observation;
    observation.configuration = suggestion->configuration;
    observation.metrics = {{"time", time(observation.configuration)}};
    lowest = std::min(lowest, observation.metrics["time"]);
    course.lowest.push_back(lowest);
    request.observations.push_back(std::move(observation));
    request.fit = suggestion->fit;
    course.suggestions.push_back(*std::move(suggestion));
  }
  return course;
}

const Time kNew = [](const Configuration& c) { return bowl(c, 0.05); };

TEST(PriorModel, AUsefulPriorSavesRuns) {
  const Problem problem = bowl_problem();
  double with = 0;
  double without = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    // On a machine of twice the speed, with another optimum.
    const PriorStudy old = drawn([](const Configuration& c) { return 0.5 * bowl(c, 0); }, 30, 100 + seed);
    const PriorModel prior = PriorModel::learn(problem, {old});
    with += run(problem, &prior, 6, seed, kNew).lowest.back() - 1;
    without += run(problem, nullptr, 6, seed, kNew).lowest.back() - 1;
  }
  EXPECT_LT(with, 0.5 * without);
}

TEST(PriorModel, AMisleadingPriorCostsAFewRunsAndIsNamed) {
  const Problem problem = bowl_problem();
  double with = 0;
  double without = 0;
  int named = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const PriorStudy old = drawn([](const Configuration& c) { return 10 / bowl(c, 0); }, 30, 100 + seed);
    const PriorModel prior = PriorModel::learn(problem, {old});
    const Course course = run(problem, &prior, 20, seed, kNew);
    with += course.lowest.back() - 1;
    without += run(problem, nullptr, 15, seed, kNew).lowest.back() - 1;
    for (const Suggestion& suggestion : course.suggestions)
      if (suggestion.why.find("is not used") != std::string::npos ||
          suggestion.why.find("no prior is used") != std::string::npos) {
        ++named;
        break;
      }
  }
  EXPECT_LE(with, without + 6 * 0.05);
  EXPECT_EQ(named, 6);
}

TEST(PriorModel, OfTwoPriorsTheMisleadingOneIsDropped) {
  const Problem problem = bowl_problem();
  PriorStudy good = drawn([](const Configuration& c) { return bowl(c, 0); }, 30, 5);
  PriorStudy bad = drawn([](const Configuration& c) { return 10 / bowl(c, 0); }, 30, 6);
  good.name = "good";
  bad.name = "bad";
  const PriorModel prior = PriorModel::learn(problem, {good, bad});
  const Encoding encoding(problem.space, {});
  Points points{encoding.size(), {}};
  std::vector<double> values;
  for (const PriorTrial& trial : drawn(kNew, 8, 7).trials) {
    points.add(encoding.encode(trial.configuration));
    values.push_back(std::log(trial.metrics.at("time")));
  }
  const auto expected = prior.expect(0, points, values, {1, true});
  ASSERT_EQ(expected.dropped.size(), 1U);
  EXPECT_THAT(expected.dropped[0], HasSubstr("bad"));
  ASSERT_NE(expected.mean, nullptr);
  // What is left orders the trials, and is level with them.
  const std::vector<double> means = expected.mean->values(points);
  double sum = 0;
  double product = 0;
  for (std::size_t i = 0; i < means.size(); ++i) {
    sum += means[i];
    product += means[i] * values[i];
  }
  EXPECT_NEAR(sum, 0, 1e-9);
  EXPECT_GT(product, 0);
}

TEST(PriorModel, SlopesMatchFiniteDifferences) {
  const Problem problem = bowl_problem();
  const PriorModel prior = PriorModel::learn(problem, {drawn(kNew, 25, 3), drawn(kNew, 25, 4)});
  const Encoding encoding(problem.space, {});
  Points points{encoding.size(), {}};
  points.add(std::vector<double>{0.3, 0.4, 0.5, 0.6, 1});
  points.add(std::vector<double>{0.8, 0.2, 0.5, 0.6, 2});
  const std::vector<double> values{0.3, -0.2};
  const auto mean = prior.expect(0, points, values, {0.4, true}).mean;
  ASSERT_NE(mean, nullptr);
  const std::vector<double> at{0.35, 0.45, 0.1, 0.9, 1};
  std::vector<double> slopes(5, 0);
  EXPECT_NEAR(mean->value_and_slopes(at, slopes), mean->values({5, at}).front(), 1e-12);
  for (std::size_t k = 0; k < 4; ++k) {
    std::vector<double> up = at;
    std::vector<double> down = at;
    up[k] += 1e-5;
    down[k] -= 1e-5;
    EXPECT_NEAR(slopes[k], (mean->values({5, up})[0] - mean->values({5, down})[0]) / 2e-5, 1e-6) << k;
  }
}

TEST(PriorModel, SpacesMayDiffer) {
  // The new space has another range of a, no d, a new e, and other modes.
  const Problem problem = make_problem(
      {test::number("a", 0.5, 2, 0.01, std::nullopt), unit("b"), unit("c"), unit("e"), category("mode", {"y", "w"})});
  const PriorStudy old = drawn([](const Configuration& c) { return bowl(c, 0); }, 40, 9);
  const PriorModel prior = PriorModel::learn(problem, {old});
  ASSERT_TRUE(prior.usable());
  EXPECT_THAT(prior.notes().at(0), HasSubstr("40 of 40 runs, says nothing of e"));
  ASSERT_FALSE(prior.start_rows().empty());
  const Encoding encoding(problem.space, {});
  for (const std::vector<double>& row : prior.start_rows())
    EXPECT_TRUE(problem.space.validate(encoding.decode(row)).has_value());
  // Nothing is expected of e.
  Points points{encoding.size(), {}};
  points.add(std::vector<double>{0.2, 0.2, 0.6, 0.0, 0});
  points.add(std::vector<double>{0.2, 0.2, 0.6, 1.0, 0});
  const auto mean = prior.expect(0, points, std::vector<double>{0.1, -0.1}, {1, true}).mean;
  ASSERT_NE(mean, nullptr);
  EXPECT_EQ(mean->values(points)[0], mean->values(points)[1]);
}

TEST(PriorModel, WhatSaysNothingIsLeftOutWithAReason) {
  const Problem problem = bowl_problem();
  const auto note = [&](const PriorStudy& study) {
    const PriorModel prior = PriorModel::learn(problem, {study});
    EXPECT_FALSE(prior.usable());
    EXPECT_TRUE(prior.start_rows().empty());
    return prior.notes().at(0);
  };
  EXPECT_THAT(note({"p", {{Configuration{{"other", model::Value(1.0)}}, {{"time", 3}}, false}}}),
              HasSubstr("none of its columns is a parameter"));
  PriorStudy unmeasured = drawn(kNew, 10, 1);
  for (PriorTrial& trial : unmeasured.trials)
    trial.metrics = {{"speed", 3}};
  EXPECT_THAT(note(unmeasured), HasSubstr("none of its runs measured what the goal needs"));
  PriorStudy same = drawn(kNew, 10, 1);
  for (PriorTrial& trial : same.trials)
    trial.configuration = same.trials[0].configuration;
  EXPECT_THAT(note(same), HasSubstr("is not used"));
}

TEST(PriorModel, KnowsSlosAndCrashesFromBefore) {
  // Time falls with a, memory rises with it and is bounded; b above 0.7 crashes.
  const Problem problem = make_problem({unit("a"), unit("b")}, {test::upper_bound("memory", 60)});
  PriorStudy old{"old", {}};
  Random random(3);
  for (int i = 0; i < 40; ++i) {
    const double a = random.uniform();
    const double b = random.uniform();
    const Configuration c{{"a", model::Value(a)}, {"b", model::Value(b)}};
    if (b > 0.7) {
      old.trials.push_back({c, {}, true});
    } else {
      old.trials.push_back({c, {{"time", 2 - a}, {"memory", 20 + 80 * a}}, false});
    }
  }
  const PriorModel prior = PriorModel::learn(problem, {old});
  EXPECT_TRUE(prior.saw_crashes());
  StudySearchRequest request;
  request.prior = &prior;
  model::Observation first;
  first.configuration = Configuration{{"a", model::Value(0.2)}, {"b", model::Value(0.2)}};
  first.metrics = {{"time", 1.8}, {"memory", 36}};
  request.observations = {first};
  const auto feasible = [&](double a, double b) {
    const auto seen = foresee(problem, request, Configuration{{"a", model::Value(a)}, {"b", model::Value(b)}});
    CHECK(seen.has_value());
    return seen->feasible;
  };
  EXPECT_GT(feasible(0.3, 0.3), 0.7);
  EXPECT_LT(feasible(0.9, 0.3), 0.3);  // nothing but the prior says so
  EXPECT_LT(feasible(0.3, 0.95), 0.6);
}

TEST(PriorModel, TheSameInputsGiveTheSameSuggestions) {
  const Problem problem = bowl_problem();
  const PriorStudy old = drawn(kNew, 30, 8);
  const PriorModel one = PriorModel::learn(problem, {old});
  const PriorModel other = PriorModel::learn(problem, {old});
  const Course a = run(problem, &one, 8, 4, kNew);
  const Course b = run(problem, &other, 8, 4, kNew);
  for (std::size_t i = 0; i < 8; ++i)
    EXPECT_EQ(a.suggestions[i].configuration, b.suggestions[i].configuration) << i;
}

}  // namespace
}  // namespace trimtab::optimizer
