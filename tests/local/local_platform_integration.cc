// The local platform, end to end: real processes under real control groups behind a real HAProxy, under load.
#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <thread>

#include "load/generator.h"
#include "local/local_world.h"
#include <gtest/gtest.h>
#include <signal.h>

#include "proc/subprocess.h"

namespace trimtab::platform {
namespace {

using std::chrono::seconds;

constexpr auto kDeadline = seconds(60);
const auto kQuiet = [](const engine::Progress&) {};

class Local : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = LocalWorld::create("toy");
    if (!made) GTEST_SKIP() << made.error().to_string();
    world_ = std::move(*made);
    platform_ = world_->open();
    const auto live = platform_->start(LocalWorld::configuration(0.5, 10), kQuiet, {}, kDeadline);
    ASSERT_TRUE(live) << live.error().to_string();
    ASSERT_TRUE(live->healthy) << live->trouble;
  }

  [[nodiscard]] static engine::ApplyRequest request(const std::string& decision, model::Configuration target) {
    engine::ApplyRequest made;
    made.decision = decision;
    made.target = std::move(target);
    return made;
  }
  Result<engine::LiveState> apply(const engine::ApplyRequest& wanted) {
    return platform_->apply(wanted, kQuiet, {}, kDeadline);
  }
  engine::LiveState live() { return platform_->read_live(seconds(5)).value(); }
  engine::LiveState live_when(const std::function<bool(const engine::LiveState&)>& holds) {
    const auto until = std::chrono::steady_clock::now() + seconds(30);
    engine::LiveState state = live();
    while (!holds(state) && std::chrono::steady_clock::now() < until)
      state = live();
    return state;
  }
  static std::set<std::string> identities(const engine::LiveState& state) {
    std::set<std::string> made;
    for (const auto& replica : state.replicas)
      made.insert(replica.identity);
    return made;
  }
  // Runs `change` while a load goes on; what the load saw.
  load::Summary under_load(const std::function<void()>& change) {
    load::GeneratorOptions options;
    options.port = world_->proxy_port();
    options.profile.rate = 150;
    options.mix.host = "toy";
    load::Statistics statistics;
    std::stop_source stop;
    std::optional<load::Summary> seen;
    std::jthread generator([&] { seen = load::generate(options, statistics, stop.get_token()).value(); });
    const auto until = std::chrono::steady_clock::now() + seconds(10);
    while (statistics.summary(1).ended() < 20 && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    change();
    const auto after = statistics.summary(1).ended();
    while (statistics.summary(1).ended() < after + 20 && std::chrono::steady_clock::now() < until + seconds(60)) {
      std::this_thread::yield();
    }
    stop.request_stop();
    generator.join();
    return *seen;
  }

  std::unique_ptr<LocalWorld> world_;
  std::unique_ptr<LocalPlatform> platform_;
};

TEST_F(Local, ARollingChangeUnderLoadLosesNoRequest) {
  const auto before = identities(live());
  const auto target = LocalWorld::configuration(0.75, 20);
  std::vector<std::string> steps;
  const load::Summary summary = under_load([&] {
    const auto after = platform_->apply(
        request("d-1", target), [&](const engine::Progress& p) { steps.push_back(p.step); }, {}, kDeadline);
    ASSERT_TRUE(after) << after.error().to_string();
    EXPECT_TRUE(after->healthy) << after->trouble;
    EXPECT_EQ(after->configuration, target);
    EXPECT_EQ(after->decision, "d-1");
    for (const std::string& identity : identities(*after))
      EXPECT_FALSE(before.contains(identity));
  });
  EXPECT_GT(summary.arrivals, 40u);
  EXPECT_EQ(summary.errors(), 0u) << load::to_json(summary);
  EXPECT_EQ(summary.ended(), summary.arrivals);
  const auto counted = world_->proxy_counts();
  EXPECT_EQ(counted.at("req_tot"), static_cast<long>(summary.arrivals));  // the proxy agrees
  EXPECT_EQ(counted.at("hrsp_2xx"), static_cast<long>(summary.arrivals));
  EXPECT_EQ(world_->starts(), 4);
  EXPECT_EQ(world_->groups().size(), 2u);
  EXPECT_GE(steps.size(), 8u);
}

TEST_F(Local, ALimitChangesInPlace) {
  const auto before = identities(live());
  const auto after = apply(request("d-1", LocalWorld::configuration(0.25, 10)));
  ASSERT_TRUE(after) << after.error().to_string();
  EXPECT_EQ(after->configuration.number("toy.cpu_limit"), 0.25);
  EXPECT_EQ(identities(*after), before);
  EXPECT_EQ(world_->starts(), 2);
}

TEST_F(Local, ARollBackRaisesLimitsBeforeItReplaces) {
  ASSERT_TRUE(apply(request("d-1", LocalWorld::configuration(0.1, 20))));
  engine::ApplyRequest back = request("d-2", LocalWorld::configuration(0.5, 10));
  back.roll_back = true;
  std::vector<double> cores;  // of the replicas that serve, at the first step
  const auto after = platform_->apply(
      back,
      [&](const engine::Progress&) {
        if (!cores.empty()) return;
        const auto groups = proc::CgroupFileSystem::detect().value();
        for (const std::string& name : world_->groups()) {
          cores.push_back(groups.limits(world_->parent() + "/" + name)->cpu_cores.value());
        }
      },
      {}, kDeadline);
  ASSERT_TRUE(after) << after.error().to_string();
  EXPECT_EQ(cores, (std::vector<double>{0.5, 0.5}));
  EXPECT_EQ(after->configuration, back.target);
}

TEST_F(Local, ARollBackTakesBackWhatIsStillWarm) {
  world_->set_standby("60s");
  platform_ = world_->open();
  const auto before = identities(live());
  const auto good = live().configuration;
  const load::Summary summary = under_load([&] {
    ASSERT_TRUE(apply(request("d-1", LocalWorld::configuration(0.5, 20))));
    const int starts = world_->starts();
    EXPECT_EQ(world_->groups().size(), 3u);  // three slots: one of the two is still there
    engine::ApplyRequest back = request("d-2", good);
    back.roll_back = true;
    std::vector<std::string> steps;
    const auto after =
        platform_->apply(back, [&](const engine::Progress& p) { steps.push_back(p.step); }, {}, kDeadline);
    ASSERT_TRUE(after) << after.error().to_string();
    EXPECT_TRUE(after->healthy) << after->trouble;
    EXPECT_EQ(after->configuration, good);
    EXPECT_NE(steps.front().find("still warm"), std::string::npos) << steps.front();
    EXPECT_EQ(world_->starts(), starts + 1);
  });
  EXPECT_EQ(summary.errors(), 0u) << load::to_json(summary);
  const auto after = identities(live());
  EXPECT_EQ(std::ranges::count_if(after, [&](const auto& identity) { return before.contains(identity); }), 1);
  EXPECT_EQ(world_->groups().size(), 2u);  // what was rolled back is not kept
}

TEST_F(Local, AReplicaThatDoesNotComeUpLeavesTheOthersAsTheyWere) {
  const auto before = live();
  for (const char* mode : {"dies", "silent"}) {
    const load::Summary summary = under_load([&] {
      const auto after = apply(request(std::string("bad-") + mode, LocalWorld::configuration(0.5, 10, mode)));
      ASSERT_FALSE(after);
      EXPECT_EQ(after.error().code, Code::kUnavailable) << after.error().to_string();
      if (std::string(mode) == "dies") {
        EXPECT_NE(after.error().message.find("cannot open the ship's log"), std::string::npos);
      }
    });
    EXPECT_EQ(summary.errors(), 0u) << load::to_json(summary);
    const auto state = live();
    EXPECT_TRUE(state.healthy) << state.trouble;
    EXPECT_EQ(identities(state), identities(before));
    EXPECT_EQ(state.configuration, before.configuration);
    EXPECT_NE(state.decision, std::string("bad-") + mode);
    EXPECT_EQ(world_->groups().size(), 2u);
  }
}

TEST_F(Local, AChangeGoesOnAfterAStopAtAnyStep) {
  const auto first = world_->starts();
  for (std::size_t stop_at = 0; stop_at < 9; ++stop_at) {
    const std::string decision = "d-" + std::to_string(stop_at);
    const auto target = LocalWorld::configuration(0.5, 20 + static_cast<double>(stop_at));
    std::stop_source stop;
    std::size_t seen = 0;
    const auto cut = platform_->apply(
        request(decision, target),
        [&](const engine::Progress&) {
          if (seen++ == stop_at) stop.request_stop();
        },
        stop.get_token(), kDeadline);
    platform_ = world_->open();  // as a Trimtab that was started again
    if (!cut) {
      EXPECT_EQ(cut.error().code, Code::kCancelled);
      EXPECT_FALSE(live().healthy);  // a change is under way
    }
    const auto after = apply(request(decision, target));
    ASSERT_TRUE(after) << after.error().to_string();
    EXPECT_TRUE(after->healthy) << after->trouble;
    EXPECT_EQ(after->configuration, target);
    EXPECT_EQ(world_->starts() - first, 2 * static_cast<int>(stop_at + 1)) << "stopped at " << stop_at;
    ASSERT_TRUE(apply(request(decision, target)));  // once more: nothing happens
    EXPECT_EQ(world_->starts() - first, 2 * static_cast<int>(stop_at + 1));
  }
}

TEST_F(Local, AStaleApprovalIsRefused) {
  engine::ApplyRequest stale = request("d-1", LocalWorld::configuration(0.5, 30));
  stale.expected_fingerprint = LocalWorld::configuration(0.5, 99).fingerprint();
  EXPECT_EQ(apply(stale).error().code, Code::kConflict);
  stale.expected_fingerprint = live().configuration.fingerprint();
  EXPECT_TRUE(apply(stale));
  EXPECT_EQ(apply(request("d-2", {{"toy.unknown", 1}})).error().code, Code::kInvalidInput);
  EXPECT_EQ(live().configuration.number("toy.size"), 30);
}

TEST_F(Local, AReplicaThatEndsByItselfIsStartedAgain) {
  const auto supervised = world_->open(true);
  const auto before = live();
  const auto kill_first = [&] {
    const std::string identity = live().replicas.front().identity;
    ::kill(std::stoi(identity), SIGKILL);
    return identity;
  };
  const std::string killed = kill_first();
  auto state = live_when([&](const auto& s) { return s.healthy && s.replicas.front().identity != killed; });
  EXPECT_TRUE(state.healthy) << state.trouble;
  EXPECT_EQ(state.replicas.front().restarts, 1);
  EXPECT_EQ(state.replicas.back().restarts, 0);
  EXPECT_EQ(state.configuration, before.configuration);
  for (int again = 2; again <= 3; ++again) {
    const std::string last = kill_first();
    state = live_when([&](const auto& s) { return s.healthy && s.replicas.front().identity != last; });
    EXPECT_EQ(state.replicas.front().restarts, again);
  }
  EXPECT_NE(state.trouble.find("crash loop: ended by itself 3 times"), std::string::npos) << state.trouble;
}

TEST_F(Local, AProxyThatWasStartedAgainIsToldWhoServes) {
  world_->stop_proxy();
  ASSERT_TRUE(world_->start_proxy());
  live();  // one look of the supervision
  const load::Summary summary = under_load([] {});
  EXPECT_EQ(summary.errors(), 0u) << load::to_json(summary);
}

TEST_F(Local, AShutDownLeavesNothing) {
  const auto before = live();
  ASSERT_TRUE(platform_->shut_down());
  EXPECT_TRUE(live().replicas.empty());
  EXPECT_TRUE(world_->groups().empty());
  for (const auto& replica : before.replicas) {
    const auto process = proc::identify(std::stoi(replica.identity));
    EXPECT_FALSE(process && proc::is_alive(*process)) << replica.name;
  }
}

}  // namespace
}  // namespace trimtab::platform
