// KubernetesPlatform on a real API server. Usage: kubernetes_platform_test FOLDER (a running cluster's kubeconfig in
// $KUBECONFIG, image localhost/busybox:1 on its node). Started by tests/cluster/platform_test.py.
#include <cstdlib>
#include <iostream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "packs/application_document.h"
#include "platform/kubernetes/kubernetes_platform.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

// Two replicas of a shell that shows its variable as its command line would.
Json deployment(const std::string& space) {
  return Json::parse(R"({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "cart", "namespace": ")" +
                     space + R"("},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "cart"}},
      "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
      "template": {"metadata": {"labels": {"app": "cart"}},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "cart", "image": "localhost/busybox:1",
          "imagePullPolicy": "Never", "command": ["/bin/sh", "-c", "test \"$JAVA_TOOL_OPTIONS\" != \"-Xmx48m\" || exit 3; trap 'exit 0' TERM; while true; do sleep 1; done"],
          "env": [{"name": "JAVA_TOOL_OPTIONS", "value": "-Xmx64m"}],
          "resources": {"limits": {"cpu": "200m", "memory": "128Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}}}]}}}})");
}

constexpr const char* kDocument = R"(apiVersion: trimtab.dev/v1
kind: Application
name: cart
components:
  - {name: container, pack: container, labels: {container: cart}}
  - {name: jvm, pack: jvm, labels: {container: cart}}
  - {name: web, pack: spring_web, labels: {container: cart}}
platform: {kind: kubernetes, kubeconfig: "@KUBECONFIG@", namespace: @SPACE@, workload: cart, rollout_timeout: 90s, resize_timeout: 20s}
prometheus: {url: "http://127.0.0.1:9"}
load: web.arrivals
parameters:
  - {name: container.cpu_limit, min: 0.05, max: 1}
  - {name: container.memory_limit, min: 64, max: 256}
  - {name: jvm.heap, min: 32, max: 256}
goal: {minimize: container.cpu_limit}
slos:
  - web.p95 <= 250 ms
prices: {currency: EUR, cpu_core_month: 18, memory_gib_month: 2.5}
)";

class PlatformOnCluster : public ::testing::Test {
 protected:
  void SetUp() override {
    auto access = kubernetes::load_access(kubernetes::access_options_from_environment("", ""));
    ASSERT_TRUE(access) << access.error().to_string();
    client_ = std::make_unique<kubernetes::Client>(*access, clock_);
    space_ = std::string("platform-") + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::transform(space_.begin(), space_.end(), space_.begin(),
                   [](char c) { return static_cast<char>(std::tolower(c)); });
    const Json made{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", space_}}}};
    ASSERT_TRUE(client_->create("/api/v1/namespaces", made));
    const auto created = client_->create(kubernetes::resource("apps/v1", space_, "deployments"), deployment(space_));
    ASSERT_TRUE(created) << created.error().to_string();
    auto packs = packs::PackLibrary::embedded();
    std::string text = kDocument;
    text.replace(text.find("@SPACE@"), 7, space_);
    // The platform acts with the role of deploy/rbac/live.yaml, the test itself as an administrator.
    const char* limited = std::getenv("TRIMTAB_LIVE_KUBECONFIG");
    text.replace(text.find("@KUBECONFIG@"), 12, limited == nullptr ? "" : limited);
    auto application = packs::read_application(text, "cart.yaml", *packs);
    ASSERT_TRUE(application) << application.error().to_string();
    for (auto* platform : {&platform_, &second_}) {
      KubernetesPlatformOptions options;
      options.holder = platform == &platform_ ? "first" : "second";
      auto opened = KubernetesPlatform::create(*application, *packs, clock_, options);
      ASSERT_TRUE(opened) << opened.error().to_string();
      *platform = std::move(*opened);
    }
    ASSERT_TRUE(healthy()) << "the deployment did not start";
  }
  void TearDown() override {
    if (client_ != nullptr) {
      EXPECT_TRUE(client_->remove("/api/v1/namespaces/" + space_));
    }
  }

  bool healthy() {
    for (const auto until = std::chrono::steady_clock::now() + 120s; std::chrono::steady_clock::now() < until;) {
      const auto live = platform_->read_live(10s);
      if (live && live->healthy) return true;
      std::this_thread::sleep_for(500ms);
    }
    return false;
  }
  Result<engine::LiveState> apply(KubernetesPlatform& platform, const std::string& decision,
                                  const model::Configuration& target, const std::string& expected = {}) {
    return platform.apply(
        {"cart", decision, target, expected, false},
        [](const engine::Progress& p) { std::cout << "  " << p.step << '\n'; }, {}, 120s);
  }
  Json template_container() {
    const auto live = client_->get(kubernetes::resource("apps/v1", space_, "deployments", "cart"));
    return live ? (*live)["spec"]["template"]["spec"]["containers"][0] : Json();
  }

  SystemClock clock_;
  std::string space_;
  std::unique_ptr<kubernetes::Client> client_;
  std::unique_ptr<KubernetesPlatform> platform_;
  std::unique_ptr<KubernetesPlatform> second_;
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

  const std::string path = kubernetes::resource("apps/v1", space_, "deployments", "cart");
  const Json paused{{"metadata", {{"annotations", {{"trimtab.dev/paused", "true"}}}}}};
  ASSERT_TRUE(client_->patch(path, kubernetes::PatchKind::kMerge, paused));
  EXPECT_EQ(apply(*platform_, "c", start->configuration).error().code, Code::kDenied);
  const Json managed{
      {"metadata", {{"annotations", {{"trimtab.dev/paused", nullptr}, {"argocd.argoproj.io/tracking-id", "shop:x"}}}}}};
  ASSERT_TRUE(client_->patch(path, kubernetes::PatchKind::kMerge, managed));
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
  const auto deployment = client_->get(kubernetes::resource("apps/v1", space_, "deployments", "cart"));
  ASSERT_TRUE(deployment);
  EXPECT_EQ((*deployment)["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");  // one rollout
}

}  // namespace
}  // namespace trimtab::platform

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
