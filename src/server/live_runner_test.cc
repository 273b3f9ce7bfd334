#include "server/live_runner.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/live_json.h"
#include "server/runner_world.h"
#include "store/memory_store.h"

namespace trimtab::server {
namespace {

using engine::PersonDecided;
using engine::story::World;
using model::RecommendationState;

struct LiveRunnerTest : testing::Test {
  store::MemoryStore store;
  World world;
  Play play{store, world};

  void enroll() { ASSERT_TRUE(play.runner->enroll("document", "shop.yaml", "ann")); }
  bool audited(const std::string& action) {
    const auto entries = store.audit({}).value();
    return std::ranges::any_of(entries, [&](const auto& one) { return one.entry.action == action; });
  }
  std::string proposed() {
    EXPECT_TRUE(play.run_until([&] { return play.state().open.has_value(); }));
    return play.state().open ? play.state().open->id : "";
  }
  bool reaches(const std::string& id, RecommendationState state) {
    return play.run_until([&] { return store.recommendation(id)->state == state; });
  }
};

TEST_F(LiveRunnerTest, WholeLifeOfADecision) {
  enroll();
  EXPECT_TRUE(audited("application.enroll"));
  const std::string id = proposed();
  const auto approved = play.runner->decide({PersonDecided::Action::kApprove, id, "ann", "looks right", {}});
  ASSERT_TRUE(approved);
  EXPECT_EQ(approved->state, RecommendationState::kApproved);
  ASSERT_TRUE(reaches(id, RecommendationState::kKept));
  ASSERT_EQ(world.carried_out.size(), 1U);
  EXPECT_EQ(world.carried_out[0].decision, id);
  const auto waiting = store.unfinished_commands("shop").value();
  for (const auto& unfinished : waiting)
    EXPECT_FALSE(std::holds_alternative<engine::Apply>(unfinished.command.what));
  EXPECT_EQ(store.configuration_changes("shop", {0}, play.clock.now())->back().kind, "applied");
  EXPECT_EQ(engine::to_json(*store.application("shop")->state), engine::to_json(play.state()));
}

TEST_F(LiveRunnerTest, RestartInTheMiddleGoesOnAndAppliesOnce) {
  enroll();
  const std::string id = proposed();
  ASSERT_TRUE(play.runner->decide({PersonDecided::Action::kApprove, id, "ann", "", {}}));
  play.stop();  // approved and stored; nothing was sent
  play.start();
  EXPECT_TRUE(audited("engine.restarted"));
  ASSERT_TRUE(reaches(id, RecommendationState::kVerifying));
  play.stop();
  play.start();
  ASSERT_TRUE(reaches(id, RecommendationState::kKept));
  EXPECT_EQ(world.carried_out.size(), 1U);
}

TEST_F(LiveRunnerTest, ABadValueOfAPersonIsRolledBack) {
  enroll();
  const std::string id = proposed();
  ASSERT_TRUE(play.runner->decide({PersonDecided::Action::kEdit, id, "ann", "", {{"container.cpu_limit", 0.2}}}));
  ASSERT_TRUE(play.runner->decide({PersonDecided::Action::kApprove, id, "ann", "", {}}));
  ASSERT_TRUE(reaches(id, RecommendationState::kRolledBack));
  ASSERT_EQ(world.carried_out.size(), 2U);
  EXPECT_EQ(world.live, engine::story::kLive);
}

TEST_F(LiveRunnerTest, RefusesWhatIsNotAdmissible) {
  enroll();
  EXPECT_EQ(play.runner->decide({PersonDecided::Action::kApprove, "none", "ann", "", {}}).error().code,
            Code::kNotFound);
  const std::string id = proposed();
  const auto outside =
      play.runner->decide({PersonDecided::Action::kEdit, id, "ann", "", {{"container.cpu_limit", 99.0}}});
  EXPECT_EQ(outside.error().code, Code::kInvalidInput);
  ASSERT_TRUE(play.runner->decide({PersonDecided::Action::kReject, id, "ann", "no", {}}));
  EXPECT_EQ(play.runner->decide({PersonDecided::Action::kApprove, id, "ann", "", {}}).error().code, Code::kConflict);
}

TEST_F(LiveRunnerTest, PauseAndMode) {
  enroll();
  ASSERT_TRUE(play.runner->set_mode("shop", model::Mode::kObserve, "ann"));
  ASSERT_TRUE(play.runner->set_paused("shop", true, "ann", "release day"));
  EXPECT_EQ(play.state().mode, model::Mode::kObserve);
  EXPECT_TRUE(play.state().paused);
  EXPECT_EQ(play.runner->set_mode("else", model::Mode::kObserve, "ann").error().code, Code::kNotFound);
  play.stop();
  play.start();
  EXPECT_TRUE(play.state().paused);
}

TEST_F(LiveRunnerTest, APauseCutsTheChangeUnderWayShortAndItIsPutBack) {
  enroll();
  const std::string id = proposed();
  bool paused = false;
  world.amid_apply = [&] { paused = play.runner->set_paused("shop", true, "ann", "release day").has_value(); };
  ASSERT_TRUE(play.runner->decide({PersonDecided::Action::kApprove, id, "ann", "", {}}));
  ASSERT_TRUE(reaches(id, RecommendationState::kRolledBack));
  EXPECT_TRUE(paused);
  ASSERT_EQ(world.carried_out.size(), 1U) << "the change itself was not carried to its end";
  EXPECT_TRUE(world.carried_out[0].roll_back);
  EXPECT_EQ(world.live, engine::story::kLive);
  EXPECT_TRUE(play.state().barred.empty());
}

TEST_F(LiveRunnerTest, EnrolsAgainKeepsHistory) {
  enroll();
  proposed();
  const auto before = play.state();
  ASSERT_TRUE(play.runner->enroll("another document", "shop.yaml", "ben"));
  const auto after = play.state();
  EXPECT_GT(after.sequence, before.sequence);
  EXPECT_EQ(after.observations.size(), before.observations.size());
  EXPECT_EQ(after.revision, "another document");
  EXPECT_FALSE(after.open);
  EXPECT_EQ(store.recommendation(before.open->id)->state, RecommendationState::kSuperseded);
  EXPECT_EQ(play.runner->enroll("bad", "shop.yaml", "ben").error().position.file, "shop.yaml");
  EXPECT_TRUE(play.run_until([&] { return play.state().open.has_value(); }));
}

TEST_F(LiveRunnerTest, RemovalClosesWhatIsOpen) {
  enroll();
  const std::string id = proposed();
  ASSERT_TRUE(play.runner->remove("shop", "ann"));
  EXPECT_EQ(store.recommendation(id)->state, RecommendationState::kExpired);
  EXPECT_TRUE(play.runner->applications().empty());
  EXPECT_EQ(play.runner->remove("shop", "ann").error().code, Code::kNotFound);
  EXPECT_TRUE(audited("application.removed"));
}

TEST_F(LiveRunnerTest, AnUnreadableDocumentIsTriedAgain) {
  enroll();
  play.stop();
  ASSERT_TRUE(store.put_application("shop", "bad", {1}));
  play.start();
  EXPECT_EQ(play.runner->application("shop").error().code, Code::kNotFound);
  ASSERT_TRUE(play.runner->enroll("good", "shop.yaml", "ann"));
  EXPECT_TRUE(play.runner->application("shop"));
}

TEST_F(LiveRunnerTest, MetricsAwayIsSaidAndRecovers) {
  enroll();
  play.run_until([&] { return play.state().windows_usable > 1; });
  world.metrics_error = unavailable("Prometheus is away");
  ASSERT_TRUE(play.run_until([&] { return !play.state().data_trouble.empty(); }));
  EXPECT_NE(play.state().data_trouble.find("Prometheus is away"), std::string::npos);
  world.metrics_error.reset();
  EXPECT_TRUE(play.run_until([&] { return play.state().data_trouble.empty(); }));
}

TEST_F(LiveRunnerTest, TicksThatChangeNothingAreNotJournaled) {
  enroll();
  play.run_until([&] { return play.state().windows_usable > 0; });
  const auto sequence = play.state().sequence;
  play.runner->run_due();  // the same moment once more
  play.runner->run_due();
  EXPECT_EQ(play.state().sequence, sequence);
}

TEST_F(LiveRunnerTest, NoticesTellPagesWhatChanged) {
  const auto start = play.runner->latest_change();
  enroll();
  proposed();
  const auto notices = play.runner->changes(start, Duration::zero(), {});
  ASSERT_FALSE(notices.empty());
  EXPECT_TRUE(std::ranges::any_of(notices, [](const auto& one) { return one.kind == "recommendation"; }));
  EXPECT_TRUE(std::ranges::is_sorted(notices, {}, &api::ChangeNotice::sequence));
}

TEST_F(LiveRunnerTest, SeriesOfKnownMetricsOnly) {
  enroll();
  const auto all = play.runner->series("shop", {}, {0}, {1000000}, std::chrono::seconds(1));
  EXPECT_EQ(all->size(), 4U);
  EXPECT_EQ(play.runner->series("shop", {"p95"}, {0}, {1000000}, std::chrono::seconds(1))->size(), 1U);
  EXPECT_EQ(play.runner->series("shop", {"nope"}, {0}, {1000000}, std::chrono::seconds(1)).error().code,
            Code::kNotFound);
}

// With its own threads and the real clock: time is kept, commands run, answers come back, and the end is clean.
TEST(LiveRunnerThreads, ObserveByThemselves) {
  store::MemoryStore store;
  World world;
  const SystemClock clock;
  model::Application application = engine::story::shop();
  application.cadence.guard_every = std::chrono::seconds(1);
  application.cadence.step = std::chrono::milliseconds(250);
  application.cadence.window = std::chrono::seconds(1);
  application.cadence.settle = std::chrono::seconds(0);
  application.policy.mode = model::Mode::kObserve;
  const auto runner =
      LiveRunner::start(store, clock, world_collaborators(world, clock, application), {Threading::kOwn, CrashPoint()})
          .value();
  ASSERT_TRUE(runner->enroll("document", "shop.yaml", "ann"));
  const Instant deadline = clock.now() + std::chrono::seconds(60);
  std::uint64_t seen = runner->latest_change();
  while (runner->application("shop")->state.windows_usable < 2 && clock.now() < deadline) {
    for (const auto& notice : runner->changes(seen, std::chrono::seconds(5), {}))
      seen = notice.sequence;
  }
  EXPECT_GE(runner->application("shop")->state.windows_usable, 2);
  EXPECT_GT(runner->counters().commands.load(), 0U);
}

}  // namespace
}  // namespace trimtab::server
