// What KubernetesPlatform sees and heeds of what goes on around a workload on a real API server: a node that is
// cordoned, pods that are taken away, a rollout by somebody else, PodDisruptionBudgets.
#include "platform/kubernetes/kubernetes_integration.h"

namespace trimtab::platform {
namespace {

using ::testing::HasSubstr;

class AroundOnCluster : public PlatformOnCluster {
 protected:
  void TearDown() override {
    cordon(false);
    PlatformOnCluster::TearDown();
  }
  void cordon(bool on) {
    const Json body{{"spec", {{"unschedulable", on ? Json(true) : Json()}}}};
    const auto patched = client_->patch("/api/v1/nodes/node1", kubernetes::PatchKind::kMerge, body);
    EXPECT_TRUE(patched) << patched.error().to_string();
  }
  std::string disturbance() {
    const auto live = platform_->read_live(10s);
    return live ? live->disturbance : live.error().to_string();
  }
  bool becomes_calm() {
    return eventually([&] { return disturbance().empty(); });
  }
};

TEST_F(AroundOnCluster, ACordonedNodeIsSeen) {
  EXPECT_EQ(disturbance(), "");
  cordon(true);
  EXPECT_TRUE(eventually([&] { return disturbance() == "node node1 is cordoned"; }));
  EXPECT_TRUE(platform_->read_live(10s)->healthy) << "nothing is wrong with the application itself";
  cordon(false);
  EXPECT_TRUE(becomes_calm());
}

TEST_F(AroundOnCluster, ARolloutIsToldWhenItIsNotOurs) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  // Ours, one that succeeds and one that is taken back.
  ASSERT_TRUE(apply(*platform_, "r", with(start->configuration, "jvm.heap", 80)));
  EXPECT_EQ(disturbance(), "");
  ASSERT_FALSE(apply(*platform_, "bad", with(start->configuration, "jvm.heap", 48)));
  EXPECT_EQ(disturbance(), "") << "its end is still ours";
  ASSERT_TRUE(eventually([&] { return platform_->read_live(10s)->healthy; }));
  // kubectl rollout restart
  const Json restart{
      {"spec", {{"template", {{"metadata", {{"annotations", {{"kubectl.kubernetes.io/restartedAt", "now"}}}}}}}}}};
  ASSERT_TRUE(client_->patch(path("cart"), kubernetes::PatchKind::kStrategic, restart));
  EXPECT_TRUE(eventually([&] { return disturbance().starts_with("a rollout by somebody else is under way: "); }));
  EXPECT_TRUE(becomes_calm());
  // Scaling is none.
  const Json scale{{"spec", {{"replicas", 3}}}};
  ASSERT_TRUE(client_->patch(path("cart"), kubernetes::PatchKind::kMerge, scale));
  for (int looks = 0; looks < 10; ++looks)
    EXPECT_EQ(disturbance(), "");
  EXPECT_TRUE(eventually([&] { return platform_->read_live(10s)->replicas.size() == 3; }));
}

TEST_F(AroundOnCluster, APodThatIsEvictedIsSeen) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const Json eviction{{"apiVersion", "policy/v1"},
                      {"kind", "Eviction"},
                      {"metadata", {{"name", start->replicas[0].name}, {"namespace", space_}}}};
  const std::string pods = kubernetes::resource("v1", space_, "pods", start->replicas[0].name, "eviction");
  ASSERT_TRUE(client_->create(pods, eviction));
  // It is deleted with the condition DisruptionTarget, and no longer one of the workload's; a new one takes its place.
  EXPECT_TRUE(eventually([&] {
    const auto live = platform_->read_live(10s);
    return live && live->healthy && live->replicas[0].name != start->replicas[0].name;
  }));
}

// A rollout is no eviction: nobody but Trimtab holds it against the budget.
TEST_F(AroundOnCluster, ARolloutThatAPodDisruptionBudgetForbidsIsRefusedUntouched) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const Json budget{{"apiVersion", "policy/v1"},
                    {"kind", "PodDisruptionBudget"},
                    {"metadata", {{"name", "cart"}}},
                    {"spec", {{"minAvailable", 2}, {"selector", {{"matchLabels", {{"app", "cart"}}}}}}}};
  const std::string budgets = kubernetes::resource("policy/v1", space_, "poddisruptionbudgets");
  ASSERT_TRUE(client_->create(budgets, budget));
  ASSERT_TRUE(eventually([&] {
    const auto live = client_->get(budgets + "/cart");
    return live && live->contains("status") && (*live)["status"].value("currentHealthy", 0) == 2;
  }));
  EXPECT_TRUE(apply(*platform_, "surge", with(start->configuration, "jvm.heap", 72))) << "new pods come first";

  const Json strategy{{"spec", {{"strategy", {{"rollingUpdate", {{"maxUnavailable", 1}, {"maxSurge", 0}}}}}}}};
  ASSERT_TRUE(client_->patch(path("cart"), kubernetes::PatchKind::kMerge, strategy));
  ASSERT_TRUE(healthy());
  const Json before = live_workload()["spec"];
  const auto refused = apply(*platform_, "away", with(start->configuration, "jvm.heap", 80));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalidInput);
  EXPECT_THAT(refused.error().message, HasSubstr("/cart lets 0 more pods be away, a rollout of cart takes 1"));
  EXPECT_EQ(live_workload()["spec"], before);
  // In place no pod goes away.
  EXPECT_TRUE(apply(*platform_, "place", with(platform_->read_live(10s)->configuration, "container.cpu_limit", 0.3)));
}

}  // namespace
}  // namespace trimtab::platform

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
