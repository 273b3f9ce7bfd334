// What KubernetesPlatform makes of trouble on a real API server: writers of the same object, other field managers, 429,
// restarts in the middle, a Trimtab that died, quotas. No lost and no doubled change.
#include <atomic>

#include "platform/kubernetes/kubernetes_integration.h"

namespace trimtab::platform {
namespace {

using ::testing::HasSubstr;

constexpr const char* kFlow = "/apis/flowcontrol.apiserver.k8s.io/v1/";

TEST_F(PlatformOnCluster, WritersOfTheSameObjectLoseNothingAndStopNothing) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  std::atomic<int> written = 0;
  Result<engine::LiveState> live = fail(internal_error("not run"));
  {
    // Without a pause, and until the change is under way: for longer, the Deployment's own controller gets no word in.
    std::jthread writer([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const Json body{{"metadata", {{"labels", {{"counter", std::to_string(written.load() + 1)}}}}}};
        if (client_->patch(path("cart"), kubernetes::PatchKind::kMerge, body)) ++written;
      }
    });
    ASSERT_TRUE(eventually([&] { return written > 10; }));
    live = until_done([&] {
      return apply(*platform_, "busy", with(start->configuration, "jvm.heap", 80), {}, [&] { writer.request_stop(); });
    });
  }
  ASSERT_TRUE(live) << live.error().to_string();
  EXPECT_EQ(live->configuration.number("jvm.heap"), 80);
  const Json metadata = live_workload()["metadata"];
  EXPECT_EQ(metadata["labels"]["counter"], std::to_string(written.load()));
  EXPECT_EQ(metadata["annotations"]["deployment.kubernetes.io/revision"], "2") << "one rollout";
}

TEST_F(PlatformOnCluster, AnotherFieldManagerIsToldByAConflict) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  Json team = workload(kind_, space_);
  team["spec"].erase("replicas");
  kubernetes::WriteOptions options;
  options.field_manager = "team";
  options.force = true;
  ASSERT_TRUE(client_->patch(path("cart"), kubernetes::PatchKind::kApply, team, options));
  EXPECT_THAT(platform_->ownership().value_or(""), HasSubstr("team"));
  ASSERT_TRUE(apply(*platform_, "ours", with(start->configuration, "container.memory_limit", 160)));
  options.force = false;
  const auto refused = client_->patch(path("cart"), kubernetes::PatchKind::kApply, team, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kConflict);
  EXPECT_THAT(refused.error().message, HasSubstr("trimtab"));
  EXPECT_EQ(template_container()["resources"]["limits"]["memory"], "160Mi");
}

// Every request of the account is refused with 429 for some seconds.
TEST_F(PlatformOnCluster, AServerThatIsTooBusyIsWaitedFor) {
  if (std::getenv("TRIMTAB_LIVE_KUBECONFIG") == nullptr) GTEST_SKIP() << "acts as the administrator";
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const Json level = Json::parse(
      R"({"apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "PriorityLevelConfiguration", "metadata": {"name": "none"},
    "spec": {"type": "Limited", "limited": {"nominalConcurrencyShares": 0, "lendablePercent": 0, "borrowingLimitPercent": 0, "limitResponse": {"type": "Reject"}}}})");
  const Json schema = Json::parse(
      R"({"apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "FlowSchema", "metadata": {"name": "none"},
    "spec": {"matchingPrecedence": 2, "priorityLevelConfiguration": {"name": "none"}, "rules": [{
      "subjects": [{"kind": "ServiceAccount", "serviceAccount": {"name": "live", "namespace": "default"}}],
      "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"]}]}]}})");
  const auto made = client_->create(std::string(kFlow) + "prioritylevelconfigurations", level);
  ASSERT_TRUE(made) << made.error().to_string();
  std::jthread busy;
  const auto live = until_done([&] {
    return apply(*platform_, "busy", with(start->configuration, "container.cpu_limit", 0.3), {}, [&] {
      if (busy.joinable()) return;
      EXPECT_TRUE(client_->create(std::string(kFlow) + "flowschemas", schema));
      busy = std::jthread([&] {
        std::this_thread::sleep_for(6s);
        EXPECT_TRUE(client_->remove(std::string(kFlow) + "flowschemas/none"));
      });
    });
  });
  if (busy.joinable()) busy.join();
  EXPECT_TRUE(client_->remove(std::string(kFlow) + "prioritylevelconfigurations/none"));
  ASSERT_TRUE(live) << live.error().to_string();
  EXPECT_EQ(live->configuration.number("container.cpu_limit"), 0.3);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(live->replicas[i].identity, start->replicas[i].identity);
}

TEST_F(PlatformOnCluster, AnApiServerThatRestartsAmidAChangeInPlace) {
  const char* kill = std::getenv("TRIMTAB_KILL_API_SERVER");
  if (kill == nullptr) GTEST_SKIP() << "TRIMTAB_KILL_API_SERVER is not set";
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  std::atomic<int> kills = 0;
  const auto live = until_done([&] {
    return apply(*platform_, "kill", with(start->configuration, "container.cpu_limit", 0.3), {}, [&] {
      if (kills++ == 0) {
        EXPECT_EQ(std::system(kill), 0);
      }
    });
  });
  ASSERT_TRUE(live) << live.error().to_string();
  EXPECT_EQ(live->configuration.number("container.cpu_limit"), 0.3);
  EXPECT_EQ(live->decision, "kill");
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(live->replicas[i].identity, start->replicas[i].identity);
  EXPECT_EQ(live_workload()["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "1");
}

// The first one dies in the middle and leaves its lease; the second waits it out and carries the decision to its end.
TEST_F(PlatformOnCluster, AnotherTrimtabGoesOnWhereOneDied) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const model::Configuration target = with(start->configuration, "jvm.heap", 80);
  std::stop_source stop;
  const auto cut = platform_->apply(
      {"cart", "d", target, {}, false}, [&](const engine::Progress&) { stop.request_stop(); }, stop.get_token(), 120s);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, Code::kCancelled);
  const std::string lease = kubernetes::resource("coordination.k8s.io/v1", space_, "leases", "trimtab-cart");
  ASSERT_TRUE(client_->patch(lease, kubernetes::PatchKind::kMerge, Json{{"spec", {{"holderIdentity", "first"}}}}));
  const auto refused = apply(*second_, "d", target);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kConflict);
  const auto live = until_done([&] { return apply(*second_, "d", target); });
  ASSERT_TRUE(live) << live.error().to_string();
  EXPECT_EQ(live->configuration, target);
  EXPECT_EQ(live_workload()["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2") << "one rollout";
}

TEST_F(PlatformOnCluster, WhatAQuotaOrALimitRangeForbidsIsRefusedUntouched) {
  const auto start = platform_->read_live(10s);
  ASSERT_TRUE(start);
  const std::string quotas = kubernetes::resource("v1", space_, "resourcequotas");
  const Json quota{{"apiVersion", "v1"},
                   {"kind", "ResourceQuota"},
                   {"metadata", {{"name", "team"}}},
                   {"spec", {{"hard", {{"pods", "2"}}}}}};
  ASSERT_TRUE(client_->create(quotas, quota));
  ASSERT_TRUE(eventually([&] {
    const auto live = client_->get(quotas + "/team");
    return live && live->contains("status") && (*live)["status"].contains("used") &&
           (*live)["status"]["used"]["pods"] == "2";
  }));
  const Json before = live_workload()["spec"];
  const auto rolling = apply(*platform_, "q", with(start->configuration, "jvm.heap", 80));
  ASSERT_FALSE(rolling);
  EXPECT_EQ(rolling.error().code, Code::kInvalidInput);
  EXPECT_THAT(rolling.error().message, HasSubstr("/team leaves 0 of pods, the change needs 1"));
  EXPECT_EQ(live_workload()["spec"], before);
  // In place needs no further pod.
  EXPECT_TRUE(apply(*platform_, "p", with(start->configuration, "container.cpu_limit", 0.3)));

  const Json range{
      {"apiVersion", "v1"},
      {"kind", "LimitRange"},
      {"metadata", {{"name", "most"}}},
      {"spec", {{"limits", Json::array({{{"type", "Container"}, {"max", {{"cpu", "400m"}, {"memory", "256Mi"}}}}})}}}};
  ASSERT_TRUE(client_->create(kubernetes::resource("v1", space_, "limitranges"), range));
  const auto above = apply(*platform_, "r", with(start->configuration, "container.cpu_limit", 0.5));
  ASSERT_FALSE(above);
  EXPECT_THAT(above.error().message, HasSubstr("max 400m"));
  EXPECT_EQ(platform_->read_live(10s)->configuration.number("container.cpu_limit"), 0.3);
}

}  // namespace
}  // namespace trimtab::platform

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
