// Stories of surges: loads above everything that comes back are met in place, and afterwards one step leads back.
#include <cmath>
#include <numbers>

#include "engine/live_story_player.h"

namespace trimtab::engine {
namespace {

using namespace story;
using State = RecommendationState;

// A week of days with a peak of 60 requests/s.
insight::LoadHistory week_before(Instant now) {
  insight::LoadHistory history;
  for (int i = 1; i <= 7 * 48; ++i) {
    const double load = 35 + 25 * std::sin(2 * std::numbers::pi * i / 48);
    insight::add_load(history, now - minutes(30) * (7 * 48 - i), load, minutes(30));
  }
  return history;
}

// Autonomous, cut to 0.5 cores and known to carry 58 requests/s there; it would break above 92.
Player settled() {
  model::Application document = shop();
  document.policy.mode = model::Mode::kAutonomous;
  Player play(document);
  play.state.loads = week_before(play.now);
  play.world.load = 58;
  play.run_until([&] { return play.cpu() < 0.51 && play.state.phase == Phase::kObserving; });
  play.run(minutes(20));
  return play;
}

TEST(LiveSurge, IsMetInPlaceAndLeadsBackInOneStep) {
  Player play = settled();
  ASSERT_NEAR(play.cpu(), 0.5, 1e-9);
  const std::size_t applied = play.applies.size();
  play.world.load = 97;
  play.run(minutes(4));
  const double relieved = play.cpu();
  EXPECT_GT(relieved, 0.7);
  EXPECT_EQ(play.world.live.number("jvm.heap"), kLive.number("jvm.heap"));  // in place
  ASSERT_TRUE(play.state.surge);
  EXPECT_EQ(play.state.surge->before.number("container.cpu_limit"), 0.5);
  play.run(minutes(12));
  EXPECT_EQ(play.cpu(), relieved);  // nothing is taken away while it lasts
  play.world.load = 50;
  play.run(minutes(12));
  EXPECT_NEAR(play.cpu(), 0.5, 1e-9);
  ASSERT_EQ(play.applies.size(), applied + 2);
  EXPECT_EQ(play.recommendations.at(play.applies.back().decision).kind, "back");
  play.run(minutes(12));
  EXPECT_FALSE(play.state.surge);
  EXPECT_TRUE(play.state.barred.empty());  // the load's fault, not the configuration's
  EXPECT_EQ(play.count("recommendation.rolled_back"), 0);
}

TEST(LiveSurge, SurvivesARestart) {
  Player play = settled();
  play.world.load = 97;
  play.run(minutes(4));
  ASSERT_TRUE(play.state.surge);
  const model::Configuration before = play.state.surge->before;
  play.restart();
  ASSERT_TRUE(play.state.surge);
  EXPECT_EQ(play.state.surge->before, before);
}

// A breach at a load that comes back is no surge: the configuration is to blame.
TEST(LiveSurge, ABreachAtAnOrdinaryLoadIsNone) {
  Player play = settled();
  play.world.cpu_seconds = 0.009;  // a slower release: saturated at 58 requests/s
  play.run(minutes(4));
  EXPECT_FALSE(play.state.surge);
  EXPECT_GT(play.cpu(), 0.5);
}

}  // namespace
}  // namespace trimtab::engine
