// Stories of memory: what may be killed is not proposed, an edit that breaks it is refused or marked, a trial that is
// expected to is not run.
#include "engine/live_feasibility.h"

#include "engine/live_story_player.h"

namespace trimtab::engine {
namespace {

using namespace story;
using Action = PersonDecided::Action;

// Needs the heap and 100 MiB beside it, 160 at most; nothing is learned.
class Plain : public model::MemoryModel {
 public:
  [[nodiscard]] std::shared_ptr<const MemoryModel> corrected(const std::vector<model::Observation>&) const override {
    return std::make_shared<const Plain>();
  }
  [[nodiscard]] std::optional<model::MemoryForecast> forecast(const Configuration& configuration) const override {
    const auto limit = configuration.number("container.memory_limit");
    const auto heap = configuration.number("jvm.heap");
    if (!limit || !heap) return std::nullopt;
    return model::MemoryForecast{"jvm", "container.memory_limit", *limit, *heap + 100, *heap + 160, 9, "heap and rest"};
  }
};

model::Application watched() {
  model::Application application = shop();
  application.space = model::Space::create(application.space.parameters(), {}).value();
  application.memory = std::make_shared<const Plain>();
  return application;
}

Configuration with(double limit, double heap) {
  return kLive.with({{"container.memory_limit", limit}, {"jvm.heap", heap}});
}

TEST(LiveFeasibility, LeavesOutWhatMayBeKilled) {
  const auto constraint = memory_constraint(watched(), {}, kLive);
  ASSERT_TRUE(constraint);
  EXPECT_TRUE(constraint->check(with(416, 256)));
  const auto refused = constraint->check(with(400, 256));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("container.memory_limit is 400 MiB"), std::string::npos);
  // The search is told which parameters trade against one another.
  EXPECT_EQ(constraint->expression.variables(), (std::vector<std::string>{"container.memory_limit", "jvm.heap"}));
  const model::Space space = watched().space.with(*constraint);
  EXPECT_FALSE(space.satisfies_constraints(with(400, 256)));
  EXPECT_EQ(space.validate(with(400, 256)).error().message, refused.error().message);
}

TEST(LiveFeasibility, WhatIsLiveAndInDangerMayNotGetWorse) {
  const auto constraint = memory_constraint(watched(), {}, with(400, 256));
  ASSERT_TRUE(constraint);
  EXPECT_TRUE(constraint->check(with(400, 256).with({{"container.cpu_limit", 0.5}})));
  EXPECT_TRUE(constraint->check(with(432, 288)));
  EXPECT_FALSE(constraint->check(with(384, 256)));
}

TEST(LiveFeasibility, TheSearchIsGivenTheConstraint) {
  bool asked = false;
  Player play(watched(), [&](const optimizer::Problem& problem, const optimizer::SafeSearchRequest&) {
    asked = true;
    EXPECT_TRUE(problem.space.satisfies_constraints(kLive));
    EXPECT_FALSE(problem.space.satisfies_constraints(with(384, 256)));
    return Result<optimizer::SafeSearchResult>(
        optimizer::SafeSearchResult{std::nullopt, optimizer::NoProposal{"no_safe_gain", "nothing"}});
  });
  play.run_until([&] { return asked; });
}

TEST(LiveFeasibility, AnEditThatWouldBeKilledIsRefusedAndOneThatMayIsMarked) {
  Player play(watched(), cutting_cpu());
  play.run_until_proposed();
  EXPECT_NE(play.state.open->evidence.statements.back().find("may come to hold 416 MiB"), std::string::npos);
  const auto edit = [&](double limit, double heap) {
    return admissible(
        play.application, play.state,
        {Action::kEdit, play.state.open->id, "ann", "", {{"container.memory_limit", limit}, {"jvm.heap", heap}}});
  };
  const auto refused = edit(512, 448);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalidInput);
  EXPECT_EQ(refused.error().field, "edits.container.memory_limit");
  EXPECT_NE(refused.error().hint.find("608 MiB or more"), std::string::npos);
  ASSERT_TRUE(edit(512, 384));
  play.decide(Action::kEdit, {{"container.memory_limit", 512.0}, {"jvm.heap", 384.0}});
  const auto& bindings = play.state.open->bindings;
  ASSERT_EQ(std::ranges::count(bindings, "memory", &model::Binding::kind), 1);
  play.decide(Action::kEdit, {{"jvm.heap", 256.0}});
  EXPECT_EQ(std::ranges::count(play.state.open->bindings, "memory", &model::Binding::kind), 0);
}

TEST(LiveFeasibility, TrialsThatAreExpectedToFailAreLeftOut) {
  model::Application application = watched();
  application.baseline = with(512, 256);
  const auto constraint = memory_constraint_of_trials(application, {});
  ASSERT_TRUE(constraint);
  EXPECT_TRUE(constraint->check(with(416, 256)));
  EXPECT_FALSE(constraint->check(with(350, 256)));
  application.memory = nullptr;
  EXPECT_FALSE(memory_constraint_of_trials(application, {}));
}

}  // namespace
}  // namespace trimtab::engine
