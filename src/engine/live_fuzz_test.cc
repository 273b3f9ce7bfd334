// Random lives: whatever happens in whatever order, the engine keeps its promises.
#include "engine/live_story_player.h"

namespace trimtab::engine {
namespace {

using namespace story;
using Action = PersonDecided::Action;
using State = RecommendationState;

std::string text_of_state(const LiveApplicationState& state) {
  std::string text = to_json(state).dump();
  for (const model::Observation& seen : state.observations)
    text += seen.configuration.to_string() + std::to_string(seen.load) + seen.failure;
  return text;
}

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : random_(seed), play_(document(random_)) { play_.world.random = Random(seed); }

  std::string live(int events) {
    for (int i = 0; i < events && !testing::Test::HasFailure(); ++i) {
      play_.now = play_.now + seconds(static_cast<int>(random_.below(20)));
      happen();
      check();
    }
    calm_down();
    return text_of_state(play_.state);
  }

 private:
  static model::Application document(Random& random) {
    model::Application made = shop();
    made.policy.mode = static_cast<model::Mode>(random.below(3));
    if (random.below(2) == 0) made.policy.parameter_modes["jvm.heap"] = static_cast<model::Mode>(random.below(3));
    return made;
  }
  bool chance(std::uint64_t one_in) { return random_.below(one_in) == 0; }

  // What the world does of itself.
  void change_world(std::uint64_t what) {
    switch (what) {
      case 0:
        play_.world.load = random_.uniform(1, 250);
        break;
      case 1:
        play_.world.errors = chance(2) ? random_.uniform(0, 0.05) : 0;
        break;
      case 2:
        play_.world.metrics_error = chance(2) ? std::optional(unavailable("away")) : std::nullopt;
        break;
      case 3:
        play_.world.live_error = chance(3) ? std::optional(unavailable("no answer")) : std::nullopt;
        break;
      case 4:
        play_.world.bad_samples.clear();
        if (chance(2)) play_.world.bad_samples["p95"] = static_cast<MetricSample::Status>(random_.below(6));
        break;
      case 5:
        play_.world.apply_error = [code = random_.below(12)](const ApplyRequest&) {
          return code < 5 ? std::nullopt : std::optional(Error{static_cast<Code>(code), "no", {}, {}, {}});
        };
        break;
      case 6:
        ++(chance(2) ? play_.world.out_of_memory : play_.world.exits);
        break;
      case 7:
        play_.world.healthy = !chance(3);
        play_.world.trouble = play_.world.healthy ? "" : "replica is away";
        break;
      case 8:
        if (chance(3)) play_.world.live.set("container.cpu_limit", 0.5 + 0.05 * static_cast<double>(random_.below(20)));
        break;
      default:
        break;
    }
  }

  void happen() {
    const std::uint64_t what = random_.below(40);
    switch (what) {
      case 9:
        return play_.send(PauseChanged{chance(2), "ann", "because"});
      case 10:
        return play_.send(ModeChanged{static_cast<model::Mode>(random_.below(3)), "ann"});
      case 11:
        return play_.restart();
      case 12:
        play_.waiting.clear();  // answers are lost
        break;
      case 13:
        return play_.send(Applied{"shop-1-1", play_.world.read(play_.now)});
      case 14:
        play_.now = play_.now + minutes(static_cast<int>(random_.below(60)));
        break;
      case 15:
        play_.now = play_.now - seconds(static_cast<int>(random_.below(30)));  // a clock that is set
        break;
      case 16:
      case 17:
      case 18:
      case 19:
        return decide();
      case 20:
        if (play_.hold_applies) return play_.release();
        play_.hold_applies = chance(2);
        break;
      default:
        change_world(what);
        break;
    }
    play_.send(Tick{});
  }

  void decide() {
    const LiveApplicationState& state = play_.state;
    std::string id = "unknown";
    if (state.open) id = state.open->id;
    if (chance(8) && state.decision) id = state.decision->id;
    Configuration edits;
    if (chance(2)) edits.set("container.cpu_limit", random_.uniform(0, 2.5));
    if (chance(2)) edits.set("container.cpu_limit", 0.1 + 0.05 * static_cast<double>(random_.below(38)));
    if (chance(3)) edits.set("jvm.heap", 64.0 + 16 * static_cast<double>(random_.below(50)));
    const PersonDecided decision{static_cast<Action>(chance(2) ? 0 : random_.below(6)), id, "ann", "", edits};
    const bool allowed = admissible(play_.application, state, decision).has_value();
    const int refused = play_.count("decision.refused");
    play_.send(decision);
    EXPECT_EQ(play_.count("decision.refused"), refused + (allowed ? 0 : 1));
  }

  void check() {
    const LiveApplicationState& state = play_.state;
    EXPECT_LE(state.observations.size(), 512u);
    const auto applies = std::ranges::count_if(
        state.under_way, [](const auto& one) { return std::holds_alternative<Apply>(one.command.what); });
    EXPECT_LE(applies, 1);
    EXPECT_LE(state.under_way.size(), 4u);
    EXPECT_TRUE(!state.open || state.open->state == State::kProposed);
    if (state.decision) {
      const State is = state.decision->state;
      EXPECT_TRUE(is == State::kApproved || is == State::kApplying || is == State::kVerifying ||
                  is == State::kRollingBack);
      EXPECT_TRUE(is != State::kVerifying || state.phase == Phase::kVerifying || state.phase == Phase::kFrozen);
      EXPECT_TRUE(is != State::kRollingBack || state.phase == Phase::kRollingBack || state.phase == Phase::kFrozen);
    } else {
      EXPECT_TRUE(state.phase == Phase::kStarting || state.phase == Phase::kObserving || state.phase == Phase::kFrozen);
    }
    EXPECT_TRUE(!state.paused || state.phase == Phase::kFrozen || state.phase == Phase::kStarting ||
                state.phase == Phase::kVerifying || state.phase == Phase::kRollingBack || applies == 1)
        << to_string(state.phase);
    for (const ApplyRequest& request : play_.applies)
      EXPECT_TRUE(request.roll_back || play_.application.space.validate(request.target)) << request.target.to_string();
    play_.applies.clear();
    EXPECT_FALSE(state.status.empty());
    const nlohmann::json written = to_json(state);
    EXPECT_EQ(to_json(live_application_state_from_json(written).value()).dump(), written.dump());
  }

  // When the world is well again, the engine comes to rest: no decision is stranded.
  void calm_down() {
    play_.hold_applies = false;
    const std::vector<Command> held = std::move(play_.held);
    play_.held.clear();
    Random quiet = play_.world.random;
    World well;
    well.live = play_.world.live, well.last_decision = play_.world.last_decision, well.random = quiet;
    well.load = 10;
    play_.world = well;
    for (const Command& command : held)
      play_.carry_out(command);
    play_.send(PauseChanged{true, "ann", ""});
    play_.send(PauseChanged{false, "ann", ""});
    play_.send(ModeChanged{model::Mode::kObserve, "ann"});
    play_.run(minutes(40));
    EXPECT_EQ(play_.state.phase, Phase::kObserving) << play_.state.status;
    EXPECT_FALSE(play_.state.decision) << play_.state.status;
    EXPECT_TRUE(play_.state.data_trouble.empty());
    EXPECT_EQ(project(play_.application.space, play_.state.expected), play_.world.live);
  }

  Random random_;
  Player play_;
};

TEST(LiveFuzz, PromisesHoldInRandomLives) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    (void)Chaos(seed).live(400);
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

TEST(LiveFuzz, TheSameLifeTwiceIsTheSame) {
  for (std::uint64_t seed = 100; seed < 103; ++seed)
    EXPECT_EQ(Chaos(seed).live(300), Chaos(seed).live(300));
}

}  // namespace
}  // namespace trimtab::engine
