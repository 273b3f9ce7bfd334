#include "engine/study_engine.h"

#include <gtest/gtest.h>

#include "engine/study_json.h"
#include "engine/study_player.h"
#include "engine/study_results.h"
#include "json/json.h"

namespace trimtab::engine {
namespace {

using std::chrono::seconds;
using test::read;

constexpr std::string_view kDocument = R"(apiVersion: trimtab.dev/v1
kind: Study
name: tiny
parameters:
  - {name: x, type: integer, min: 0, max: 10}
  - {name: mode, type: categorical, values: [slow, fast]}
goal: {minimize: time}
slos: [errors <= 0.1]
baseline: {x: 5, mode: slow}
platform: {kind: command, apply: [./apply]}
trial:
  repeats: 2
  retries: 1
  warm_up: 3s
  load:
    command: [./load]
    metrics:
      - {name: time, json: time_ms}
      - {name: errors, regex: 'errors=([0-9.]+)'}
budget: {experiments: 4}
)";

// The baseline first, then x = 1, 2, 3.
Result<optimizer::Suggestion> counting(const optimizer::Problem& problem,
                                       const optimizer::StudySearchRequest& request) {
  optimizer::Suggestion suggestion;
  suggestion.configuration = problem.baseline;
  suggestion.why = "test";
  if (!request.observations.empty()) {
    int experiments = 0;
    for (std::size_t i = 0; i < request.observations.size(); ++i) {
      if (i == 0 || request.observations[i].configuration != request.observations[i - 1].configuration) ++experiments;
    }
    suggestion.configuration.set("x", experiments);
  }
  return suggestion;
}

// Runs a study against a function of the configuration.
class Driver : public test::StudyPlayer {
 public:
  explicit Driver(std::string_view text = kDocument) : StudyPlayer(*read(text), counting) {}

  int broken_x = -1;
  bool all_broken = false;
  std::vector<ApplyRequest> applied_;
  int loads_ = 0;

 private:
  void carry_out(const StudyCommand& command) override {
    if (const auto* apply = std::get_if<ApplyTrial>(&command)) {
      applied_.push_back(apply->request);
      StudyApplied outcome;
      if (apply->request.target.number("x") == broken_x || (all_broken && !apply->request.roll_back))
        outcome.error = unavailable("it does not start");
      send(outcome);
    } else if (std::holds_alternative<WarmUp>(command)) {
      send(StudyWarm{});
    } else if (std::holds_alternative<RunLoad>(command)) {
      ++loads_;
      const double x = *applied_.back().target.number("x");
      send(StudyLoaded{now_ - seconds(10), {{"time", 100 + (x - 2) * (x - 2)}, {"errors", x == 1 ? 0.5 : 0.01}}, {}});
    } else {
      send(StudyMeasured{});
    }
  }
};

TEST(StudyEngine, RunsToTheEndAndFindsTheBest) {
  Driver driver;
  driver.run();
  EXPECT_EQ(driver.state_.phase, StudyPhase::kFinished);
  EXPECT_EQ(driver.stored_.size(), 8U);  // 4 experiments, 2 repeats
  EXPECT_EQ(driver.loads_, 8);
  const auto all = experiments(driver.study_.problem.objective, driver.state_);
  ASSERT_EQ(all.size(), 4U);
  const Experiment* best = best_experiment(driver.study_.problem.objective, all);
  ASSERT_NE(best, nullptr);
  EXPECT_EQ(best->configuration.number("x"), 2);
  EXPECT_EQ(best->trials, 2);
  EXPECT_FALSE(all[1].feasible);  // x = 1 breaks the SLO, its goal would have been fine
  EXPECT_EQ(driver.applied_.back().target, driver.study_.problem.baseline);  // put back at the end
  const auto course = best_so_far(driver.study_.problem.objective, all);
  EXPECT_EQ(course[0], 109);
  EXPECT_EQ(course[1], 109);
  EXPECT_EQ(course[2], 100);
}

TEST(StudyEngine, FailedTrialIsRetriedThenLearnedFrom) {
  Driver driver;
  driver.broken_x = 1;
  driver.run();
  const Trial& failed = driver.stored_.at(3);
  EXPECT_TRUE(failed.failed);
  EXPECT_EQ(failed.attempt, 2);
  EXPECT_NE(failed.failure.find("does not start"), std::string::npos);
  EXPECT_EQ(driver.stored_.at(4).experiment, 3);  // no repeat of what failed
  EXPECT_TRUE(StudyEvidence::of_choice(driver.study_, driver.state_).request().observations[2].failed);
  // The retry has a decision of its own, so that the platform does it again.
  EXPECT_NE(driver.applied_[2].decision, driver.applied_[3].decision);
}

TEST(StudyEngine, EndsEarlyWhenNothingRunsAndGoesOnOnceItDoes) {
  Driver driver;
  driver.all_broken = true;
  driver.run();
  EXPECT_EQ(driver.state_.phase, StudyPhase::kFailed);
  EXPECT_EQ(driver.stored_.size(), 3U);  // of 4 experiments
  EXPECT_NE(driver.state_.status.find("all 3 experiments failed in the same way"), std::string::npos)
      << driver.state_.status;
  EXPECT_NE(driver.state_.status.find("does not start"), std::string::npos);
  EXPECT_TRUE(driver.applied_.back().roll_back);
  driver.all_broken = false;
  driver.send(StudyStarted{});
  driver.run();
  EXPECT_EQ(driver.state_.phase, StudyPhase::kFinished);
  EXPECT_FALSE(driver.stored_.at(4).failed);
}

// Killed after every number of steps: no trial is lost, none that ended runs again.
TEST(StudyEngine, KilledAnywhereLosesAndRepeatsNothing) {
  Driver whole;
  whole.run();
  for (int steps = 0; steps < 40; ++steps) {
    Driver driver;
    for (int i = 0; i < steps; ++i)
      driver.advance();
    std::map<int, Trial> ended;
    for (const auto& [number, trial] : driver.stored_) {
      if (trial.finished()) ended[number] = trial;
    }
    driver.crash_and_resume();
    driver.run();
    ASSERT_EQ(driver.stored_.size(), whole.stored_.size()) << steps;
    for (const auto& [number, trial] : ended)
      EXPECT_EQ(driver.stored_.at(number).ended, trial.ended) << steps << " " << number;
    for (const auto& [number, trial] : whole.stored_)
      EXPECT_EQ(driver.stored_.at(number).configuration, trial.configuration) << steps << " " << number;
    EXPECT_LE(driver.loads_, whole.loads_ + 1) << steps;
  }
}

TEST(StudyEngine, StopGivesUpTheTrialAndResumeRepeatsIt) {
  Driver driver;
  for (int i = 0; i < 4; ++i)
    driver.advance();
  driver.send(StudyStopRequested{});
  EXPECT_EQ(driver.state_.phase, StudyPhase::kStopped);
  EXPECT_FALSE(driver.command_);
  EXPECT_EQ(study_condition(driver.state_, driver.now_), "interrupted");
  driver.send(StudyLoaded{driver.now_, {{"time", 1}, {"errors", 0}}, {}});  // too late
  EXPECT_EQ(driver.state_.phase, StudyPhase::kStopped);
  driver.send(StudyStarted{});
  driver.run();
  EXPECT_EQ(driver.stored_.size(), 8U);
}

TEST(StudyEngine, MissingMetricIsAFailureThatSaysSo) {
  Driver driver;
  driver.advance();
  driver.advance();
  driver.send(StudyLoaded{driver.now_, {{"errors", 0}}, {}});
  EXPECT_NE(driver.state_.trials.back().failure.find("time"), std::string::npos);
}

TEST(StudyEngine, TimeBudgetEndsIt) {
  std::string text(kDocument);
  text.replace(text.find("{experiments: 4}"), 16, "{experiments: 400, time: 2m}");
  Driver driver(text);
  driver.run();
  EXPECT_EQ(driver.state_.phase, StudyPhase::kFinished);
  EXPECT_LT(driver.stored_.size(), 8U);
  EXPECT_NE(driver.study_.budget.time, std::nullopt);
}

TEST(StudyEngine, TimeLeftFollowsThePace) {
  Driver driver;
  EXPECT_FALSE(time_left(driver.study_, driver.state_, driver.now_));
  while (driver.stored_.size() < 3)
    driver.advance();
  const auto left = time_left(driver.study_, driver.state_, driver.now_);
  ASSERT_TRUE(left);
  EXPECT_GT(*left, seconds(60));
  EXPECT_LT(*left, seconds(400));
}

TEST(StudyDocument, FaultsHavePlaceAndField) {
  std::string text(kDocument);
  text.replace(text.find("errors <= 0.1"), 13, "erors <= 0.1");
  const auto faulty = read(text);
  ASSERT_FALSE(faulty);
  EXPECT_EQ(faulty.error().position.line, 8);
  EXPECT_NE(faulty.error().to_string().find("erors"), std::string::npos);
  text = kDocument;
  text.replace(text.find("([0-9.]+)"), 9, "[0-9.]+");
  EXPECT_EQ(read(text).error().field, "trial.load.metrics[1].regex");
  text = kDocument;
  text.replace(text.find("warm_up: 3s"), 11, "warm_up: 3");
  EXPECT_EQ(read(text).error().field, "trial.warm_up");
  text = kDocument;
  text.replace(text.find("name: tiny"), 10, "name: ../x");
  EXPECT_EQ(read(text).error().field, "name");
}

TEST(StudyJson, DocumentIsStoredWithItsFiles) {
  const std::string stored = store_document("kind: Study", "a.yaml", {{"b.yaml", "x: 1"}});
  const auto files = stored_files(stored);
  ASSERT_TRUE(files);
  EXPECT_EQ(files->document, "kind: Study");
  EXPECT_EQ(files->files.at("b.yaml"), "x: 1");
}

TEST(StudyOutput, JsonPathsAndRegularExpressions) {
  const std::string output =
      "Requests/sec:   120.5\nRequests/sec:   130.25\n{\"metrics\":{\"p(95)\":12.5,\"list\":[1,2]},\"n\":3}\n";
  const auto metrics = parse_output(output, {{"p95", "ms", "/metrics/p(95)", "", 0.001},
                                             {"second", "", "metrics.list.1", "", 1},
                                             {"rate", "", "", "Requests/sec:\\s+([0-9.]+)", 1}});
  ASSERT_TRUE(metrics) << metrics.error().to_string();
  EXPECT_DOUBLE_EQ(metrics->at("p95"), 0.0125);
  EXPECT_DOUBLE_EQ(metrics->at("second"), 2);
  EXPECT_DOUBLE_EQ(metrics->at("rate"), 130.25);
  EXPECT_FALSE(parse_output(output, {{"p99", "", "metrics.p99", "", 1}}));
  EXPECT_FALSE(parse_output("", {{"p99", "", "metrics.p99", "", 1}}));
  EXPECT_FALSE(parse_output("Requests/sec: fast", {{"rate", "", "", "Requests/sec: (.*)", 1}}));
}

TEST(StudyDocumentTest, ComponentsBringTheirPacksParametersAndRules) {
  const std::string text = R"(apiVersion: trimtab.dev/v1
kind: Study
name: heap
components:
  - {name: container, pack: container}
  - {name: java, pack: jvm, version: "17"}
parameters:
  - {name: container.memory_limit, min: 256, max: 1024}
  - {name: java.heap, min: 64, max: 1024}
goal: {minimize: time}
platform: {kind: command, apply: [./apply]}
trial: {load: {command: [./load], metrics: [{name: time, json: ms}]}}
)";
  const auto packs = packs::PackLibrary::embedded().value();
  const auto study = read(text, packs);
  ASSERT_TRUE(study) << study.error().to_string();
  ASSERT_EQ(study->problem.space.constraints().size(), 1U);
  EXPECT_EQ(study->problem.space.constraints()[0].described(), "java.heap <= container.memory_limit (the pack jvm)");
  ASSERT_NE(study->application.memory, nullptr);
  // The search never sees what is expected not to fit.
  bool asked = false;
  const StudySearch search = [&](const optimizer::Problem& problem, const optimizer::StudySearchRequest&) {
    asked = true;
    EXPECT_FALSE(problem.space.satisfies_constraints({{"container.memory_limit", 512.0}, {"java.heap", 496.0}}));
    optimizer::Suggestion suggestion;
    suggestion.configuration = {{"container.memory_limit", 1024.0}, {"java.heap", 256.0}};
    EXPECT_TRUE(problem.space.satisfies_constraints(suggestion.configuration));
    return Result<optimizer::Suggestion>(suggestion);
  };
  (void)step_study(*study, initial_study_state(*study, Instant{}, 0), {Instant{}, StudyStarted{}}, search);
  EXPECT_TRUE(asked);
  const auto without = read(text + "pack_rules: {memory: false, relations: false}\n", packs);
  ASSERT_TRUE(without) << without.error().to_string();
  EXPECT_TRUE(without->problem.space.constraints().empty());
  EXPECT_EQ(without->application.memory, nullptr);
}

}  // namespace
}  // namespace trimtab::engine
