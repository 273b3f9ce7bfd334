// Stories of runtimes that do not take what was set: a flag of the image wins over the variable.
#include "engine/live_story_player.h"

namespace trimtab::engine {
namespace {

using namespace story;
using Action = PersonDecided::Action;
using State = RecommendationState;

model::Application telling_shop() {
  model::Application document = shop();
  model::Metric heap = metric("jvm.heap_limit", model::MetricRole::kNone, false);
  heap.unit = "MiB", heap.shows = "jvm.heap", heap.shows_within = 0.2;
  document.metrics.push_back(heap);
  return document;
}

TEST(LiveReadBack, ComparesWithinTheToleranceAndSaysNothingOfGaps) {
  const model::Application document = telling_shop();
  WindowSamples window;
  EXPECT_TRUE(disobeyed(document, kLive, window).empty());
  window.samples["jvm.heap_limit"] = {248, 12, 12, {}, MetricSample::Status::kUsable};  // of 256: a survivor space less
  EXPECT_TRUE(disobeyed(document, kLive, window).empty());
  window.samples["jvm.heap_limit"].value = 512;
  const auto found = disobeyed(document, kLive, window);
  ASSERT_TRUE(found.contains("jvm.heap"));
  EXPECT_EQ(found.at("jvm.heap"),
            "its runtime says 512 MiB where 256 is set: something else decides it (jvm.heap_limit)");
  window.samples["jvm.heap_limit"].status = MetricSample::Status::kStale;
  EXPECT_TRUE(disobeyed(document, kLive, window).empty());
}

TEST(LiveReadBack, AChangeThatTheRuntimeDoesNotTakeIsRolledBackAndThenLeftAlone) {
  Player play(telling_shop());
  play.world.shown["jvm.heap_limit"] = 256;  // of the image's own flag, whatever is set
  play.run_until_proposed();
  const std::string id = play.state.open->id;
  play.decide(Action::kEdit, {{"jvm.heap", 128}});
  play.decide(Action::kApprove);
  play.run_until([&] { return play.state_of(id) == State::kRolledBack; });
  EXPECT_NE(play.recommendations[id].history.back().reason.find("not_taken: jvm.heap: its runtime says 256 MiB"),
            std::string::npos);
  EXPECT_EQ(play.world.live, kLive);
  EXPECT_EQ(play.count("parameter.left_alone"), 1);
  EXPECT_TRUE(play.state.left_alone.contains("jvm.heap"));
  // The others go on being tuned, this one is not touched again.
  play.run_until_proposed();
  for (const model::Change& change : play.state.open->changes)
    EXPECT_NE(change.parameter, "jvm.heap");
}

TEST(LiveReadBack, OneWindowIsNotEnough) {
  Player play(telling_shop());
  play.world.shown["jvm.heap_limit"] = 256;
  play.run(minutes(3));
  const int seen = play.observations;
  play.world.shown["jvm.heap_limit"] = 512;
  play.run_until([&] { return play.observations > seen; });
  play.world.shown["jvm.heap_limit"] = 256;
  play.run(minutes(10));
  EXPECT_EQ(play.count("parameter.left_alone"), 0);
}

TEST(LiveReadBack, WhatWasNeverTakenIsToldAndNoProposalChangesIt) {
  Player play(telling_shop(), [](const optimizer::Problem&, const optimizer::SafeSearchRequest& request) {
    EXPECT_TRUE(std::ranges::binary_search(request.frozen, "jvm.heap"));
    optimizer::SafeSearchResult none;
    none.none = optimizer::NoProposal{"no_safe_gain", "nothing"};
    return Result<optimizer::SafeSearchResult>(none);
  });
  play.world.shown["jvm.heap_limit"] = 512;
  play.run(minutes(30));
  EXPECT_EQ(play.count("parameter.left_alone"), 1);
  EXPECT_GT(play.observations, 10);
  play.application.revision = "r2";  // the document was replaced: it is looked at anew
  play.send(Tick{});
  EXPECT_TRUE(play.state.left_alone.empty());
}

}  // namespace
}  // namespace trimtab::engine
