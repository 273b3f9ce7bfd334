// Stories of a new release: what was seen of the one before is no evidence of this one.
#include "engine/live_story_player.h"

namespace trimtab::engine {
namespace {

using namespace story;
using Action = PersonDecided::Action;
using State = RecommendationState;

TEST(LiveRelease, TheFirstLookIsNone) {
  Player play;
  play.world.release = "shop:1";
  play.run_until_proposed();
  play.world.release.clear();  // while replicas differ it is not known
  play.run(minutes(1));
  play.world.release = "shop:1";
  play.run(minutes(1));
  EXPECT_EQ(play.count("release.changed"), 0);
  EXPECT_TRUE(play.state.open);
}

TEST(LiveRelease, WhatIsOpenIsSupersededAndTheSearchIsTold) {
  std::vector<std::size_t> told;
  std::size_t windows = 0;
  const ProposalSearch search = [&](const optimizer::Problem& problem, const optimizer::SafeSearchRequest& request) {
    told = request.releases;
    windows = request.observations.size();
    return cutting_cpu()(problem, request);
  };
  Player play(shop(), search);
  play.world.release = "shop:1";
  play.run_until_proposed();
  EXPECT_TRUE(told.empty());
  const std::string id = play.state.open->id;
  play.world.release = "shop:2";
  play.run(minutes(1));
  EXPECT_EQ(play.state_of(id), State::kSuperseded);
  EXPECT_EQ(play.count("release.changed"), 1);
  EXPECT_NE(play.text_of("release.changed").find("shop:1 -> shop:2"), std::string::npos);
  play.run_until_proposed();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_LT(told[0], windows);
  EXPECT_GE(play.state.observations[told[0]].start, play.state.released[0]);
  EXPECT_LT(play.state.observations[told[0] - 1].start, play.state.released[0]);
}

TEST(LiveRelease, AmidAVerificationNothingIsLeftToCompareWith) {
  Player play;
  play.world.release = "shop:1";
  const std::string id = play.approve();
  play.run(minutes(1));
  play.world.release = "shop:2";
  play.run(minutes(1));
  EXPECT_EQ(play.state_of(id), State::kFailed);
  EXPECT_EQ(play.applies.size(), 1U);  // it stays as it is
  EXPECT_EQ(play.state.phase, Phase::kObserving);
  play.restart();
  EXPECT_EQ(play.state.release, "shop:2");
  EXPECT_EQ(play.state.released.size(), 1U);
}

}  // namespace
}  // namespace trimtab::engine
