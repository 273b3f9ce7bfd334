// Studies whose service changes under them: a release moves the best, and makes everything slower.
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/random.h"
#include "engine/study_engine.h"
#include "engine/study_json.h"
#include "engine/study_player.h"
#include "engine/study_results.h"
#include "json/json.h"

namespace trimtab::engine {
namespace {

using std::chrono::seconds;

constexpr std::string_view kDocument = R"(apiVersion: trimtab.dev/v1
kind: Study
name: released
parameters:
  - {name: threads, type: integer, min: 1, max: 64, scale: log}
  - {name: share, type: real, min: 0, max: 1, step: 0.05}
goal: {minimize: time}
slos: [errors <= 0.1]
baseline: {threads: 8, share: 0.5}
platform: {kind: command, apply: [./apply]}
trial:
  repeats: REPEATS
  load:
    command: [./load]
    metrics: [{name: time, json: time}, {name: errors, json: errors}]
budget: {experiments: 34}
seed: 5
)";

constexpr int kNever = 1'000'000;

StudyDefinition define(int repeats) {
  std::string text(kDocument);
  text.replace(text.find("REPEATS"), 7, std::to_string(repeats));
  auto study = test::read(text);
  CHECK(study.has_value());
  return *std::move(study);
}

// Its floor is 1 at 4 threads and a share of 0.2 at first, and 2 at 40 and 0.9 after the release.
double time_of(const model::Configuration& c, bool released) {
  const double away = std::log(*c.number("threads") / (released ? 40 : 4));
  return (released ? 2 : 1) + away * away + std::pow(*c.number("share") - (released ? 0.9 : 0.2), 2);
}

// Asks what must be asked again, then spreads over the space: the real search takes too long here.
Result<optimizer::Suggestion> spread(const optimizer::Problem& problem, const optimizer::StudySearchRequest& request) {
  optimizer::Suggestion suggestion;
  if (request.recheck) {
    suggestion.configuration = request.recheck->configuration;
    suggestion.why = request.recheck->why;
    return suggestion;
  }
  if (request.observations.empty()) {
    suggestion.configuration = problem.baseline;
    return suggestion;
  }
  Random random = Random::named(request.seed, "spread");
  const double threads = std::round(std::exp(random.uniform() * std::log(64)));
  const double share = 0.05 * std::round(20 * random.uniform());
  suggestion.configuration = {{"threads", threads}, {"share", share}};
  return suggestion;
}

// Runs a study to the end; the release comes before the trial `release`.
class Driver : public test::StudyPlayer {
 public:
  Driver(int repeats, int release, StudySearch search = spread)
      : StudyPlayer(define(repeats), std::move(search)), release_(release) {}

  [[nodiscard]] std::vector<Experiment> all() const { return experiments(study_.problem.objective, state_); }
  [[nodiscard]] std::vector<std::string> course() const {
    std::vector<std::string> course;
    for (const Trial& trial : state_.trials)
      course.push_back(trial.configuration.to_string() + " " + trial.why);
    return course;
  }

 private:
  void carry_out(const StudyCommand& command) override {
    if (std::holds_alternative<ApplyTrial>(command)) return send(StudyApplied{});
    const Trial& trial = state_.trials.back();
    Random random = Random::named(static_cast<std::uint64_t>(trial.number), "noise");
    const double time = time_of(trial.configuration, trial.number >= release_) * std::exp(0.03 * random.normal());
    send(StudyLoaded{now_ - seconds(10), {{"time", time}, {"errors", 0}}, {}});
  }

  int release_;
};

TEST(StudyChange, TheStudyNoticesAsksAgainAndTheBestIsOfTheNewEra) {
  Driver driver(1, 21);
  driver.run();
  ASSERT_EQ(driver.state_.changes.size(), 1U);
  EXPECT_THAT(driver.state_.changes[0], testing::AllOf(testing::Ge(20), testing::Le(23)));
  const auto asked =
      std::ranges::find_if(driver.state_.trials, [](const Trial& trial) { return trial.why.starts_with("verify: "); });
  ASSERT_NE(asked, driver.state_.trials.end());
  EXPECT_GE(asked->number, 21);
  const std::vector<Experiment> all = driver.all();
  const Experiment* best = best_experiment(driver.study_.problem.objective, all);
  ASSERT_NE(best, nullptr);
  EXPECT_GE(best->number, driver.state_.changes[0]);
  EXPECT_FALSE(best->past);
  EXPECT_TRUE(all.front().past);
  EXPECT_TRUE(std::ranges::any_of(all, [&](const Experiment& one) { return one.past && *one.goal < *best->goal; }));
  // The baseline was not measured since: there is nothing to compare with.
  EXPECT_EQ(experiment_of(all, driver.study_.problem.baseline), nullptr);
}

TEST(StudyChange, TheSearchIsGivenThePresentAndThePastAsAPrior) {
  Driver driver(1, 21);
  driver.run();
  for (const bool shown : {false, true}) {
    const StudyEvidence evidence = shown ? StudyEvidence::of_state(driver.study_, driver.state_)
                                         : StudyEvidence::of_choice(driver.study_, driver.state_);
    EXPECT_EQ(evidence.changes(), driver.state_.changes) << shown;
    EXPECT_EQ(evidence.request().observations.size(), 35U - static_cast<std::size_t>(driver.state_.changes[0]));
    ASSERT_NE(evidence.request().prior, nullptr);
    EXPECT_TRUE(evidence.request().prior->usable());
  }
}

TEST(StudyChange, ThereIsNoneWhileNothingChanges) {
  for (const int repeats : {1, 2}) {
    Driver driver(repeats, kNever);
    driver.run();
    EXPECT_TRUE(driver.state_.changes.empty());
    EXPECT_EQ(StudyEvidence::of_choice(driver.study_, driver.state_).request().prior, nullptr);
    EXPECT_FALSE(std::ranges::any_of(driver.all(), &Experiment::past));
  }
}

TEST(StudyChange, KilledAnywhereItSeesAndChoosesTheSame) {
  Driver whole(2, 22);
  whole.run();
  ASSERT_EQ(whole.state_.changes.size(), 1U);
  for (const int steps : {2, 3, 5}) {
    Driver driver(2, 22);
    driver.run(steps);
    EXPECT_EQ(driver.state_.changes, whole.state_.changes) << steps;
    EXPECT_EQ(driver.course(), whole.course()) << steps;
  }
}

TEST(StudyChange, AStudyOfAnOlderVersionSeesItWhenItGoesOn) {
  Driver driver(1, 21);
  driver.run();
  auto stored = to_json(driver.state_);
  stored.erase("changes");
  auto state = study_state_from_json(stored);
  ASSERT_TRUE(state) << state.error().to_string();
  EXPECT_TRUE(state->changes.empty());
  state->trials = driver.state_.trials;
  state->budget = 35;
  const StudyStep step = step_study(driver.study_, *state, {driver.now_, StudyStarted{}}, spread);
  EXPECT_EQ(step.state.changes, driver.state_.changes);
}

TEST(StudyChange, TheRealSearchFindsTheNewBest) {
  Driver driver(1, 21, optimizer::suggest);
  driver.run();
  ASSERT_EQ(driver.state_.changes.size(), 1U);
  const std::vector<Experiment> all = driver.all();
  const Experiment* best = best_experiment(driver.study_.problem.objective, all);
  ASSERT_NE(best, nullptr);
  EXPECT_LT(time_of(best->configuration, true), 2.5);
  EXPECT_NE(experiment_of(all, driver.study_.problem.baseline), nullptr);  // measured again, to compare with
}

// The search counts runs: with repeats there are more of them than experiments.
TEST(StudyChange, TheBudgetOfTheSearchIsInRuns) {
  Driver driver(2, kNever);
  EXPECT_EQ(StudyEvidence::of_choice(driver.study_, initial_study_state(driver.study_, {}, 0)).request().budget, 68);
  for (int i = 0; i < 40; ++i)
    driver.advance();
  EXPECT_EQ(driver.state_.experiments, 11);
  driver.state_.trials.resize(20);
  driver.state_.experiments = 10;
  EXPECT_EQ(StudyEvidence::of_choice(driver.study_, driver.state_).request().budget, 68);
  driver.state_.trials.pop_back();  // one trial was not repeated
  EXPECT_EQ(StudyEvidence::of_choice(driver.study_, driver.state_).request().budget, 67);
}

Trial finished(int number, int experiment, double time) {
  Trial trial;
  trial.number = number;
  trial.experiment = experiment;
  trial.configuration = {{"threads", static_cast<double>(experiment)}, {"share", 0.5}};
  trial.ended = Instant{number};
  trial.metrics = {{"time", time}, {"errors", 0}};
  return trial;
}

TEST(StudyChange, ResultsBeginAnewInEveryEra) {
  const StudyDefinition study = define(2);
  const model::Objective& objective = study.problem.objective;
  StudyState state;
  state.trials = {finished(1, 1, 10), finished(2, 1, 12), finished(3, 2, 4), finished(4, 2, 20),
                  finished(5, 3, 30), finished(6, 3, 30), finished(7, 4, 25)};
  EXPECT_TRUE(changes_text(state).empty());
  EXPECT_EQ(best_experiment(objective, experiments(objective, state))->number, 1);
  state.changes = {4};  // between the trials of the second experiment
  std::vector<Experiment> all = experiments(objective, state);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_TRUE(all[0].past);
  EXPECT_FALSE(all[1].past);
  EXPECT_EQ(all[1].goal, 20);  // what was measured before the change does not count
  EXPECT_EQ(all[1].trials, 1);
  EXPECT_EQ(best_experiment(objective, all)->number, 2);
  EXPECT_EQ(best_so_far(objective, all), (std::vector<std::optional<double>>{11, 20, 20, 20}));
  EXPECT_EQ(experiment_of(all, all[0].configuration), nullptr);
  EXPECT_EQ(experiment_of(all, all[2].configuration), &all[2]);
  ASSERT_EQ(changes(state).size(), 1U);
  EXPECT_EQ(changes(state)[0].experiment, 2);
  EXPECT_EQ(changes_text(state),
            "Measurements changed with trial 4: what was measured before is a hint only, not counted for the best.");
  state.changes = {4, 7};
  all = experiments(objective, state);
  EXPECT_TRUE(all[1].past);
  EXPECT_EQ(best_so_far(objective, all), (std::vector<std::optional<double>>{11, 20, 20, 25}));
  EXPECT_NE(changes_text(state).find("with trials 4 and 7"), std::string::npos);
}

// A trial that failed before the change says nothing of what came after it.
TEST(StudyChange, AFailureBeforeTheChangeIsForgotten) {
  const StudyDefinition study = define(2);
  StudyState state;
  state.trials = {finished(1, 1, 10), finished(2, 1, 12)};
  state.trials[0].failed = true;
  state.trials[0].failure = "no memory";
  state.trials[0].metrics.clear();
  EXPECT_TRUE(experiments(study.problem.objective, state)[0].failed);
  state.changes = {2};
  const Experiment experiment = experiments(study.problem.objective, state)[0];
  EXPECT_FALSE(experiment.failed);
  EXPECT_TRUE(experiment.failure.empty());
  EXPECT_EQ(experiment.goal, 12);
}

}  // namespace
}  // namespace trimtab::engine
