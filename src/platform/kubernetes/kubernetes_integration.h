// A workload on a real API server for tests of KubernetesPlatform: a namespace of its own with two replicas of a shell,
// an administrator's client, and platforms with the role of deploy/rbac/live.yaml. Tests only; started by
// tests/cluster/platform_test.py with the cluster's kubeconfig in $KUBECONFIG.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "packs/application_document.h"
#include "platform/kubernetes/kubernetes_platform.h"

namespace trimtab::platform {

using Json = nlohmann::json;
using namespace std::chrono_literals;

// Two replicas of a shell that takes its variable as a JVM would; with 48 MiB of heap it ends at once.
inline Json workload(const std::string& kind, const std::string& space) {
  Json made = Json::parse(R"({"apiVersion": "apps/v1", "metadata": {"name": "cart", "labels": {"app": "cart"}},
    "spec": {"replicas": 2, "minReadySeconds": 2, "selector": {"matchLabels": {"app": "cart"}},
      "template": {"metadata": {"labels": {"app": "cart"}},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "cart", "image": "localhost/busybox:1",
          "imagePullPolicy": "Never", "command": ["/bin/sh", "-c", "test \"$JAVA_TOOL_OPTIONS\" != \"-Xmx48m\" || exit 3; trap 'exit 0' TERM; while true; do sleep 1; done"],
          "env": [{"name": "JAVA_TOOL_OPTIONS", "value": "-Xmx64m"}],
          "resources": {"limits": {"cpu": "200m", "memory": "128Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}}}]}}}})");
  made["kind"] = kind;
  made["metadata"]["namespace"] = space;
  if (kind == "Deployment") made["spec"]["strategy"] = {{"rollingUpdate", {{"maxUnavailable", 0}, {"maxSurge", 1}}}};
  if (kind == "StatefulSet") made["spec"]["serviceName"] = "cart";
  return made;
}

constexpr const char* kDocument = R"(apiVersion: trimtab.dev/v1
kind: Application
name: cart
components:
  - {name: container, pack: container, labels: {container: cart}}
  - {name: jvm, pack: jvm, labels: {container: cart}}
  - {name: web, pack: spring_web, labels: {container: cart}}
platform: {kind: kubernetes, kubeconfig: "@KUBECONFIG@", namespace: @SPACE@, @MORE@, rollout_timeout: 90s, resize_timeout: 20s}
prometheus: {url: "http://127.0.0.1:9"}
load: web.arrivals
parameters:
  - {name: container.cpu_limit, min: 0.05, max: 1}
  - {name: container.cpu_request, min: 0.01, max: 1}
  - {name: container.memory_limit, min: 64, max: 256}
  - {name: jvm.heap, min: 32, max: 256}
goal: {minimize: container.cpu_limit}
slos:
  - web.p95 <= 250 ms
cadence: {window: 10s, step: 2s, guard_every: 5s, settle: 5s}
prices: {currency: EUR, cpu_core_month: 18, memory_gib_month: 2.5}
)";

inline void replace(std::string& text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
}

class PlatformOnCluster : public ::testing::Test {
 protected:
  explicit PlatformOnCluster(std::string kind = "Deployment") : kind_(std::move(kind)) {}

  void SetUp() override {
    auto access = kubernetes::load_access(kubernetes::access_options_from_environment("", ""));
    ASSERT_TRUE(access) << access.error().to_string();
    client_ = std::make_unique<kubernetes::Client>(*access, clock_);
    space_ = std::string("test-") + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::transform(space_.begin(), space_.end(), space_.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const Json made{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", space_}}}};
    ASSERT_TRUE(client_->create("/api/v1/namespaces", made));
    const auto created = client_->create(path(""), workload(kind_, space_));
    ASSERT_TRUE(created) << created.error().to_string();
    platform_ = open("first");
    second_ = open("second");
    ASSERT_TRUE(healthy()) << "the workload did not start";
  }
  void TearDown() override {
    if (client_ != nullptr) {
      EXPECT_TRUE(client_->remove("/api/v1/namespaces/" + space_));
    }
  }

  // `more`: further fields of the block platform, instead of the workload's name.
  std::unique_ptr<KubernetesPlatform> open(const std::string& holder, std::string more = "workload: cart",
                                           std::unique_ptr<engine::MetricSource> metrics = nullptr) {
    if (kind_ != "Deployment") more += ", workload_kind: " + kind_;
    auto packs = packs::PackLibrary::embedded();
    const char* limited = std::getenv("TRIMTAB_LIVE_KUBECONFIG");
    std::string text = kDocument;
    replace(text, "@SPACE@", space_);
    replace(text, "@MORE@", more);
    replace(text, "@KUBECONFIG@", limited == nullptr ? "" : limited);
    const auto application = packs::read_application(text, "cart.yaml", *packs);
    EXPECT_TRUE(application) << application.error().to_string();
    auto opened = KubernetesPlatform::create(*application, *packs, clock_, {holder, std::move(metrics), {}});
    EXPECT_TRUE(opened) << opened.error().to_string();
    return std::move(*opened);
  }

  template <class Condition>
  bool eventually(Condition condition, std::chrono::seconds limit = 120s) {
    for (const auto until = std::chrono::steady_clock::now() + limit; std::chrono::steady_clock::now() < until;) {
      if (condition()) return true;
      std::this_thread::sleep_for(200ms);
    }
    return false;
  }
  bool healthy() {
    return eventually([&] {
      const auto live = platform_->read_live(10s);
      return live && live->healthy;
    });
  }
  Result<engine::LiveState> apply(KubernetesPlatform& platform, const std::string& decision,
                                  const model::Configuration& target, const std::string& expected = {},
                                  const std::function<void()>& at_first_progress = {}) {
    bool first = true;
    return platform.apply(
        {"cart", decision, target, expected, false},
        [&](const engine::Progress& p) {
          std::cout << "  " << p.step << '\n';
          if (std::exchange(first, false) && at_first_progress) at_first_progress();
        },
        {}, 180s);
  }
  std::string path(const std::string& name) const {
    return kubernetes::resource("apps/v1", space_, kind_ == "Deployment" ? "deployments" : "statefulsets", name);
  }
  Json live_workload() {
    const auto live = client_->get(path("cart"));
    return live ? *live : Json();
  }
  Json template_container() { return live_workload()["spec"]["template"]["spec"]["containers"][0]; }

  const std::string kind_;
  SystemClock clock_;
  std::string space_;
  std::unique_ptr<kubernetes::Client> client_;  // an administrator's
  std::unique_ptr<KubernetesPlatform> platform_;
  std::unique_ptr<KubernetesPlatform> second_;
};

}  // namespace trimtab::platform
