// Stories of changes that replace replicas: when they may begin, and what is blamed on them.
#include "engine/live_story_player.h"

namespace trimtab::engine {
namespace {

using namespace story;
using Action = PersonDecided::Action;
using State = RecommendationState;

ProposalSearch less_memory(std::string kind = "exploit", double gain = 0.01) {
  return [kind, gain](const auto&, const auto& request) {
    optimizer::SafeSearchResult result;
    const Configuration next = request.incumbent.with({{"container.memory_limit", 448.0}});
    if (next == request.incumbent) {
      result.none = optimizer::NoProposal{"no_safe_gain", "nothing"};
    } else {
      result.proposal = optimizer::SafeProposal{next, 0.97, gain, kind, {}, {}, {}};
    }
    return Result<optimizer::SafeSearchResult>(result);
  };
}

// Latency as predicted: within the SLO up to 150 requests/s.
Result<optimizer::Posterior> prediction(const optimizer::Problem&, const optimizer::SafeSearchRequest&,
                                        const std::string& metric, const Configuration&, double load) {
  if (metric == "errors") return optimizer::Posterior{0, 0, 0.001};
  return optimizer::Posterior{50, 40, load <= 150 ? 100.0 : 400.0};
}

TEST(LiveRollout, PolicyWaitsForAMomentWhenTheOthersCanCarryTheLoad) {
  model::Application document = shop();
  document.policy.mode = model::Mode::kAutonomous;
  Player play(document, less_memory());
  play.collaborators.predict = prediction;
  play.world.load = 100;  // 200 with one of two replicas away
  play.run(minutes(30));
  EXPECT_TRUE(play.state.open);
  EXPECT_TRUE(play.applies.empty());
  EXPECT_TRUE(std::ranges::any_of(play.state.waiting_for,
                                  [](const auto& text) { return text.find("a quieter moment") != std::string::npos; }));
  play.world.load = 60;
  play.run(minutes(3));
  EXPECT_EQ(play.applies.size(), 1u);
}

TEST(LiveRollout, APersonNeedNotWait) {
  Player play(shop(), less_memory());
  play.collaborators.predict = prediction;
  play.world.load = 100;
  play.approve();
  EXPECT_EQ(play.applies.size(), 1u);
}

TEST(LiveRollout, SlownessOfABusyRolloutIsNotBlamedOnTheConfiguration) {
  for (const bool busy : {false, true}) {
    Player play(shop(), less_memory());
    play.world.load = busy ? 70 : 40;
    play.run(minutes(5));
    play.world.load = busy ? 70 : 15;
    play.run(minutes(2));
    play.hold_applies = true;
    const std::string id = play.approve();
    const double work = play.world.cpu_seconds;
    play.world.cpu_seconds = 0.1;  // saturated while the change is under way
    play.run(minutes(1));
    play.world.cpu_seconds = work;
    EXPECT_EQ(play.state.roll_back_reason.empty(), busy);
    play.release();
    play.run(minutes(2));
    EXPECT_EQ(play.state_of(id), busy ? State::kVerifying : State::kRolledBack);
  }
}

// The other replicas never get what breaks the first.
TEST(LiveRollout, ABreachCutsTheChangeShort) {
  for (const bool killed : {false, true}) {
    Player play;
    play.run_until_proposed();
    play.hold_applies = true;
    const std::string id = play.approve();
    ASSERT_EQ(play.held.size(), 1u);
    play.world.errors = 0.5;
    play.ignore_stops = killed;
    play.run_until([&] { return !play.state.roll_back_reason.empty(); }, minutes(3));
    EXPECT_EQ(play.count("guard.breach"), 1);
    play.world.errors = 0;
    if (killed) {
      play.hold_applies = false;
      play.restart();  // amid it: what was cut short is not sent again
    } else {
      play.release();
    }
    play.run_until([&] { return play.state_of(id) == State::kRolledBack; }, minutes(3));
    EXPECT_EQ(play.world.carried_out.size(), 1u) << "the way back alone";
    EXPECT_TRUE(play.world.carried_out.front().roll_back);
    EXPECT_EQ(play.state.barred.size(), 1u);
  }
}

TEST(LiveRollout, TheGuardDoesNotLookBackBeyondAChange) {
  Player play;
  (void)play.approve();
  const Instant since = play.state.configuration_since;
  int looks = 0;
  for (int i = 0; i < 30; ++i) {
    play.now = play.now + seconds(5);
    play.step_once(Tick{});
    for (const Command& command : play.waiting) {
      const auto* query = std::get_if<QueryMetrics>(&command.what);
      if (query == nullptr || query->purpose != QueryPurpose::kGuard) continue;
      ++looks;
      EXPECT_GE(query->start, since);
      EXPECT_GE(query->end - query->start, seconds(10));
    }
    play.send(Tick{});
  }
  EXPECT_GE(looks, 3);
}

TEST(LiveRollout, ARestartOnlyToLearnIsNotProposed) {
  Player play(shop(), less_memory("explore", 0));
  play.run(minutes(20));
  EXPECT_FALSE(play.state.open);
  Player gains(shop(), less_memory("explore", 0.02));
  gains.run_until_proposed();
}

TEST(LiveRollout, MoreResourcesAgainstABreachAreNotTakenAwayBecauseItLasts) {
  model::Application document = shop();
  document.policy.mode = model::Mode::kAutonomous;
  Player play(document, cutting_cpu(10));
  play.run(minutes(5));
  play.world.load = 240;
  play.run_until([&] { return play.cpu() > 1; });
  play.world.load = 320;  // still too little
  play.run(minutes(4));
  EXPECT_EQ(play.count("recommendation.rolling_back"), 0);
  EXPECT_GT(play.cpu(), 1);
}

}  // namespace
}  // namespace trimtab::engine
