// Stories of trouble around the application: nothing new begins, nothing is learned from it, and it ends by itself.
#include "engine/live_story_player.h"

namespace trimtab::engine {
namespace {

using namespace story;
using Action = PersonDecided::Action;
using State = RecommendationState;

constexpr const char* kNode = "node worker-1 is under memory pressure";

std::string kept_then_disturbed(Player& play) {
  const std::string id = play.approve();
  play.run_until([&] { return play.state_of(id) == State::kKept; });
  play.world.disturbance = kNode;
  play.run(seconds(30));
  return id;
}

TEST(LiveCalm, NothingIsProposedOrLearnedWhileANodeIsInTrouble) {
  Player play;
  play.run(minutes(3));
  play.world.disturbance = kNode;
  play.run(minutes(1));
  const int seen = play.observations;
  play.run(minutes(30));
  EXPECT_EQ(play.observations, seen);
  EXPECT_TRUE(play.recommendations.empty());
  EXPECT_EQ(play.count("platform.disturbed"), 1);
  EXPECT_EQ(play.state.status, std::string("holds still: ") + kNode);
  EXPECT_NE(play.state.waiting_for.front().find("calm around the application"), std::string::npos);
  play.world.disturbance.clear();
  play.run_until_proposed();
  EXPECT_EQ(play.count("platform.calm"), 1);
}

TEST(LiveCalm, ItMustHaveBeenOverForTheTimeToSettle) {
  Player play;
  play.run_until_proposed();
  play.world.disturbance = kNode;
  play.run(minutes(1));
  play.world.disturbance.clear();
  play.run(seconds(15));  // of the half minute to settle
  EXPECT_EQ(play.count("platform.calm"), 0);
  EXPECT_NE(play.state.waiting_for.front().find("more to settle"), std::string::npos);
  const int seen = play.observations;
  play.run(seconds(45));
  EXPECT_EQ(play.count("platform.calm"), 1);
  EXPECT_EQ(play.observations, seen);  // the windows until then began before all had settled
  play.run(minutes(3));
  EXPECT_GT(play.observations, seen);
}

TEST(LiveCalm, AnApprovedChangeWaitsAndIsThenCarriedOut) {
  Player play;
  play.run_until_proposed();
  play.world.disturbance = kNode;
  play.run(minutes(1));
  const std::string id = play.state.open->id;
  play.decide(Action::kApprove);
  play.run(minutes(20));
  EXPECT_TRUE(play.applies.empty());
  EXPECT_EQ(play.state_of(id), State::kApproved);
  play.world.disturbance.clear();
  play.run_until([&] { return play.state_of(id) == State::kKept; });
  EXPECT_EQ(play.applies.size(), 1U);
}

TEST(LiveCalm, PolicyApprovesNothing) {
  model::Application document = shop();
  document.policy.mode = model::Mode::kAutonomous;
  Player play(document);
  play.run(minutes(2));
  play.world.disturbance = "a rollout by somebody else is under way: 1 of 3 replicas";
  play.run(hours(2));
  EXPECT_TRUE(play.applies.empty());
  play.world.disturbance.clear();
  play.run_until([&] { return !play.applies.empty(); });
}

TEST(LiveCalm, AChangeThatIsLiveIsStillPutBackButNotBlamed) {
  Player play;
  const std::string id = play.approve();
  play.world.disturbance = kNode;
  play.world.cpu_seconds = 0.03;  // the node is slow
  play.run_until([&] { return play.state_of(id) == State::kRolledBack; });
  EXPECT_EQ(play.cpu(), 1.0);
  EXPECT_TRUE(play.state.barred.empty());
  play.world.disturbance.clear();
  play.world.cpu_seconds = 0.005;
  play.run_until_proposed();
}

TEST(LiveCalm, AProcessThatWasKilledForMemoryIsBlamedAllTheSame) {
  Player play;
  const std::string id = play.approve();
  play.world.disturbance = kNode;
  play.world.out_of_memory = 1;
  play.run_until([&] { return play.state_of(id) == State::kRolledBack; });
  EXPECT_EQ(play.state.barred.size(), 1U);
}

TEST(LiveCalm, AKeptChangeIsNotUndoneForASlowNode) {
  Player play;
  const std::string id = kept_then_disturbed(play);
  play.world.cpu_seconds = 0.03;
  play.run(minutes(10));
  EXPECT_EQ(play.state_of(id), State::kKept);
  EXPECT_EQ(play.count("slo.breach"), 1);  // said all the same
  EXPECT_EQ(play.applies.size(), 1U);
}

TEST(LiveCalm, APersonMayHaveTheWayBackAtOnce) {
  Player play;
  (void)kept_then_disturbed(play);
  play.world.cpu_seconds = 0.03;
  play.run_until([&] { return play.state.open && play.state.open->kind == "return"; });
  play.decide(Action::kApprove);
  play.run_until([&] { return play.applies.size() == 2; }, minutes(2));
  EXPECT_EQ(play.cpu(), 1.0);
}

TEST(LiveCalm, ItIsRememberedOverARestart) {
  Player play;
  play.run(minutes(3));
  play.world.disturbance = kNode;
  play.run(minutes(1));
  play.restart();
  EXPECT_EQ(play.state.disturbance, kNode);
  play.run(minutes(1));
  EXPECT_EQ(play.count("platform.disturbed"), 1);
}

}  // namespace
}  // namespace trimtab::engine
