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
#include "platform/kubernetes/kubernetes_integration_documents.h"
#include "platform/kubernetes/kubernetes_platform.h"

namespace trimtab::platform {

using namespace std::chrono_literals;

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
    if (scaled_) {
      replace(text, "components:", "components:\n  - {name: hpa, pack: hpa, labels: {}}");
      replace(
          text, "parameters:",
          "parameters:\n  - {name: hpa.min_replicas, min: 1, max: 4}\n  - {name: hpa.max_replicas, min: 2, max: 8}\n"
          "  - {name: hpa.cpu_target, min: 20, max: 95}\n  - {name: hpa.scale_down_window, min: 0, max: 600}");
    }
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
  // Calls `at` when a step has `text` in it. It may throw Died, which leaves everything as a process that was killed
  // would.
  struct Died {};
  template <class At>
  Result<engine::LiveState> apply_until(KubernetesPlatform& platform, const engine::ApplyRequest& request,
                                        const std::string& text, At at, std::stop_token stop = {}) {
    return platform.apply(
        request,
        [&](const engine::Progress& p) {
          std::cout << "  " << p.step << '\n';
          if (p.step.find(text) != std::string::npos) at();
        },
        std::move(stop), 180s);
  }
  void die_at(KubernetesPlatform& platform, const engine::ApplyRequest& request, const std::string& text) {
    try {
      const auto ended = apply_until(platform, request, text, [] { throw Died{}; });
      ADD_FAILURE() << "it ended before: " << (ended ? "well" : ended.error().to_string());
    } catch (const Died&) {
    }
  }
  void annotate(const std::string& name, const Json& value) {
    const Json body{{"metadata", {{"annotations", {{name, value}}}}}};
    EXPECT_TRUE(client_->patch(path("cart"), kubernetes::PatchKind::kMerge, body));
  }
  std::string lease_path() const {
    return kubernetes::resource("coordination.k8s.io/v1", space_, "leases", "trimtab-cart");
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
  bool scaled_ = false;  // the settings of an autoscaler are parameters too
  SystemClock clock_;
  std::string space_;
  std::unique_ptr<kubernetes::Client> client_;  // an administrator's
  std::unique_ptr<KubernetesPlatform> platform_;
  std::unique_ptr<KubernetesPlatform> second_;
};

inline model::Configuration with(model::Configuration configuration, const std::string& name, double value) {
  configuration.set(name, value);
  return configuration;
}

// As the engine does: the same decision again while it may be tried again.
template <class Apply>
Result<engine::LiveState> until_done(Apply apply) {
  Result<engine::LiveState> live = fail(internal_error("not run"));
  for (int tries = 0; tries < 40 && !live; ++tries) {
    live = apply();
    if (live || !(properties(live.error().code).retryable || live.error().code == Code::kConflict)) break;
    std::cout << "  " << live.error().to_string() << '\n';
    std::this_thread::sleep_for(1s);
  }
  return live;
}

}  // namespace trimtab::platform
