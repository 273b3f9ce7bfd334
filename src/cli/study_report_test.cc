// What people are told of a study whose measurements changed.
#include "cli/study_report.h"

#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/check.h"
#include "cli/command.h"
#include "cli/study_progress.h"
#include "cli/study_session.h"
#include "engine/study_engine.h"
#include "json/json.h"

namespace trimtab::cli {
namespace {

constexpr std::string_view kDocument = R"(apiVersion: trimtab.dev/v1
kind: Study
name: tiny
parameters:
  - {name: cache, type: integer, min: 1, max: 10}
goal: {minimize: cost}
slos: [p95 <= 30]
baseline: {cache: 1}
platform: {kind: command, apply: [./apply]}
trial:
  load:
    command: [./load]
    metrics: [{name: cost, json: cost}, {name: p95, json: p95}]
budget: {experiments: 5}
)";
constexpr std::string_view kSentence =
    "Measurements changed with trial 4: what was measured before is a hint only, not counted for the best.";

engine::Trial trial(int number, double cost, double p95 = 20) {
  engine::Trial trial;
  trial.number = trial.experiment = number;
  trial.configuration = {{"cache", static_cast<double>(number)}};
  trial.started = Instant{number * 1'000'000};
  trial.ended = Instant{number * 1'000'000 + 500'000};
  trial.metrics = {{"cost", cost}, {"p95", p95}};
  return trial;
}

// Everything costs twice as much from the fourth trial on.
engine::LoadedStudy changed() {
  auto definition = engine::read_study(kDocument, "study.yaml", packs::PackLibrary{}, [](const std::string& name) {
    return Result<std::string>(fail(not_found(name)));
  });
  CHECK(definition.has_value());
  engine::LoadedStudy study{*std::move(definition), {}};
  study.state = engine::initial_study_state(study.definition, Instant{}, 0);
  study.state.phase = engine::StudyPhase::kFinished;
  study.state.experiments = 5;
  study.state.trials = {trial(1, 10), trial(2, 8), trial(3, 9, 50), trial(4, 18), trial(5, 16)};
  study.state.changes = {4};
  return study;
}

int count(const std::string& text, std::string_view word) {
  int found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
    ++found;
  return found;
}

TEST(StudyReport, TheBestIsOfThePresentEraAndTheTextSaysSo) {
  const StudyReport report = make_report(changed());
  const std::string text = report_text(report);
  EXPECT_EQ(count(text, kSentence), 1) << text;
  EXPECT_NE(text.find("Best: experiment 5 (1 trials), cost = 16\n"), std::string::npos) << text;  // no old baseline
  const auto yaml = best_yaml(report);
  ASSERT_TRUE(yaml);
  EXPECT_NE(yaml->find("experiment 5"), std::string::npos);

  engine::LoadedStudy none = changed();
  none.state.trials[3].metrics["p95"] = none.state.trials[4].metrics["p95"] = 50;
  const StudyReport without = make_report(std::move(none));
  EXPECT_NE(report_text(without).find("No experiment held every SLO since measurements changed.\n"), std::string::npos);
  EXPECT_FALSE(best_yaml(without));

  engine::LoadedStudy steady = changed();
  steady.state.changes.clear();
  const std::string calm = report_text(make_report(std::move(steady)));
  EXPECT_EQ(calm.find("hanged"), std::string::npos) << calm;
  EXPECT_NE(calm.find("Best: experiment 2 (1 trials), cost = 8, 20.0 % better than the baseline's 10"),
            std::string::npos)
      << calm;
}

TEST(StudyReport, FilesMarkWhatIsPast) {
  const StudyReport report = make_report(changed());
  const std::string csv = report_csv(report);
  EXPECT_NE(csv.find(",failed,past,goal,"), std::string::npos) << csv;
  EXPECT_EQ(count(csv, "true,false,true,"), 2);  // feasible, not failed, past
  EXPECT_EQ(count(csv, "true,false,false,"), 2);
  const std::string html = report_html(report);
  EXPECT_NE(html.find(kSentence), std::string::npos);
  EXPECT_EQ(count(html, "<tr class=past>"), 3);
  EXPECT_EQ(count(html, "hold (past)"), 2);
  EXPECT_EQ(count(html, "broken (past)"), 1);
  EXPECT_EQ(count(html, "<line class=change "), 1);
  EXPECT_EQ(count(html, "<polyline class=curve "), 2);  // the best so far begins anew
  EXPECT_NE(html.find("measurements changed with trial 4, before experiment 4\""), std::string::npos);
}

TEST(StudyReport, ProgressSaysOnceThatMeasurementsChanged) {
  const engine::LoadedStudy study = changed();
  const SystemClock clock;
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Streams streams{in, out, err, false, false, 100, {}};
  StudyProgress progress(study.definition, clock, streams);
  engine::StudyState before = study.state;
  before.changes.clear();
  before.trials.resize(4);
  progress.show(before);
  EXPECT_EQ(count(out.str(), "Measurements changed"), 0);
  progress.show(study.state);
  progress.show(study.state);
  EXPECT_EQ(count(out.str(), kSentence), 1) << out.str();
  EXPECT_NE(out.str().find("best 16 (experiment 5)"), std::string::npos) << out.str();
  StudyProgress resumed(study.definition, clock, streams);
  resumed.skip(study.state);
  resumed.show(study.state);
  EXPECT_EQ(count(out.str(), kSentence), 1);
}

TEST(StudyReport, ShowMarksWhatIsPastAndJsonNamesTheChange) {
  const std::string state = testing::TempDir() + "study_report_" + std::to_string(::getpid());
  const engine::LoadedStudy study = changed();
  {
    const auto store = open_study_store(state, true);
    ASSERT_TRUE(store);
    const std::string document = engine::store_document(std::string(kDocument), "study.yaml", {});
    ASSERT_TRUE((*store)->put_study({"tiny", document, Instant{}, Instant{}, engine::to_json(study.state).dump()}));
    std::vector<engine::StoredTrial> trials;
    for (const engine::Trial& one : study.state.trials)
      trials.push_back({one.number, engine::to_json(one).dump()});
    ASSERT_TRUE((*store)->commit_study("tiny", engine::to_json(study.state).dump(), Instant{}, trials));
  }
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Streams streams{in, out, err, false, false, 100, {}};
  ASSERT_EQ(run({"study", "show", "tiny", "--state", state}, streams), 0) << err.str();
  EXPECT_EQ(count(out.str(), "holds (past)"), 2) << out.str();
  EXPECT_EQ(count(out.str(), "breaks an SLO (past)"), 1);
  EXPECT_EQ(count(out.str(), kSentence), 1);
  out.str("");
  ASSERT_EQ(run({"study", "show", "tiny", "-o", "json", "--state", state}, streams), 0) << err.str();
  const auto detail = json::parse(out.str());
  ASSERT_TRUE(detail);
  EXPECT_EQ((*detail)["changed_since"], 4);
  EXPECT_EQ((*detail)["changes"], nlohmann::json::parse(R"([{"trial": 4, "experiment": 4}])"));
  EXPECT_EQ((*detail)["best"], 16);
  EXPECT_EQ((*detail)["baseline"], nullptr);
  EXPECT_EQ((*detail)["experiments_list"][2]["past"], true);
  EXPECT_EQ((*detail)["experiments_list"][3]["era"], 1);
  std::filesystem::remove_all(state);
}

}  // namespace
}  // namespace trimtab::cli
