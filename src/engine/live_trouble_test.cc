// Stories of trouble: metrics that are away or wrong, a platform that does not answer, drift, the kill switch.
#include "engine/live_story_player.h"

namespace trimtab::engine {
namespace {

using namespace story;
using Action = PersonDecided::Action;
using State = RecommendationState;
using Status = MetricSample::Status;

TEST(LiveTrouble, NoDecisionIsTakenOnMetricsThatAreAway) {
  model::Application document = shop();
  document.policy.mode = model::Mode::kAutonomous;
  Player play(document);
  play.run(minutes(3));
  const int seen = play.observations;
  play.world.metrics_error = unavailable("connection refused");
  play.run(minutes(30));
  EXPECT_EQ(play.observations, seen);
  EXPECT_TRUE(play.recommendations.empty());
  EXPECT_EQ(play.count("data.trouble"), 1);  // said once, not once a window
  EXPECT_NE(play.state.data_trouble.find("connection refused"), std::string::npos);
  EXPECT_NE(play.state.status.find("connection refused"), std::string::npos);
  EXPECT_GT(play.state.windows_refused, 20);
  play.world.metrics_error.reset();
  play.run(minutes(5));
  EXPECT_EQ(play.count("data.recovered"), 1);
  EXPECT_TRUE(play.state.data_trouble.empty());
  play.run_until([&] { return play.applies.size() == 1; });
}

TEST(LiveTrouble, EveryKindOfBadSampleIsRefusedByName) {
  for (const auto& [status, words] : std::map<Status, std::string>{{Status::kMissing, "no data"},
                                                                   {Status::kNotFinite, "not a number"},
                                                                   {Status::kStale, "stale"},
                                                                   {Status::kPartial, "too few points"},
                                                                   {Status::kImplausible, "not plausible"}}) {
    Player play;
    play.world.bad_samples = {{"p95", status}};
    play.run(minutes(10));
    EXPECT_EQ(play.observations, 0);
    EXPECT_FALSE(play.state.open);
    EXPECT_NE(play.state.data_trouble.find("p95: " + words), std::string::npos) << play.state.data_trouble;
    play.world.bad_samples.clear();
    play.run_until_proposed();
  }
}

TEST(LiveTrouble, AMetricThatIsNotRequiredMayBeAway) {
  Player play;
  play.world.bad_samples = {{"container.oom_kills", Status::kMissing}};
  play.run_until_proposed();
  EXPECT_TRUE(play.state.data_trouble.empty());
}

TEST(LiveTrouble, NoVerdictOnBadDataAndItComesWhenTheDataIsBack) {
  Player play;
  const std::string id = play.approve();
  play.world.bad_samples = {{"p95", Status::kStale}};
  play.run(minutes(60));
  EXPECT_EQ(play.state_of(id), State::kVerifying);
  play.world.bad_samples.clear();
  play.run_until([&] { return play.state_of(id) == State::kKept; });
}

TEST(LiveTrouble, ErrorsAreGuardedEvenWhenLatencyCannotBeMeasured) {
  Player play;  // nothing answers any more: no latency, all errors
  const std::string id = play.approve();
  play.world.bad_samples = {{"p95", Status::kNotFinite}};
  play.world.errors = 1;
  play.run(minutes(2));
  EXPECT_EQ(play.state_of(id), State::kRolledBack);
}

TEST(LiveTrouble, APlatformThatDoesNotAnswerStopsTheEvidence) {
  Player play;
  play.run(minutes(3));
  const int seen = play.observations;
  play.world.live_error = unavailable("no such process");
  play.run(minutes(10));
  EXPECT_EQ(play.observations, seen);
  EXPECT_NE(play.state.data_trouble.find("no such process"), std::string::npos);
  EXPECT_EQ(play.count("data.trouble"), 1);
  play.world.live_error.reset();
  play.run_until_proposed();
}

TEST(LiveTrouble, AnAnswerThatNeverComesExpires) {
  Player play;
  play.run(minutes(2));
  play.send(Tick{});
  play.now = play.now + minutes(1);
  play.step_once(Tick{});  // its commands are lost
  play.waiting.clear();
  ASSERT_FALSE(play.state.under_way.empty());
  const std::string lost = play.state.under_way.front().command.id;
  play.run(minutes(2));
  EXPECT_TRUE(std::ranges::none_of(play.state.under_way, [&](const auto& one) { return one.command.id == lost; }));
  play.run_until_proposed();
}

TEST(LiveTrouble, ALateOrUnknownAnswerChangesNothing) {
  Player play;
  play.run(minutes(3));
  nlohmann::json before = to_json(play.state);
  play.send(Applied{"shop-1-1", play.world.read(play.now)});
  play.send(MetricsFailed{"shop-99-1", unavailable("late")});
  nlohmann::json after = to_json(play.state);
  before.erase("sequence"), after.erase("sequence");
  EXPECT_EQ(before, after);
  EXPECT_EQ(play.count("event.ignored"), 2);
}

TEST(LiveTrouble, DriftIsMarkedAndObservedAnew) {
  Player play;
  play.run_until_proposed();
  const std::string id = play.state.open->id;
  play.world.live.set("container.cpu_limit", 1.5);
  play.run(minutes(1));
  EXPECT_EQ(play.count("configuration.drift"), 1);
  EXPECT_EQ(play.changes.back().kind, "drift");
  EXPECT_EQ(play.state_of(id), State::kSuperseded);
  play.run_until_proposed();
  EXPECT_EQ(play.state.open->current.number("container.cpu_limit"), 1.5);
  EXPECT_GE(play.state.open->evidence.windows_at_current, 3);
}

TEST(LiveTrouble, ADriftThatBreachesIsUndoneOnlyWithAutonomy) {
  for (const bool autonomous : {false, true}) {
    model::Application document = shop();
    document.policy.mode = autonomous ? model::Mode::kAutonomous : model::Mode::kRecommend;
    Player play(document, cutting_cpu(10));
    play.run(minutes(6));
    play.world.live.set("container.cpu_limit", 0.2);  // somebody's hand
    play.run(minutes(5));
    EXPECT_EQ(play.count("slo.breach"), 1);
    EXPECT_EQ(play.cpu(), autonomous ? 1.0 : 0.2);
    EXPECT_TRUE(autonomous || play.state.open->target() == kLive);
  }
}

TEST(LiveTrouble, DriftWhileVerifyingEndsTheDecision) {
  Player play;
  const std::string id = play.approve();
  play.world.live.set("container.cpu_limit", 1.2);
  play.run(minutes(1));
  EXPECT_EQ(play.state_of(id), State::kFailed);
  EXPECT_EQ(play.state.phase, Phase::kObserving);
  EXPECT_DOUBLE_EQ(play.cpu(), 1.2);  // left as it is
}

TEST(LivePause, NothingNewBegins) {
  model::Application document = shop();
  document.policy.mode = model::Mode::kAutonomous;
  Player play(document);
  play.run(minutes(2));
  play.send(PauseChanged{true, "ann", "release"});
  play.run(minutes(30));
  EXPECT_TRUE(play.recommendations.empty());
  EXPECT_EQ(play.state.phase, Phase::kFrozen);
  EXPECT_NE(play.state.status.find("ann: release"), std::string::npos);
  EXPECT_GT(play.observations, 20);  // it still learns
  play.send(PauseChanged{false, "ann", ""});
  play.run_until([&] { return play.applies.size() == 1; });
}

TEST(LivePause, AChangeBeingVerifiedGoesOnBeingGuarded) {
  Player play;
  play.run_until_proposed();
  const std::string id = play.state.open->id;
  play.decide(Action::kEdit, {{"container.cpu_limit", 0.2}});
  play.decide(Action::kApprove);
  play.send(PauseChanged{true, "ann", "hands off"});
  EXPECT_NE(play.state.status.find("goes on being guarded"), std::string::npos) << play.state.status;
  play.run(minutes(10));
  EXPECT_EQ(play.state_of(id), State::kRolledBack);
  EXPECT_DOUBLE_EQ(play.cpu(), 1.0);
  EXPECT_EQ(play.state.phase, Phase::kFrozen);
}

TEST(LivePause, AGoodChangeIsKeptAndNothingFollowsIt) {
  Player play;
  const std::string id = play.approve();
  play.send(PauseChanged{true, "ann", ""});
  play.run_until([&] { return play.state_of(id) == State::kKept; });
  EXPECT_EQ(play.state.phase, Phase::kFrozen);
  const std::size_t known = play.recommendations.size();
  play.run(minutes(30));
  EXPECT_EQ(play.recommendations.size(), known);
  EXPECT_EQ(play.applies.size(), 1u);
}

TEST(LivePause, ABreachWithoutAChangeIsOnlyReported) {
  model::Application document = shop();
  document.policy.mode = model::Mode::kAutonomous;
  Player play(document);
  play.run(minutes(2));
  play.send(PauseChanged{true, "ann", ""});
  play.world.live.set("container.cpu_limit", 0.2);  // somebody's hand
  play.run(minutes(10));
  EXPECT_EQ(play.count("slo.breach"), 1);
  EXPECT_TRUE(play.applies.empty());
  EXPECT_DOUBLE_EQ(play.cpu(), 0.2);
}

TEST(LivePause, AChangeThatIsNotLiveEverywhereIsPutBackAndNotHeldAgainstIt) {
  for (const bool ends_first : {false, true}) {
    Player play;
    play.hold_applies = true;
    play.ignore_stops = ends_first;
    const std::string id = play.approve();
    ASSERT_EQ(play.held.size(), 1u);
    play.hold_applies = false;
    play.send(PauseChanged{true, "ann", "release"});
    EXPECT_EQ(play.count("change.withdrawn"), 1);
    if (ends_first) {
      EXPECT_NE(play.state.status.find("is put back"), std::string::npos) << play.state.status;
      play.release();
    }
    play.run(minutes(1));
    EXPECT_EQ(play.state_of(id), State::kRolledBack);
    EXPECT_EQ(play.world.live, kLive);
    EXPECT_TRUE(play.state.barred.empty());
    EXPECT_EQ(play.state.phase, Phase::kFrozen);
    EXPECT_NE(play.text_of("recommendation.rolling_back").find("paused by ann: release"), std::string::npos);
    play.send(PauseChanged{false, "ann", ""});
    play.run_until_proposed();
  }
}

TEST(LivePause, AResumeDoesNotBringBackWhatWasWithdrawn) {
  Player play;
  play.hold_applies = true;
  play.ignore_stops = true;
  const std::string id = play.approve();
  play.send(PauseChanged{true, "ann", ""});
  play.send(PauseChanged{false, "ann", ""});
  play.release();
  play.run_until([&] { return play.state_of(id) == State::kRolledBack; });
  EXPECT_TRUE(play.state.barred.empty());
}

TEST(LivePause, ARollBackIsCarriedToItsEnd) {
  Player play;
  const std::string id = play.approve();
  play.world.apply_error = [](const ApplyRequest&) { return std::optional(unavailable("away")); };
  play.world.errors = 1;
  play.run_until([&] { return play.state_of(id) == State::kRollingBack; });
  play.send(PauseChanged{true, "ann", ""});
  play.world.apply_error = nullptr;
  play.run(minutes(5));
  EXPECT_EQ(play.state_of(id), State::kRolledBack);
}

TEST(LivePause, AnApprovedChangeThatHasNotBegunWaits) {
  Player play;
  play.run_until_proposed();
  play.world.healthy = false;
  const std::string id = play.state.open->id;
  play.decide(Action::kApprove);
  play.send(PauseChanged{true, "ann", ""});
  play.world.healthy = true;
  play.run(minutes(5));
  EXPECT_EQ(play.state_of(id), State::kApproved);
  play.send(PauseChanged{false, "ann", ""});
  play.run_until([&] { return play.state_of(id) == State::kKept; });
}

TEST(LivePause, ApprovalIsRefusedWhilePaused) {
  Player play;
  play.run_until_proposed();
  play.send(PauseChanged{true, "ann", "freeze"});
  const auto allowed = admissible(play.application, play.state, {Action::kApprove, play.state.open->id, "bob", "", {}});
  ASSERT_FALSE(allowed);
  EXPECT_EQ(allowed.error().code, Code::kDenied);
  EXPECT_NE(allowed.error().message.find("freeze"), std::string::npos);
}

}  // namespace
}  // namespace trimtab::engine
