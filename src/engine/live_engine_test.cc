#include "engine/live_engine.h"

#include "engine/live_story_player.h"

namespace trimtab::engine {
namespace {

using namespace story;
using Action = PersonDecided::Action;
using State = RecommendationState;

TEST(LiveEngine, ReadsWhatIsLiveThenObserves) {
  Player play;
  EXPECT_EQ(play.state.phase, Phase::kStarting);
  play.run(seconds(5));
  EXPECT_EQ(play.state.phase, Phase::kObserving);
  EXPECT_EQ(play.state.baseline, kLive);
  ASSERT_EQ(play.changes.size(), 1u);
  EXPECT_EQ(play.changes[0].kind, "enrolled");
  EXPECT_DOUBLE_EQ(play.state.cost_current, 43);
}

TEST(LiveEngine, TheDocumentsBaselineComesBeforeWhatIsLive) {
  model::Application document = shop();
  document.baseline = kLive.with({{"container.cpu_limit", 1.5}});
  Player play(document);
  play.run(seconds(5));
  EXPECT_EQ(play.state.baseline, document.baseline);
  EXPECT_EQ(play.state.last_known_good, document.baseline);
}

TEST(LiveEngine, WaitsForAHealthyApplicationAtTheStart) {
  Player play;
  play.world.healthy = false;
  play.world.trouble = "no replica is ready";
  play.run(minutes(3));
  EXPECT_EQ(play.state.phase, Phase::kStarting);
  ASSERT_FALSE(play.state.waiting_for.empty());
  EXPECT_NE(play.state.waiting_for[0].find("no replica is ready"), std::string::npos);
  play.world.healthy = true;
  play.run(minutes(6));
  EXPECT_EQ(play.state.phase, Phase::kObserving);
}

TEST(LiveEngine, WindowsAreAlignedWholeAndAfterSettling) {
  Player play;
  play.run(minutes(4));
  ASSERT_GE(play.state.observations.size(), 2u);
  for (const model::Observation& seen : play.state.observations) {
    EXPECT_EQ(seen.end - seen.start, seconds(60));
    EXPECT_EQ(seen.end.us % Duration(seconds(60)).count(), 0);
    EXPECT_GE(seen.start, play.state.configuration_since + seconds(30));
    EXPECT_EQ(seen.configuration, kLive);
    EXPECT_DOUBLE_EQ(seen.load, 40);
  }
}

TEST(LiveEngine, ProposesOnlyWithEnoughEvidenceAndSaysWhatItWaitsFor) {
  Player play;
  play.run(minutes(2));
  EXPECT_FALSE(play.state.open);
  ASSERT_FALSE(play.state.waiting_for.empty());
  EXPECT_NE(play.state.waiting_for[0].find("not enough evidence yet"), std::string::npos);
  play.run_until_proposed();
  ASSERT_TRUE(play.state.open);
  EXPECT_GE(play.state.open->evidence.windows_at_current, 3);
  EXPECT_TRUE(play.applies.empty());
  const model::Recommendation& open = *play.state.open;
  ASSERT_EQ(open.changes.size(), 1u);
  EXPECT_EQ(open.changes[0].parameter, "container.cpu_limit");
  EXPECT_NEAR(open.cost_current - open.cost_proposed, 4, 1e-9);
  EXPECT_NE(open.summary.find("saves 4.00 EUR"), std::string::npos) << open.summary;
  EXPECT_FALSE(open.evidence.statements.empty());
}

TEST(LiveEngine, ANoFromTheSearchIsPassedOnAndNothingIsMadeUp) {
  Player play(shop(), [](const auto&, const auto&) {
    optimizer::SafeSearchResult none;
    none.none = optimizer::NoProposal{"load_not_covered", "the peak was not seen yet"};
    return Result<optimizer::SafeSearchResult>(none);
  });
  play.run(minutes(20));
  EXPECT_FALSE(play.state.open);
  EXPECT_TRUE(std::ranges::any_of(play.state.waiting_for, [](const auto& text) {
    return text.find("the peak was not seen yet") != std::string::npos;
  }));
}

TEST(LiveEngine, AnApprovedChangeIsAppliedVerifiedAndKept) {
  Player play;
  const std::string id = play.approve();
  ASSERT_EQ(play.applies.size(), 1u);
  EXPECT_EQ(play.applies[0].decision, id);
  EXPECT_EQ(play.applies[0].expected_fingerprint, kLive.fingerprint());
  EXPECT_EQ(play.state.phase, Phase::kVerifying);
  EXPECT_DOUBLE_EQ(play.cpu(), 0.9);
  play.run_until([&] { return play.state_of(id) == State::kKept; });
  EXPECT_EQ(play.state.last_known_good, play.world.live);
  EXPECT_NEAR(play.state.cost_baseline - play.state.cost_current, 4, 1e-9);
  const model::Recommendation& kept = play.recommendations.at(id);
  ASSERT_TRUE(kept.verdict);
  EXPECT_GE(kept.verdict->windows_after, 3);
  EXPECT_NE(kept.verdict->test.find("Welch"), std::string::npos);
  std::vector<std::string> actions;
  for (const auto& entry : kept.history)
    actions.push_back(entry.action);
  EXPECT_EQ(actions, (std::vector<std::string>{"proposed", "approved", "applying", "applied", "kept"}));
  EXPECT_EQ(kept.history[1].actor, "ann");
  EXPECT_EQ(kept.history[1].reason, "looks right");
}

TEST(LiveEngine, AutonomyGoesDownStepByStepAndStopsWhereTheSearchStops) {
  model::Application document = shop();
  document.policy.mode = model::Mode::kAutonomous;
  Player play(document, cutting_cpu(0.6));
  play.run(hours(3));
  EXPECT_NEAR(play.cpu(), 0.6, 1e-9);
  EXPECT_EQ(play.count("recommendation.rolled_back"), 0);
  EXPECT_EQ(play.count("recommendation.kept"), 4);
  EXPECT_EQ(play.recommendations.begin()->second.history[1].actor, "policy");
}

TEST(LiveEngine, TheSameStoryTwiceIsTheSame) {
  const auto tell = [] {
    model::Application document = shop();
    document.policy.mode = model::Mode::kAutonomous;
    Player play(document);
    play.run(hours(1));
    return to_json(play.state).dump();
  };
  EXPECT_EQ(tell(), tell());
}

}  // namespace
}  // namespace trimtab::engine
