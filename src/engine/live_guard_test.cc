// Stories of the guard and of verdicts: what is rolled back, what is not, and what is remembered.
#include "engine/live_story_player.h"

namespace trimtab::engine {
namespace {

using namespace story;
using Action = PersonDecided::Action;
using State = RecommendationState;

// ann sets another CPU limit than proposed and approves.
std::string approve_cpu(Player& play, double cpu) {
  play.run_until_proposed();
  const std::string id = play.state.open->id;
  play.decide(Action::kEdit, {{"container.cpu_limit", cpu}});
  play.decide(Action::kApprove);
  return id;
}

TEST(LiveGuard, ABadValueOfAPersonIsRolledBackWithinAWindowOfItsSettling) {
  Player play;
  const std::string id = approve_cpu(play, 0.2);  // the service needs 0.2 cores at this load: saturated
  EXPECT_DOUBLE_EQ(play.cpu(), 0.2);
  const Instant live_since = play.now;
  play.run_until([&] { return play.state_of(id) == State::kRolledBack; });
  EXPECT_LE(play.now - live_since, seconds(60));
  EXPECT_EQ(play.world.live, kLive);
  EXPECT_EQ(play.applies.back().decision, id + "-rollback");
  EXPECT_TRUE(play.applies.back().roll_back);
  EXPECT_EQ(play.state.phase, Phase::kObserving);
  EXPECT_NE(play.recommendations.at(id).history.back().reason.find("slo_breach"), std::string::npos);
  ASSERT_EQ(play.changes.size(), 3u);
  EXPECT_EQ(play.changes[1].kind, "applied");
  EXPECT_EQ(play.changes[2].kind, "rolled_back");
  // Remembered: barred, and a failed observation for the model.
  ASSERT_EQ(play.state.barred.size(), 1u);
  EXPECT_EQ(play.state.barred[0].until, play.state.configuration_since + hours(24));
  EXPECT_TRUE(std::ranges::any_of(play.state.observations, [](const auto& seen) {
    return seen.failed && seen.configuration.number("container.cpu_limit") == 0.2;
  }));
}

TEST(LiveGuard, AConfigurationThatFailedIsNotProposedAgainUntilTheBarEnds) {
  model::Application document = shop();
  document.policy.mode = model::Mode::kAutonomous;
  document.policy.bar_failed_for = hours(3);
  Player play(document);
  play.run_until([&] { return play.state.phase == Phase::kVerifying; });
  play.world.out_of_memory = 1;
  play.run_until([&] { return play.count("recommendation.rolled_back") == 1; });
  EXPECT_EQ(play.world.live, kLive);
  play.run(hours(2));
  EXPECT_EQ(play.count("recommendation.proposed"), 1);  // the search has nothing else
  play.run(hours(2));
  EXPECT_GE(play.count("recommendation.proposed"), 2);
}

TEST(LiveGuard, AnOutOfMemoryKillWhileVerifyingRollsBackAtOnceEvenWhileSettling) {
  Player play;
  const std::string id = play.approve();
  play.world.out_of_memory = 1;
  play.run(seconds(20));
  EXPECT_EQ(play.state_of(id), State::kRolledBack);
  EXPECT_NE(play.text_of("guard.breach").find("out_of_memory"), std::string::npos);
}

TEST(LiveGuard, ACrashLoopRollsBackButOneExitDoesNot) {
  Player play;
  const std::string id = play.approve();
  play.world.exits = 1;
  play.run(seconds(45));
  EXPECT_EQ(play.state_of(id), State::kVerifying);
  play.world.exits = 2;
  play.run(seconds(20));
  EXPECT_EQ(play.state_of(id), State::kRolledBack);
}

TEST(LiveGuard, ReplicaTroubleIsGuardedWithoutAnyMetric) {
  Player play;
  const std::string id = play.approve();
  play.world.metrics_error = unavailable("connection refused");
  play.world.trouble = "crash loop: exit code 1";
  play.world.healthy = false;
  play.run(seconds(35));
  EXPECT_EQ(play.state_of(id), State::kRolledBack);
}

TEST(LiveGuard, AChangeThatWasKeptAtNightIsRolledBackWhenTheMorningBreaksIt) {
  Player play;
  play.world.load = 20;
  const std::string id = approve_cpu(play, 0.3);
  play.run_until([&] { return play.state_of(id) == State::kKept; });
  play.world.load = 62;  // saturated at 0.3 cores, fine at 1
  play.run(minutes(1));
  EXPECT_EQ(play.state_of(id), State::kRolledBack);
  EXPECT_EQ(play.world.live, kLive);
  EXPECT_EQ(play.state.last_known_good, kLive);
}

TEST(LiveGuard, ABreachNotOfOurMakingIsReportedOnceAndAWayUpProposed) {
  Player play;
  play.run_until_proposed();
  const std::string cut = play.state.open->id;
  play.world.load = 198;  // far beyond what was seen
  play.run(minutes(10));
  EXPECT_EQ(play.count("slo.breach"), 1);
  EXPECT_EQ(play.state_of(cut), State::kSuperseded);
  ASSERT_TRUE(play.state.open);
  EXPECT_EQ(play.state.open->kind, "return");
  EXPECT_GT(play.state.open->target().number("container.cpu_limit").value_or(0), 1);
  EXPECT_TRUE(play.application.space.validate(play.state.open->target()));
  EXPECT_TRUE(play.applies.empty());
  play.world.load = 40;
  play.run(minutes(2));
  EXPECT_EQ(play.count("slo.recovered"), 1);
}

TEST(LiveGuard, AutonomousItClimbsUntilTheSlosHoldAndDoesNotFallBack) {
  model::Application document = shop();
  document.policy.mode = model::Mode::kAutonomous;
  Player play(document, cutting_cpu(10));  // nothing to gain
  play.run(minutes(5));
  play.world.load = 290;  // needs 1.6 cores
  play.run(hours(2));
  EXPECT_GE(play.cpu(), 1.6);
  EXPECT_EQ(play.count("recommendation.rolled_back"), 0);
  EXPECT_FALSE(play.state.breach_announced);
}

TEST(LiveGuard, ReturnsToAConfigurationThatCarriedSuchALoadBefore) {
  model::Application document = shop();
  Player play(document);
  play.world.load = 100;
  play.run(minutes(5));
  play.world.load = 30;
  const std::string id = approve_cpu(play, 0.4);
  play.run_until([&] { return play.state_of(id) == State::kKept; });
  play.run(hours(3));  // not recent any more
  play.world.load = 80;
  play.run(minutes(2));
  EXPECT_EQ(play.state_of(id), State::kKept);
  ASSERT_TRUE(play.state.open);
  EXPECT_EQ(play.state.open->kind, "return");
  EXPECT_EQ(play.state.open->target(), kLive);
}

TEST(LiveGuard, SlowBeforeIsStillBetterThanCrashingNow) {
  Player play;
  play.world.load = 198;  // far beyond what the limit carries: a way up is proposed
  play.run_until([&] { return play.state.open && play.state.open->kind == "return"; });
  const std::string id = play.state.open->id;
  ASSERT_EQ(play.state.open->kind, "return");
  play.decide(Action::kEdit, {{"container.cpu_limit", 0.4}});
  play.decide(Action::kApprove);
  ASSERT_EQ(play.state_of(id), State::kVerifying);
  play.world.exits += 2;
  play.run(seconds(30));
  EXPECT_EQ(play.state_of(id), State::kRolledBack);
  EXPECT_EQ(play.world.live, kLive);
}

TEST(LiveGuard, OneSlowLookIsNotABreachTwoAre) {
  Player play;
  const std::string id = play.approve();
  play.run(seconds(80));
  play.world.load = 185;            // 0.925 of 0.9 cores: saturated?
  play.world.cpu_seconds = 0.0045;  // rho 0.925: 267 ms, just outside
  play.world.noise = 0;
  play.run(seconds(15));
  EXPECT_EQ(play.state_of(id), State::kVerifying);
  play.run(seconds(15));
  EXPECT_EQ(play.state_of(id), State::kRolledBack);
}

TEST(LiveGuard, WorseAtEqualLoadIsRolledBackInsideTheSlo) {
  model::Application document = shop();
  document.policy.tolerated_regression = 0.05;
  Player play(document);
  play.world.load = 110;                           // 44 ms at 1 core
  const std::string id = approve_cpu(play, 0.65);  // 130 ms: within the SLO of 250, three times slower
  play.run_until([&] { return play.state_of(id) == State::kRolledBack; });
  const model::Recommendation& done = play.recommendations.at(id);
  ASSERT_TRUE(done.verdict);
  EXPECT_NE(done.verdict->conclusion.find("worse than tolerated"), std::string::npos);
  EXPECT_EQ(play.count("guard.breach"), 0);
}

TEST(LiveGuard, WithoutEqualLoadTheVerdictSaysSoHonestly) {
  Player play;
  play.world.load = 40;
  const std::string id = play.approve();
  play.world.load = 80;
  play.run_until([&] { return play.state_of(id) == State::kKept; });
  EXPECT_NE(play.recommendations.at(id).verdict->conclusion.find("too few windows at equal load"), std::string::npos);
}

TEST(LiveGuard, ADrainThatFailsIsRolledBackAndAFailedRollBackNeedsAPerson) {
  Player play;
  play.world.apply_error = [](const ApplyRequest&) { return std::optional(unavailable("replica shop-1: not ready")); };
  const std::string id = play.approve();
  EXPECT_EQ(play.state_of(id), State::kRollingBack);
  play.run_until([&] { return play.state_of(id) == State::kFailed; });
  EXPECT_EQ(play.state.phase, Phase::kFrozen);
  EXPECT_NE(play.state.status.find("person"), std::string::npos);
  play.world.apply_error = nullptr;
  play.run(minutes(10));
  EXPECT_EQ(play.state.phase, Phase::kFrozen);
  play.send(PauseChanged{true, "ann", "looks"});
  play.send(PauseChanged{false, "ann", "fixed"});
  EXPECT_EQ(play.state.phase, Phase::kObserving);
}

}  // namespace
}  // namespace trimtab::engine
