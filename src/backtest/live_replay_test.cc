// Recorded series through the live engine: what the service model's own recording leads to, and what is refused.
#include "backtest/live_replay.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "backtest/imagined.h"
#include "backtest/live_report.h"
#include "simulation/recording.h"
#include "simulation/scenario_document.h"
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "packs/application_document.h"

namespace trimtab::backtest {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScenario = R"(apiVersion: trimtab.dev/v1
kind: Scenario
name: recorded
application: shop-application.yaml
start: 2026-01-06T00:00:00Z
length: 1d
history: 1d
step: 1m
replicas: 2
seed: 1
load: {peak: 90, shape: [[0, 0.2], [6, 0.2], [12, 1.0], [18, 0.6]], noise: 0.04}
)";

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string answer(const std::string& values) {
  return R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[)" + values + "]}]}}";
}

class LiveReplayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "trimtab-replay-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  static simulation::Scenario scenario() {
    const fs::path examples = fs::path(TRIMTAB_SOURCE_DIR) / "examples/scenarios";
    const auto packs = packs::PackLibrary::embedded();
    return *simulation::read_scenario(
        kScenario, "scenario.yaml", *packs,
        [&](const std::string& name) -> Result<std::string> { return read(examples / name); });
  }
  void record(const simulation::Scenario& scenario) const {
    const auto answers = simulation::record(scenario);
    ASSERT_TRUE(answers) << answers.error().to_string();
    for (const auto& [metric, text] : *answers)
      write(folder_ / (metric + ".json"), text);
  }

  fs::path folder_;
};

TEST_F(LiveReplayTest, RecommendsAndChangesNothing) {
  const simulation::Scenario made = scenario();
  record(made);
  const auto recorded = RecordedSeries::open(folder_.string(), made.application.metrics);
  ASSERT_TRUE(recorded) << recorded.error().to_string();
  LiveReplayOptions options;
  options.replicas = 2;
  const auto replay = replay_live(made.application, *recorded, options);
  ASSERT_TRUE(replay) << replay.error().to_string();
  const std::string text = live_replay_text(*replay, true);
  EXPECT_EQ(replay->enrolled - replay->recorded_from, Duration(std::chrono::hours(24))) << text;
  EXPECT_EQ(replay->end - replay->enrolled, Duration(std::chrono::hours(24))) << text;
  EXPECT_EQ(replay->windows_refused, 0) << text;
  ASSERT_FALSE(replay->timeline.empty()) << text;
  for (const TimelineEntry& entry : replay->timeline) {
    ASSERT_EQ(entry.what, "recommendation") << text;
    EXPECT_EQ(entry.recommendation.current.fingerprint(), made.application.baseline.fingerprint());
    EXPECT_LT(entry.recommendation.cost_proposed, entry.recommendation.cost_current);
  }
  EXPECT_LT(replay->cost_imagined, replay->cost_recorded);
  const BacktestTable& table = replay->containers.at("container");
  // Nothing but proposals moves the imagined row, and what was set is in it until the first.
  EXPECT_LT(table.find(kImagined)->fleet.cpu_minutes, table.find(kAsSet)->fleet.cpu_minutes);
  EXPECT_EQ(table.find(kImagined)->fleet.minutes, 1440);
  // Same input, same bytes.
  const auto again = replay_live(made.application, *recorded, options);
  EXPECT_EQ(live_replay_json(*again).dump(), live_replay_json(*replay).dump());
}

TEST_F(LiveReplayTest, BrokenSlosAreTold) {
  simulation::Scenario made = scenario();
  record(made);
  std::string values;
  const std::int64_t start = made.start.us / 1'000'000 - 86400;
  for (int minute = 1; minute <= 2 * 1440; ++minute)
    values += fmt::format("{}[{},\"{}\"]", values.empty() ? "" : ",", start + minute * 60, minute > 2000 ? 900 : 20);
  write(folder_ / "p95.json", answer(values));
  const auto recorded = RecordedSeries::open(folder_.string(), made.application.metrics);
  const auto replay = replay_live(made.application, *recorded, {});
  ASSERT_TRUE(replay) << replay.error().to_string();
  const std::string text = live_replay_text(*replay, false);
  EXPECT_TRUE(text.contains("slo.breach")) << text;
  EXPECT_NEAR(replay->slos.front().breached, (2880 - 2000) / 5, 2) << text;
}

TEST_F(LiveReplayTest, RefusesWhatItCannotPlay) {
  const simulation::Scenario made = scenario();
  const auto& metrics = made.application.metrics;
  EXPECT_EQ(RecordedSeries::open((folder_ / "none").string(), metrics).error().code, Code::kNotFound);
  const auto missing = RecordedSeries::open(folder_.string(), metrics);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  record(made);
  write(folder_ / "p95.json", "no answer");
  const auto wrong = RecordedSeries::open(folder_.string(), metrics);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::kInvalidInput);
  EXPECT_TRUE(wrong.error().to_string().contains("p95.json:1")) << wrong.error().to_string();
  write(folder_ / "p95.json", R"({"status":"success","data":{"resultType":"matrix","result":[
    {"metric":{"pod":"a"},"values":[[60,"1"]]},{"metric":{"pod":"b"},"values":[[60,"1"]]}]}})");
  const auto several = RecordedSeries::open(folder_.string(), metrics);
  ASSERT_FALSE(several);
  EXPECT_TRUE(several.error().message.contains("2 series")) << several.error().to_string();

  record(made);
  const auto recorded = RecordedSeries::open(folder_.string(), metrics);
  ASSERT_TRUE(recorded);
  LiveReplayOptions options;
  options.learn_days = 2;
  EXPECT_EQ(replay_live(made.application, *recorded, options).error().code, Code::kInvalidInput);
  model::Application bare = made.application;
  bare.baseline = {};
  EXPECT_EQ(replay_live(bare, *recorded, {}).error().field, "baseline");
}

TEST_F(LiveReplayTest, WindowsAreJudgedAsLiveOnes) {
  model::Metric whole;
  whole.name = "p95";
  whole.plausible_max = 100;
  model::Metric peak = whole;
  peak.name = "peak";
  peak.aggregate = model::Aggregate::kMax;
  write(folder_ / "p95.json", answer(R"([60,"1"],[120,"2"],[180,"3"],[240,"4"],[300,"5"])"));
  write(folder_ / "2/p95.json",
        answer(R"([300,"5"],[360,"6"],[900,"700"],[960,"700"],[1020,"700"],[1080,"700"],[1140,"700"])"));
  write(folder_ / "peak.json", answer(R"([60,"1"],[120,"9"],[180,"3"],[240,"4"],[300,"5"])"));
  auto recorded = RecordedSeries::open(folder_.string(), {whole, peak});
  ASSERT_TRUE(recorded) << recorded.error().to_string();
  EXPECT_EQ(recorded->points("p95").size(), 11u);
  const auto look = [&](int start, int end) {
    return recorded
        ->window({whole, peak}, instant_from_seconds(start), instant_from_seconds(end), std::chrono::minutes(1),
                 std::chrono::minutes(1))
        ->samples;
  };
  using Status = engine::MetricSample::Status;
  EXPECT_EQ(look(0, 300).at("p95").value, 5);
  EXPECT_EQ(look(0, 300).at("p95").status, Status::kUsable);
  EXPECT_EQ(look(0, 300).at("peak").value, 9);
  EXPECT_EQ(look(60, 360).at("p95").value, 6);
  EXPECT_EQ(look(300, 600).at("p95").status, Status::kStale);
  EXPECT_EQ(look(600, 900).at("p95").status, Status::kPartial);
  EXPECT_EQ(look(840, 1140).at("p95").status, Status::kImplausible);
  EXPECT_EQ(look(600, 900).at("peak").status, Status::kMissing);
}

TEST(Imagined, IsInForceFromItsMinuteOn) {
  Imagined imagined("x", {{10, {1, 100, 1}}, {20, {2, 200, 2}}});
  const Advice live{5, 500, 0};
  EXPECT_EQ(imagined.advise(9, live).cpu, 5);
  EXPECT_EQ(imagined.advise(10, live).cpu, 1);
  EXPECT_EQ(imagined.advise(19, live).cpu, 1);
  EXPECT_EQ(imagined.advise(500, live).memory_mib, 200);
}

}  // namespace
}  // namespace trimtab::backtest
