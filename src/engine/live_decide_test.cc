// Stories of people and policy: edits, skips, approvals, rejections, expiry, modes, change windows.
#include "engine/live_story_player.h"

namespace trimtab::engine {
namespace {

using namespace story;
using Action = PersonDecided::Action;
using State = RecommendationState;

// Proposes less CPU, memory and heap in one decision.
ProposalSearch cutting_all() {
  return [](const optimizer::Problem&, const optimizer::SafeSearchRequest& request) {
    optimizer::SafeSearchResult result;
    optimizer::SafeProposal proposal;
    proposal.configuration = request.incumbent;
    const auto free = [&](std::string_view name) {
      return std::ranges::find(request.frozen, name) == request.frozen.end();
    };
    if (free("container.cpu_limit")) proposal.configuration.set("container.cpu_limit", 0.9);
    if (free("container.memory_limit")) proposal.configuration.set("container.memory_limit", 448.0);
    if (free("jvm.heap")) proposal.configuration.set("jvm.heap", 240.0);
    proposal.confidence = 0.96;
    proposal.predictions = {{"p95", "ms", 25, 26, 22, 31, 60}};
    proposal.why = {{"jvm.heap", "live data is 90 MiB"}};
    result.proposal = proposal;
    return Result<optimizer::SafeSearchResult>(result);
  };
}

Code refusal(const Player& play, Action action, Configuration edits = {}, std::string id = "") {
  if (id.empty() && play.state.open) id = play.state.open->id;
  const auto allowed = admissible(play.application, play.state, {action, id, "ann", "", std::move(edits)});
  EXPECT_FALSE(allowed);
  return allowed ? Code::kInternal : allowed.error().code;
}

TEST(LiveDecide, EditsAreCheckedAgainstRangeGridAndConstraints) {
  Player play(shop(), cutting_all());
  play.run_until_proposed();
  EXPECT_EQ(refusal(play, Action::kEdit), Code::kInvalidInput);
  EXPECT_EQ(refusal(play, Action::kEdit, {{"container.cpu_limit", 5.0}}), Code::kInvalidInput);
  EXPECT_EQ(refusal(play, Action::kEdit, {{"container.cpu_limit", "much"}}), Code::kInvalidInput);
  EXPECT_EQ(refusal(play, Action::kEdit, {{"jvm.heap", 400.0}}), Code::kInvalidInput);  // 400 + 100 > 448
  EXPECT_EQ(refusal(play, Action::kEdit, {{"jvm.gc", "G1"}}), Code::kInvalidInput);
  EXPECT_EQ(refusal(play, Action::kEdit, {}, "01ARZ3NDEKTSV4RRFFQ69G5FAV"), Code::kNotFound);
  const auto error = admissible(play.application, play.state,
                                {Action::kEdit, play.state.open->id, "ann", "", {{"container.cpu_limit", 5.0}}});
  EXPECT_EQ(error.error().field, "edits.container.cpu_limit");

  // A person may go beyond the greatest step, not beyond the range.
  play.decide(Action::kEdit, {{"container.cpu_limit", 0.2}, {"jvm.heap", 320.0}}, "trying");
  const model::Recommendation& open = *play.state.open;
  EXPECT_EQ(open.target().number("container.cpu_limit"), 0.2);
  EXPECT_EQ(open.target().number("jvm.heap"), 320.0);
  EXPECT_EQ(open.kind, "manual");
  EXPECT_FALSE(open.confidence);
  EXPECT_EQ(open.predictions.at(0).mean, 30);  // predicted anew
  EXPECT_NEAR(open.cost_proposed, 40 * 0.2 + 6 * 448.0 / 1024, 1e-9);
  EXPECT_EQ(open.history.back().action, "edited");
  EXPECT_EQ(open.history.back().actor, "ann");
  EXPECT_NE(open.history.back().reason.find("trying"), std::string::npos);
}

TEST(LiveDecide, SkippedChangesAreNotApplied) {
  Player play(shop(), cutting_all());
  play.run_until_proposed();
  const std::string id = play.state.open->id;
  EXPECT_EQ(play.state.open->changes.size(), 3u);
  EXPECT_EQ(refusal(play, Action::kSkip, {{"jvm.gc", 0}}), Code::kInvalidInput);
  play.decide(Action::kSkip, {{"container.cpu_limit", 0}, {"jvm.heap", 0}, {"container.memory_limit", 0}});
  EXPECT_EQ(refusal(play, Action::kApprove), Code::kInvalidInput);  // nothing is left
  play.decide(Action::kUnskip, {{"container.memory_limit", 0}});
  play.decide(Action::kApprove);
  ASSERT_EQ(play.applies.size(), 1u);
  EXPECT_EQ(play.applies[0].target, kLive.with({{"container.memory_limit", 448.0}}));
  EXPECT_EQ(play.state_of(id), State::kVerifying);
}

TEST(LiveDecide, AStaleApprovalIsRefusedAndTheOfferSuperseded) {
  Player play;
  play.run_until_proposed();
  const std::string id = play.state.open->id;
  play.state.live.configuration.set("container.cpu_limit", 1.5);  // read a moment ago, not judged yet
  EXPECT_EQ(refusal(play, Action::kApprove), Code::kConflict);
  play.decide(Action::kApprove);
  EXPECT_EQ(play.count("decision.refused"), 1);
  play.world.live.set("container.cpu_limit", 1.5);
  play.run(seconds(20));
  EXPECT_EQ(play.state_of(id), State::kSuperseded);
  EXPECT_TRUE(play.applies.empty());
  EXPECT_EQ(refusal(play, Action::kApprove, {}, id), Code::kNotFound);
}

TEST(LiveDecide, AnApprovalThatBecomesStaleBeforeItIsAppliedFailsUntouched) {
  Player play;
  play.run_until_proposed();
  const std::string id = play.state.open->id;
  play.world.live.set("container.cpu_limit", 1.5);
  play.decide(Action::kApprove);
  EXPECT_EQ(play.state_of(id), State::kFailed);
  EXPECT_NE(play.recommendations.at(id).history.back().reason.find("stale"), std::string::npos);
  EXPECT_TRUE(play.applies.empty());
}

TEST(LiveDecide, ARejectedConfigurationIsNotOfferedAgainSoon) {
  Player play;
  play.run_until_proposed();
  const std::string id = play.state.open->id;
  play.decide(Action::kReject, {}, "not before the release");
  EXPECT_EQ(play.state_of(id), State::kRejected);
  EXPECT_EQ(play.recommendations.at(id).history.back().reason, "not before the release");
  play.run(minutes(50));
  EXPECT_EQ(play.count("recommendation.proposed"), 1);
  play.run(minutes(20));
  EXPECT_EQ(play.count("recommendation.proposed"), 2);
}

TEST(LiveDecide, AnUnansweredOfferExpires) {
  Player play;
  play.run_until_proposed();
  const std::string id = play.state.open->id;
  play.run(minutes(61));
  EXPECT_EQ(play.state_of(id), State::kExpired);
  EXPECT_NE(play.recommendations.at(id).history.back().reason.find("1h"), std::string::npos);
}

TEST(LiveDecide, OneDecisionAtATime) {
  Player play(shop(), cutting_cpu());
  const std::string id = play.approve();
  EXPECT_EQ(refusal(play, Action::kApprove, {}, id), Code::kConflict);
  play.run(minutes(2));
  EXPECT_EQ(play.state_of(id), State::kVerifying);
  EXPECT_FALSE(play.state.open);  // nothing is proposed while a change is verified
}

TEST(LiveDecide, ParameterModesFreezeAndReserve) {
  model::Application document = shop();
  document.policy.mode = model::Mode::kAutonomous;
  document.policy.parameter_modes = {{"container.memory_limit", model::Mode::kObserve},
                                     {"jvm.heap", model::Mode::kRecommend}};
  Player play(document, cutting_all());
  play.run_until([&] { return play.state.phase == Phase::kVerifying; });
  ASSERT_EQ(play.applies.size(), 1u);  // what is autonomous goes without a person
  EXPECT_EQ(play.applies[0].target, kLive.with({{"container.cpu_limit", 0.9}}));
  play.run_until([&] { return play.count("recommendation.kept") == 1; });
  play.run_until_proposed();  // the heap is left for a person, memory is only observed
  EXPECT_EQ(play.state.open->target(), kLive.with({{"container.cpu_limit", 0.9}, {"jvm.heap", 240.0}}));
  EXPECT_EQ(refusal(play, Action::kEdit, {{"container.memory_limit", 480.0}}), Code::kInvalidInput);
  play.run(minutes(20));
  EXPECT_EQ(play.applies.size(), 1u);
}

TEST(LiveDecide, PolicyAndApplyKeepToTheChangeWindows) {
  model::Application document = shop();
  document.policy.mode = model::Mode::kAutonomous;
  Player probe(document);
  const int minute = static_cast<int>(probe.now.us / 60'000'000 % 1440);
  document.policy.change_windows = {{{}, minute + 30, minute + 60}};
  Player play(document);
  play.run(minutes(29));
  ASSERT_TRUE(play.state.open);
  EXPECT_TRUE(play.applies.empty());
  play.run(minutes(3));
  EXPECT_EQ(play.applies.size(), 1u);

  document.policy.mode = model::Mode::kRecommend;
  Player person(document);
  const std::string id = person.approve();
  EXPECT_EQ(person.state_of(id), State::kApproved);
  EXPECT_TRUE(person.applies.empty());
  EXPECT_EQ(person.state.waiting_for.at(0), "a change window");
  person.run(minutes(32));
  EXPECT_EQ(person.applies.size(), 1u);
}

TEST(LiveDecide, ModeObserveWithdrawsTheOfferAndAutonomousTakesIt) {
  Player play;
  play.run_until_proposed();
  const std::string id = play.state.open->id;
  play.send(ModeChanged{model::Mode::kObserve, "ann"});
  EXPECT_EQ(play.state_of(id), State::kSuperseded);
  play.run(minutes(30));
  EXPECT_EQ(play.count("recommendation.proposed"), 1);
  play.send(ModeChanged{model::Mode::kRecommend, "ann"});
  play.run_until_proposed();
  play.send(ModeChanged{model::Mode::kAutonomous, "ann"});
  EXPECT_EQ(play.applies.size(), 1u);
}

TEST(LiveDecide, OnlyAClearlyBetterProposalReplacesAnOpenOne) {
  double next = 0.9;
  Player play(shop(), [&next](const auto&, const auto& request) {
    optimizer::SafeSearchResult result;
    result.proposal = optimizer::SafeProposal{
        request.incumbent.with({{"container.cpu_limit", next}}), 0.95, 0.1, "exploit", {}, {}, {}};
    return Result<optimizer::SafeSearchResult>(result);
  });
  play.run_until_proposed();
  next = 0.85;  // 2 of 39 EUR
  play.run(minutes(10));
  EXPECT_EQ(play.count("recommendation.superseded"),
            play.state.open->target().number("container.cpu_limit") == 0.85 ? 1 : 0);
  next = 0.75;
  play.run(minutes(10));
  EXPECT_EQ(play.state.open->target().number("container.cpu_limit"), 0.75);
}

TEST(LiveDecide, ARestartThatDoesNotPayIsNotProposed) {
  model::Application document = shop();
  document.prices.restart = 100;
  Player play(document, cutting_all());
  play.run(minutes(20));
  EXPECT_FALSE(play.state.open);
  document.prices.restart = 0.5;
  Player cheap(document, cutting_all());
  cheap.run_until_proposed();
}

}  // namespace
}  // namespace trimtab::engine
