// kill -9 at every step: whatever was under way, the story ends the same and nothing is applied twice.
#include "engine/live_story_player.h"

namespace trimtab::engine {
namespace {

using namespace story;
using State = RecommendationState;

struct Ending {
  Configuration live;
  std::vector<std::string> outcomes;  // "kept container.cpu_limit 1 -> 0.9 cores", in order of their ids
  int steps = 0;

  bool operator==(const Ending& other) const { return live == other.live && outcomes == other.outcomes; }
};

std::ostream& operator<<(std::ostream& out, const Ending& ending) {
  out << ending.live.to_string();
  for (const std::string& outcome : ending.outcomes)
    out << "; " << outcome;
  return out;
}

// One change is kept, the next fails with an out of memory kill and is rolled back.
Ending tell(Player::Crash crash, int crash_step) {
  model::Application document = shop();
  document.policy.mode = model::Mode::kAutonomous;
  Player play(document, cutting_cpu(0.75));  // 1 -> 0.9 -> 0.8, and that is all
  play.world.noise = 0;
  play.crash = crash;
  play.crash_step = crash_step;
  play.run_until([&] { return play.cpu() < 0.85 && play.state.phase == Phase::kVerifying; });
  play.world.out_of_memory = 1;
  play.run_until([&] { return play.state.phase == Phase::kObserving && !play.state.decision; });
  play.run(minutes(5));

  std::set<std::string> decisions;
  for (const ApplyRequest& request : play.world.carried_out) {
    EXPECT_TRUE(decisions.insert(request.decision).second) << request.decision << " was carried out twice";
  }
  EXPECT_EQ(play.world.carried_out.size(), 3u);
  Ending ending{play.world.live, {}, play.steps};
  for (const auto& [id, recommendation] : play.recommendations) {
    EXPECT_TRUE(model::is_terminal(recommendation.state)) << model::to_string(recommendation.state);
    if (recommendation.state == State::kSuperseded) continue;
    ending.outcomes.push_back(std::string(model::to_string(recommendation.state)) + " " +
                              change_text(recommendation.changes.at(0)));
  }
  return ending;
}

class LiveRestart : public testing::TestWithParam<Player::Crash> {};

TEST_P(LiveRestart, AtEveryStepEndsTheSame) {
  const Ending expected = tell(GetParam(), -1);
  EXPECT_EQ(expected.outcomes, (std::vector<std::string>{"kept container.cpu_limit 1 -> 0.9 cores",
                                                         "rolled_back container.cpu_limit 0.9 -> 0.8 cores"}));
  EXPECT_EQ(expected.live.number("container.cpu_limit"), 0.9);
  for (int at = 1; at <= expected.steps; ++at) {
    EXPECT_EQ(tell(GetParam(), at), expected) << "killed at step " << at;
    if (testing::Test::HasFailure()) break;
  }
}

INSTANTIATE_TEST_SUITE_P(Crash, LiveRestart,
                         testing::Values(Player::Crash::kBeforeCommit, Player::Crash::kAfterCommit,
                                         Player::Crash::kAfterCommand));

TEST(LiveRestartStory, CommandsUnderWayKeepTheirIds) {
  Player play;
  play.hold_applies = true;
  const std::string id = play.approve();
  ASSERT_EQ(play.held.size(), 1u);
  const Command before = play.held[0];
  play.restart();
  const auto again = std::ranges::find_if(
      play.waiting, [](const Command& command) { return std::holds_alternative<Apply>(command.what); });
  ASSERT_NE(again, play.waiting.end());
  EXPECT_EQ(again->id, before.id);
  EXPECT_EQ(std::get<Apply>(again->what).request.decision, id);
  EXPECT_EQ(play.state_of(id), State::kApplying);
}

TEST(LiveRestartStory, HowFarAChangeIsStaysTheStatusUntilItEnds) {
  Player play;
  play.hold_applies = true;
  const std::string id = play.approve();
  ASSERT_EQ(play.held.size(), 1U);
  play.send(ApplyProgressed{play.held[0].id, {"one replica has the new values", 1, 2}});
  const std::string said = "applies an approved change: one replica has the new values";
  EXPECT_EQ(play.state.status, said);
  play.run(seconds(20));
  EXPECT_EQ(play.state.status, said);
  play.send(ApplyProgressed{"another", {"not this one", 1, 2}});
  EXPECT_EQ(play.state.status, said);
  play.release();
  play.run_until([&] { return play.state_of(id) == State::kVerifying; });
  EXPECT_EQ(play.state.status.find("one replica"), std::string::npos);
}

TEST(LiveRestartStory, APausedChangeIsPutBackAfterARestart) {
  Player play;
  play.hold_applies = true;
  play.ignore_stops = true;  // the process ends before the change does
  const std::string id = play.approve();
  play.send(PauseChanged{true, "ann", ""});
  play.hold_applies = false;
  play.restart();  // the player fails the test when a change is sent while paused
  play.run(minutes(5));
  EXPECT_EQ(play.world.live, kLive);
  EXPECT_EQ(play.state_of(id), State::kRolledBack);
  EXPECT_EQ(play.state.phase, Phase::kFrozen);
  play.send(PauseChanged{false, "ann", ""});
  play.run_until_proposed();
}

TEST(LiveRestartStory, AnotherDocumentWithdrawsTheOffer) {
  Player play;
  play.run_until_proposed();
  const std::string id = play.state.open->id;
  play.application.revision = "r2";
  play.restart();
  EXPECT_EQ(play.state_of(id), State::kSuperseded);
  EXPECT_EQ(play.state.revision, "r2");
}

}  // namespace
}  // namespace trimtab::engine
