// What KubernetesPlatform does on a real API server: in place, rolling, back, one at a time, through restarts.
#include "platform/kubernetes/kubernetes_integration.h"

namespace trimtab::platform {
namespace {

using ::testing::HasSubstr;

class StatefulSetOnCluster : public PlatformOnCluster {
 protected:
  StatefulSetOnCluster() : PlatformOnCluster("StatefulSet") {}
};

TEST_F(PlatformOnCluster, InPlaceThenRollingThenExactlyBack) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  EXPECT_EQ(start->configuration.number("container.cpu_limit"), 0.2);
  EXPECT_EQ(start->configuration.number("jvm.heap"), 64);
  const Json before = template_container();

  // CPU needs no restart: the same pods, another quota.
  model::Configuration target = start->configuration;
  target.set("container.cpu_limit", 0.3);
  const auto in_place = apply(*platform_, "d-1", target, start->configuration.fingerprint());
  ASSERT_TRUE(in_place) << in_place.error().to_string();
  EXPECT_EQ(in_place->configuration, target);
  EXPECT_EQ(in_place->decision, "d-1");
  ASSERT_EQ(in_place->replicas.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(in_place->replicas[i].identity, start->replicas[i].identity);

  // A pod that is replaced starts from the template and is given the live values when looked at.
  ASSERT_TRUE(client_->evict(space_, in_place->replicas[0].name));
  ASSERT_TRUE(healthy());
  EXPECT_EQ(platform_->read_live(10s)->configuration.number("container.cpu_limit"), 0.3);

  // The heap needs one.
  target.set("jvm.heap", 80.0);
  const auto rolled = apply(*platform_, "d-2", target);
  ASSERT_TRUE(rolled) << rolled.error().to_string();
  EXPECT_EQ(rolled->configuration, target);
  EXPECT_TRUE(rolled->healthy) << rolled->trouble;

  // The same decision again changes nothing.
  const auto again = apply(*platform_, "d-2", target);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->replicas[0].identity, rolled->replicas[0].identity);

  // Back to what the template had, word for word.
  const auto back = apply(*platform_, "d-3", start->configuration);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(back->configuration, start->configuration);
  EXPECT_EQ(template_container(), before);
}

TEST_F(PlatformOnCluster, AReplicaThatDoesNotStartIsTakenBack) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const Json before = template_container();
  model::Configuration target = start->configuration;
  target.set("jvm.heap", 48.0);  // the container ends with it
  const auto failed = apply(*platform_, "bad", target);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kUnavailable) << failed.error().to_string();
  EXPECT_EQ(template_container(), before);
  ASSERT_TRUE(healthy());
  const auto live = platform_->read_live(10s);
  EXPECT_EQ(live->configuration, start->configuration);
  EXPECT_EQ(live->decision, "");
}

TEST_F(PlatformOnCluster, OnlyOneActsAndNoneWhilePaused) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  model::Configuration one = start->configuration;
  one.set("jvm.heap", 80.0);
  model::Configuration other = start->configuration;
  other.set("jvm.heap", 96.0);
  Result<engine::LiveState> first = fail(internal_error("not run"));
  Result<engine::LiveState> second = fail(internal_error("not run"));
  {
    const std::string expected = start->configuration.fingerprint();
    const std::jthread a([&] { first = apply(*platform_, "a", one, expected); });
    const std::jthread b([&] { second = apply(*second_, "b", other, expected); });
  }
  EXPECT_NE(first.has_value(), second.has_value());
  const auto& refused = first ? second : first;
  EXPECT_EQ(refused.error().code, Code::kConflict) << refused.error().to_string();
  const auto live = platform_->read_live(10s);
  ASSERT_TRUE(live);
  EXPECT_EQ(live->configuration, first ? one : other);

  const Json paused{{"metadata", {{"annotations", {{"trimtab.dev/paused", "true"}}}}}};
  ASSERT_TRUE(client_->patch(path("cart"), kubernetes::PatchKind::kMerge, paused));
  EXPECT_EQ(apply(*platform_, "c", start->configuration).error().code, Code::kDenied);
  const Json managed{
      {"metadata", {{"annotations", {{"trimtab.dev/paused", nullptr}, {"argocd.argoproj.io/tracking-id", "shop:x"}}}}}};
  ASSERT_TRUE(client_->patch(path("cart"), kubernetes::PatchKind::kMerge, managed));
  const auto refused_git = apply(*platform_, "d", start->configuration);
  ASSERT_FALSE(refused_git);
  EXPECT_THAT(refused_git.error().message, HasSubstr("Argo CD shop"));
}

TEST_F(PlatformOnCluster, AnApiServerThatRestartsLosesAndDoublesNothing) {
  const char* kill = std::getenv("TRIMTAB_KILL_API_SERVER");
  if (kill == nullptr) GTEST_SKIP() << "TRIMTAB_KILL_API_SERVER is not set";
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  model::Configuration target = start->configuration;
  target.set("jvm.heap", 80.0);
  int kills = 0;
  Result<engine::LiveState> live = fail(internal_error("not run"));
  for (int tries = 0; tries < 20 && !live; ++tries) {  // as the engine does: the same decision again
    live = platform_->apply(
        {"cart", "d-kill", target, start->configuration.fingerprint(), false},
        [&](const engine::Progress&) {
          if (kills++ > 0) return;
          EXPECT_EQ(std::system(kill), 0);
        },
        {}, 120s);
    if (!live) {
      std::cout << "  " << live.error().to_string() << '\n';
      ASSERT_TRUE(properties(live.error().code).retryable) << live.error().to_string();
      std::this_thread::sleep_for(1s);
    }
  }
  ASSERT_TRUE(live) << live.error().to_string();
  EXPECT_GE(kills, 1);
  EXPECT_EQ(live->configuration, target);
  EXPECT_EQ(live->decision, "d-kill");
  EXPECT_EQ(live_workload()["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");  // one rollout
}

const Json kScaler =
    Json::parse(R"({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "cart"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}, "minReplicas": 2, "maxReplicas": 3,
      "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]}})");

// Requests and what is counted in shares of them are one decision.
TEST_F(PlatformOnCluster, AutoscalerSettingsChangeWithTheRequestsAndExactlyBack) {
  const std::string scalers = kubernetes::resource("autoscaling/v2", space_, "horizontalpodautoscalers");
  scaled_ = true;
  const auto scaled = open("first");
  const auto without = scaled->read_live(10s);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, Code::kNotFound);
  EXPECT_THAT(without.error().to_string(), HasSubstr("0 HorizontalPodAutoscalers scale Deployment"));
  ASSERT_TRUE(client_->create(scalers, kScaler));
  const auto spec = [&] { return (*client_->get(scalers + "/cart"))["spec"]; };
  const Json before = spec();
  const auto start = scaled->read_live(10s);
  ASSERT_TRUE(start) << start.error().to_string();
  EXPECT_EQ(start->configuration.number("hpa.min_replicas"), 2);
  EXPECT_EQ(start->configuration.number("hpa.cpu_target"), 80);
  EXPECT_EQ(start->configuration.number("hpa.scale_down_window"), 300) << "Kubernetes' default";

  model::Configuration target = with(with(start->configuration, "hpa.min_replicas", 3), "hpa.max_replicas", 5);
  target = with(with(with(target, "hpa.cpu_target", 50), "hpa.scale_down_window", 60), "container.cpu_request", 0.1);
  const auto live = apply(*scaled, "d", target, start->configuration.fingerprint());
  ASSERT_TRUE(live) << live.error().to_string();
  EXPECT_EQ(live->configuration, target);
  EXPECT_EQ(spec()["metrics"][0]["resource"]["target"]["averageUtilization"], 50) << "chosen, not the kept scale point";
  EXPECT_EQ(spec()["behavior"]["scaleDown"]["stabilizationWindowSeconds"], 60);
  EXPECT_TRUE(eventually([&] { return live_workload()["spec"]["replicas"] == 3; })) << "the autoscaler acts on it";

  // The pods' part fails: the autoscaler's goes back with it.
  ASSERT_TRUE(eventually([&] { return scaled->read_live(10s)->healthy; }));
  const Json kept = spec();
  const auto failed = apply(*scaled, "bad", with(with(target, "jvm.heap", 48), "hpa.min_replicas", 4));
  ASSERT_FALSE(failed);
  EXPECT_EQ(spec(), kept);

  const auto back = scaled->apply({"cart", "d-rollback", start->configuration, {}, true}, {}, {}, 180s);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(back->configuration, start->configuration);
  EXPECT_EQ(spec(), before) << "also what was not written at all";

  const Json keda{
      {"metadata",
       {{"ownerReferences",
         {{{"apiVersion", "keda.sh/v1alpha1"}, {"kind", "ScaledObject"}, {"name", "cart"}, {"uid", "1"}}}}}}};
  ASSERT_TRUE(client_->patch(scalers + "/cart", kubernetes::PatchKind::kMerge, keda));
  const auto refused = apply(*scaled, "k", target);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("ScaledObject cart keeps the autoscaler"));
}

TEST_F(PlatformOnCluster, AnAutoscalerKeepsItsScalePointAndASelectorFinds) {
  const auto found = open("first", "selector: app=cart");
  const auto start = found->read_live(10s);
  ASSERT_TRUE(start);
  const std::string scalers = kubernetes::resource("autoscaling/v2", space_, "horizontalpodautoscalers");
  ASSERT_TRUE(client_->create(scalers, kScaler));
  const auto target = [&] {
    return (*client_->get(scalers + "/cart"))["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"]
        .get<int>();
  };
  ASSERT_TRUE(apply(*found, "up", with(start->configuration, "container.cpu_request", 0.1)));
  EXPECT_EQ(target(), 40);
  ASSERT_TRUE(apply(*found, "back", start->configuration));
  EXPECT_EQ(target(), 80);
}

TEST_F(StatefulSetOnCluster, InPlaceRollingAndBack) {
  const auto found = open("first", "selector: app=cart");
  const auto start = found->read_live(10s);
  ASSERT_TRUE(start);
  const auto in_place = apply(*platform_, "i", with(start->configuration, "container.cpu_limit", 0.3));
  ASSERT_TRUE(in_place) << in_place.error().to_string();
  EXPECT_EQ(in_place->replicas[0].identity, start->replicas[0].identity);
  const auto rolled = apply(*platform_, "r", with(in_place->configuration, "jvm.heap", 80));
  ASSERT_TRUE(rolled) << rolled.error().to_string();
  EXPECT_EQ(rolled->configuration.number("container.cpu_limit"), 0.3);
  EXPECT_EQ(rolled->configuration.number("jvm.heap"), 80);
}

}  // namespace
}  // namespace trimtab::platform

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
