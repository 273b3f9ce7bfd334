// Canaries of KubernetesPlatform on a real API server: good ones, worse ones, and those that are cut short.
#include "platform/kubernetes/kubernetes_integration.h"

namespace trimtab::platform {
namespace {

using ::testing::HasSubstr;

// p95 of the pods whose template or resources are new is bad.
class WorseCanary final : public engine::MetricSource {
 public:
  explicit WorseCanary(std::vector<std::string> old_pods) : old_(std::move(old_pods)) {}
  Result<engine::WindowSamples> window(const std::vector<model::Metric>& metrics, Instant start, Instant end, Duration,
                                       Duration) override {
    engine::WindowSamples samples{start, end, {}};
    for (const model::Metric& metric : metrics) {
      bool control = true;
      const auto at = metric.query.find("pod=~\"");
      const std::string pods = metric.query.substr(at + 6, metric.query.find('"', at + 6) - at - 6);
      for (std::size_t begin = 0; begin <= pods.size();) {
        const auto end_of = std::min(pods.find('|', begin), pods.size());
        control = control && std::ranges::count(old_, pods.substr(begin, end_of - begin)) > 0;
        begin = end_of + 1;
      }
      samples.samples[metric.name] = {control ? 80.0 : 400.0, 1, 1, end, engine::MetricSample::Status::kUsable};
    }
    return samples;
  }
  Result<std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>>> series(const std::vector<model::Metric>&,
                                                                                      Instant, Instant, Duration,
                                                                                      Duration) override {
    return fail(unsupported("not asked for"));
  }

 private:
  std::vector<std::string> old_;
};

TEST_F(PlatformOnCluster, AGoodCanaryPassesThenTheOthersFollow) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const auto trying = open("first", "workload: cart, canary: 5s");
  const auto live = apply(*trying, "c", with(start->configuration, "jvm.heap", 80));
  ASSERT_TRUE(live) << live.error().to_string();
  EXPECT_EQ(live->configuration.number("jvm.heap"), 80);
  EXPECT_FALSE(live_workload()["spec"].contains("paused"));
  EXPECT_FALSE(live_workload()["metadata"]["annotations"].contains("trimtab.dev/canary"));
  const auto in_place = apply(*trying, "i", with(live->configuration, "container.cpu_limit", 0.3));
  ASSERT_TRUE(in_place) << in_place.error().to_string();
  EXPECT_EQ(in_place->configuration.number("container.cpu_limit"), 0.3);
}

TEST_F(PlatformOnCluster, AWorseCanaryIsTakenBackAndTheOthersNeverHadIt) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const Json before = live_workload()["spec"];
  const std::vector<std::string> old_pods{start->replicas[0].name, start->replicas[1].name};
  const auto trying = open("first", "workload: cart, canary: 20s", std::make_unique<WorseCanary>(old_pods));
  const auto rolled = apply(*trying, "c", with(start->configuration, "jvm.heap", 80));
  ASSERT_FALSE(rolled);
  EXPECT_EQ(rolled.error().code, Code::kUnavailable) << rolled.error().to_string();
  EXPECT_THAT(rolled.error().message, HasSubstr("the canary is worse than the others"));
  ASSERT_TRUE(healthy());
  EXPECT_EQ(template_container(), before["template"]["spec"]["containers"][0]);
  EXPECT_FALSE(live_workload()["spec"].contains("paused"));
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(platform_->read_live(10s)->replicas[i].identity, start->replicas[i].identity);

  // In place only the first pod had it.
  const auto alone =
      open("first", "workload: cart, canary: 20s", std::make_unique<WorseCanary>(std::vector{old_pods[1]}));
  const auto resized = apply(*alone, "i", with(start->configuration, "container.cpu_limit", 0.3));
  ASSERT_FALSE(resized);
  EXPECT_EQ(resized.error().code, Code::kUnavailable) << resized.error().to_string();
  ASSERT_TRUE(eventually([&] { return platform_->read_live(10s)->configuration == start->configuration; }));
}

// What stays when a canary is cut short: by a Trimtab that is killed or stopped, by the kill switch, by another one.

TEST_F(PlatformOnCluster, AHeldCanaryWhoseTrimtabDiedIsTakenUpAndRollsOnce) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const engine::ApplyRequest request{"cart", "c", with(start->configuration, "jvm.heap", 80), {}, false};
  die_at(*open("first", "workload: cart, canary: 60s"), request, "is watched");
  EXPECT_EQ(live_workload()["spec"]["paused"], true);
  const auto live = apply_until(*open("first", "workload: cart, canary: 2s"), request, "", [] {});
  ASSERT_TRUE(live) << live.error().to_string();
  EXPECT_EQ(live->configuration, request.target);
  const Json now = live_workload();
  EXPECT_FALSE(now["spec"].contains("paused"));
  EXPECT_EQ(now["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2") << "one rollout";
}

TEST_F(PlatformOnCluster, TheKillSwitchTakesACanaryBackAlsoOneWhoseTrimtabDied) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const Json before = live_workload()["spec"];
  const auto trying = open("first", "workload: cart, canary: 60s");
  const auto untouched = [&] {
    ASSERT_TRUE(healthy());
    EXPECT_EQ(live_workload()["spec"], before);
    for (std::size_t i = 0; i < 2; ++i)
      EXPECT_EQ(platform_->read_live(10s)->replicas[i].identity, start->replicas[i].identity);
  };
  const engine::ApplyRequest rolling{"cart", "c", with(start->configuration, "jvm.heap", 80), {}, false};
  const auto ended = apply_until(*trying, rolling, "is watched", [&] { annotate("trimtab.dev/paused", "true"); });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::kDenied) << ended.error().to_string();
  untouched();
  // The engine's way back finds nothing to do, and does nothing.
  const auto back = platform_->apply({"cart", "c-rollback", start->configuration, {}, true}, {}, {}, 60s);
  ASSERT_TRUE(back) << back.error().to_string();

  annotate("trimtab.dev/paused", nullptr);
  die_at(*trying, {"cart", "d", rolling.target, {}, false}, "is watched");
  annotate("trimtab.dev/paused", "true");
  const auto again = apply(*open("first", "workload: cart, canary: 60s"), "d", rolling.target);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kDenied) << again.error().to_string();
  untouched();
}

TEST_F(PlatformOnCluster, ACanaryInPlaceWhoseTrimtabDiedIsStillTakenBack) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const engine::ApplyRequest request{"cart", "c", with(start->configuration, "container.cpu_limit", 0.3), {}, false};
  die_at(*open("first", "workload: cart, canary: 60s"), request, "is watched");
  const auto half = platform_->read_live(10s);
  ASSERT_TRUE(half);
  EXPECT_FALSE(half->healthy) << "two configurations";
  // Now it turns out to be worse: what it goes back to is what stood there before the death.
  const auto worse = std::make_unique<WorseCanary>(std::vector{start->replicas[1].name});
  const auto ended =
      apply(*open("first", "workload: cart, canary: 20s", std::make_unique<WorseCanary>(*worse)), "c", request.target);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::kUnavailable) << ended.error().to_string();
  ASSERT_TRUE(eventually([&] {
    const auto live = platform_->read_live(10s);
    return live && live->healthy && live->configuration == start->configuration;
  }));
}

TEST_F(PlatformOnCluster, ALostLeaseEndsACanaryWithoutAWordAndTheOtherUndoesIt) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const Json before = live_workload()["spec"];
  const engine::ApplyRequest request{"cart", "c", with(start->configuration, "jvm.heap", 80), {}, false};
  Json held;
  const auto ended = apply_until(*open("first", "workload: cart, canary: 60s"), request, "is watched", [&] {
    held = live_workload();
    EXPECT_TRUE(
        client_->patch(lease_path(), kubernetes::PatchKind::kMerge, Json{{"spec", {{"holderIdentity", "thief"}}}}));
  });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::kCancelled) << ended.error().to_string();
  EXPECT_THAT(ended.error().message, HasSubstr("held by thief"));
  EXPECT_EQ(live_workload()["metadata"]["annotations"], held["metadata"]["annotations"]);
  EXPECT_EQ(live_workload()["spec"], held["spec"]);

  ASSERT_TRUE(client_->patch(lease_path(), kubernetes::PatchKind::kMerge, Json{{"spec", {{"holderIdentity", ""}}}}));
  const auto back = second_->apply({"cart", "c-rollback", start->configuration, {}, true}, {}, {}, 120s);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(template_container(), before["template"]["spec"]["containers"][0]);
  EXPECT_FALSE(live_workload()["spec"].contains("paused"));
}

TEST_F(PlatformOnCluster, AStopLeavesNoDeploymentHeld) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const Json before = live_workload()["spec"];
  const engine::ApplyRequest request{"cart", "c", with(start->configuration, "jvm.heap", 80), {}, false};
  std::stop_source stop;
  const auto ended = apply_until(
      *open("first", "workload: cart, canary: 60s"), request, "is watched", [&] { stop.request_stop(); },
      stop.get_token());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::kCancelled) << ended.error().to_string();
  EXPECT_EQ(live_workload()["spec"], before);
  const auto live = apply(*open("first", "workload: cart, canary: 2s"), "c", request.target);
  ASSERT_TRUE(live) << live.error().to_string();
  EXPECT_EQ(live->configuration, request.target);
}

TEST_F(PlatformOnCluster, AReleaseAmidACanaryStaysAsItsTeamWroteIt) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const engine::ApplyRequest request{"cart", "c", with(start->configuration, "jvm.heap", 80), {}, false};
  const auto ended = apply_until(*open("first", "workload: cart, canary: 60s"), request, "is watched", [&] {
    const Json body{
        {"spec",
         {{"template",
           {{"spec",
             {{"containers",
               {{{"name", "cart"}, {"env", {{{"name", "JAVA_TOOL_OPTIONS"}, {"value", "-Xmx72m"}}}}}}}}}}}}}};
    EXPECT_TRUE(client_->patch(path("cart"), kubernetes::PatchKind::kStrategic, body));
  });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::kConflict) << ended.error().to_string();
  ASSERT_TRUE(eventually([&] {
    const auto live = platform_->read_live(10s);
    return live && live->healthy && live->configuration.number("jvm.heap") == 72;
  }));
  EXPECT_FALSE(live_workload()["spec"].contains("paused"));
}

}  // namespace
}  // namespace trimtab::platform

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
