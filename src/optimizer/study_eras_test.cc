// Studies whose service changes under them, and many that do not.
#include "optimizer/study_eras.h"

#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "optimizer/test_service.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Observation;
using test::category;
using test::formula;
using test::number;

Problem make_problem() {
  auto space = model::Space::create({number("a", 1, 10000, 1, {}), number("b", 0, 1, 0.01, {}),
                                     category("gc", {"Serial", "Parallel", "G1"}), number("idle", 0, 1, 0.01, {})},
                                    {});
  auto objective = model::Objective::create({{model::Direction::kMinimize, formula("time"), "time"}}, {}, {});
  CHECK(space.has_value() && objective.has_value());
  Problem problem{std::move(*space), std::move(*objective), {}, {}};
  problem.baseline = {{"a", 2000}, {"b", 0.8}, {"gc", "Serial"}, {"idle", 0.5}};
  return problem;
}

// A valley with its floor, 1, at (a, b, "G1").
double valley(const Configuration& c, double a, double b) {
  const double x = std::log(*c.number("a") / a);
  const double y = *c.number("b") - b - 0.1 * x;
  const std::string& gc = c.find("gc")->text();
  return 1 + 0.3 * x * x + 8 * y * y + (gc == "G1" ? 0 : gc == "Serial" ? 0.4 : 0.2);
}

using Time = std::function<double(const Configuration&, int run, Random&)>;

double before(const Configuration& c) {
  return valley(c, 100, 0.3);
}
double after(const Configuration& c) {
  return valley(c, 4000, 0.8);
}

struct Course {
  std::vector<Configuration> runs;
  std::vector<int> alarms;         // the runs, from 0, at which a change was seen
  std::vector<std::string> since;  // what each said
  std::vector<std::string> whys;
  std::optional<BestConfiguration> found;  // in the end
};

Course study(const Time& time, int budget, std::uint64_t seed, bool watched) {
  const Problem problem = make_problem();
  StudySearchRequest start;
  start.budget = budget;
  start.seed = seed;
  StudyEras eras(problem, start, {}, watched);
  Random random = Random::named(seed, "noise");
  ModelFit fit;
  Course course;
  for (int run = 0; run < budget; ++run) {
    StudySearchRequest request = eras.request();
    request.fit = fit;
    const auto suggestion = suggest(problem, request);
    EXPECT_TRUE(suggestion.has_value());
    fit = suggestion->fit;
    Observation observation;
    observation.configuration = suggestion->configuration;
    observation.metrics = {{"time", time(suggestion->configuration, run, random)}};
    course.runs.push_back(suggestion->configuration);
    course.whys.push_back(suggestion->why);
    if (!eras.add(std::move(observation), "t-" + std::to_string(run + 1))) continue;
    fit = {};
    course.alarms.push_back(run);
    course.since.push_back(*eras.changed_since());
  }
  course.found = best(problem, eras.request());
  return course;
}

// Runs after the 40th until one is within a tenth of the new optimum; `budget` - 40 where none is.
int recovery(const Course& course) {
  for (std::size_t run = 40; run < course.runs.size(); ++run)
    if (after(course.runs[run]) < 1.1) return static_cast<int>(run) - 40;
  return static_cast<int>(course.runs.size()) - 40;
}

double moves_at_40(const Configuration& c, int run, Random& random) {
  return (run < 40 ? before(c) : after(c)) * std::exp(0.05 * random.normal());
}

TEST(StudyEras, FindsTheNewOptimumSoonerThanWithout) {
  int with = 0;
  int without = 0;
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    const Course watched = study(moves_at_40, 90, seed, true);
    ASSERT_EQ(watched.alarms.size(), 1U) << seed;
    EXPECT_LE(watched.alarms[0], 44) << seed;
    EXPECT_THAT(watched.since[0], testing::AnyOf("t-40", "t-41", "t-42")) << seed;
    ASSERT_TRUE(watched.found.has_value());
    EXPECT_LT(after(watched.found->configuration), 1.3) << seed;  // what is best now, not what was
    with += recovery(watched);
    without += recovery(study(moves_at_40, 90, seed, false));
  }
  EXPECT_LE(with, 4 * 20);
  EXPECT_GE(without, 2 * with);
}

TEST(StudyEras, TheOldBestIsMeasuredFirst) {
  const Course course = study(moves_at_40, 60, 2, true);
  ASSERT_EQ(course.alarms.size(), 1U);
  int asked = 0;
  for (int run = 40; run <= course.alarms[0] + 1; ++run)
    asked += course.whys[static_cast<std::size_t>(run)].starts_with("verify: ") ? 1 : 0;
  EXPECT_GE(asked, 1);
}

// Noise with three degrees of freedom: one run in 70 lies four deviations off.
TEST(StudyEras, NoAlarmWhileNothingChanges) {
  const auto heavy = [](Random& random) {
    double squares = 0;
    const double z = random.normal();
    for (int i = 0; i < 3; ++i)
      squares += std::pow(random.normal(), 2);
    return z / std::sqrt(squares / 3);
  };
  const std::vector<Time> stationary{
      [](const Configuration& c, int, Random&) { return before(c); },
      [](const Configuration& c, int, Random& random) { return before(c) * std::exp(0.1 * random.normal()); },
      [&](const Configuration& c, int, Random& random) { return before(c) * std::exp(0.1 * heavy(random)); },
      [](const Configuration& c, int, Random&) {  // a cliff beside the optimum
        return before(c) + (*c.number("b") < 0.28 ? 20 : 0);
      },
      [](const Configuration& c, int, Random&) {  // rough everywhere
        return 2 + std::sin(*c.number("a")) * std::cos(900 * *c.number("b"));
      }};
  for (const Time& time : stationary)
    for (std::uint64_t seed = 1; seed <= 5; ++seed)
      EXPECT_TRUE(study(time, 50, seed, true).alarms.empty()) << &time - stationary.data() << ' ' << seed;
}

TEST(StudyEras, WithoutAnAlarmTheSuggestionsAreTheSame) {
  const Time time = [](const Configuration& c, int, Random&) { return before(c); };
  EXPECT_EQ(study(time, 30, 5, true).runs, study(time, 30, 5, false).runs);
}

TEST(StudyEras, AChangeThatIsKnownBeginsAnEraAsOneThatIsSeen) {
  const Problem problem = make_problem();
  StudyEras eras(problem, {}, {}, false);
  Random random = Random::named(1, "runs");
  for (int run = 0; run < 30; ++run) {
    Observation observation;
    observation.configuration = {
        {"a", 1 + 100.0 * run}, {"b", 0.01 * (run % 10)}, {"gc", "G1"}, {"idle", random.uniform()}};
    observation.metrics = {{"time", before(observation.configuration)}};
    EXPECT_FALSE(eras.add(std::move(observation), "t-" + std::to_string(run + 1)));
  }
  eras.begin_era(0);   // the study begins there
  eras.begin_era(30);  // not run yet
  EXPECT_FALSE(eras.changed_since());
  eras.begin_era(20);
  EXPECT_EQ(eras.changed_since(), "t-21");
  EXPECT_EQ(eras.present_from(), 20U);
  EXPECT_EQ(eras.present().size(), 10U);
  ASSERT_NE(eras.request().prior, nullptr);
  EXPECT_TRUE(eras.request().prior->usable());
  EXPECT_TRUE(eras.request().recheck);  // the best of before
  eras.begin_era(10);                   // of an era that is over
  EXPECT_EQ(eras.present_from(), 20U);
}

// The optimum wanders for 60 runs, to where it is at the old place's expense.
TEST(StudyEras, FollowsASlowDrift) {
  const Time wandering = [](const Configuration& c, int run, Random& random) {
    const double share = std::clamp((run - 30) / 60.0, 0.0, 1.0);
    return valley(c, 100 * std::pow(40, share), 0.3 + 0.5 * share) * std::exp(0.03 * random.normal());
  };
  double with = 0;
  double without = 0;
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Course watched = study(wandering, 110, seed, true);
    EXPECT_FALSE(watched.alarms.empty()) << seed;
    with += after(watched.found->configuration) - 1;
    without += after(study(wandering, 110, seed, false).found->configuration) - 1;
  }
  EXPECT_LT(with, 0.5 * without);
}

}  // namespace
}  // namespace trimtab::optimizer
