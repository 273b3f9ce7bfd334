// The report's words, whole: held against tests/golden/backtest/live.txt.
#include "backtest/live_report.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace trimtab::backtest {
namespace {

LiveReplay sample() {
  LiveReplay replay;
  replay.application = "shop";
  replay.currency = "EUR";
  replay.recorded_from = instant_from_seconds(1'767'225'600);
  replay.enrolled = instant_from_seconds(1'767'312'000);
  replay.end = instant_from_seconds(1'767'398'400);
  replay.windows_usable = 280;
  replay.windows_refused = 8;
  replay.cost_recorded = 40;
  replay.cost_imagined = 31.5;
  replay.slos = {{"p95 <= 100", 280, 3}};
  model::Recommendation one;
  one.current = {{"container.cpu_limit", 0.9}, {"jvm.gc", "G1"}};
  one.changes = {{"container.cpu_limit", "cores", 0.9, 0.65, {}, false, "live", "used at most 0.11 cores"},
                 {"jvm.gc", "", "G1", "Serial", {}, false, "restart", ""}};
  one.predictions = {{"p95", "ms", 18, 19, 17, 22, 40}};
  one.bindings = {{"step", "container.cpu_limit", "moves by at most 0.25 cores at once"}};
  one.evidence.statements = {"the load repeats every 1d"};
  one.confidence = 0.998;
  one.cost_current = 40;
  one.cost_proposed = 30;
  const Instant first = replay.enrolled + std::chrono::hours(4);
  replay.timeline = {{first, "recommendation", "", one},
                     {first + std::chrono::hours(1), "slo.breach", "p95 is 120", {}},
                     {first + std::chrono::hours(2), "recommendation", "", one},
                     {first + std::chrono::hours(3), "recommendation", "", one}};
  replay.notes = {"no sizer is compared for jvm: no limits"};
  return replay;
}

TEST(LiveReport, IsTheGoldenText) {
  std::ifstream in(std::string(TRIMTAB_SOURCE_DIR) + "/tests/golden/backtest/live.txt", std::ios::binary);
  const std::string golden(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(live_replay_text(sample(), false) + "----\n" + live_replay_text(sample(), true), golden);
}

TEST(LiveReport, SaysWhyNothingWasRecommended) {
  LiveReplay replay = sample();
  replay.timeline.clear();
  replay.waits_for = "3 more windows";
  EXPECT_TRUE(live_replay_text(replay, false).contains("Nothing would have been recommended: 3 more windows.\n"));
}

}  // namespace
}  // namespace trimtab::backtest
