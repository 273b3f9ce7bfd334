#include "server/application_resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/runner_world.h"
#include "store/memory_store.h"

namespace trimtab::server {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

Json resource(const std::string& space, const std::string& name, Json spec = Json::object(), int generation = 1) {
  spec["platform"]["kind"] = "kubernetes";
  return {{"metadata", {{"namespace", space}, {"name", name}, {"uid", space + name}, {"generation", generation}}},
          {"spec", std::move(spec)}};
}

const Json& condition(const Json& status, const std::string& type) {
  static const Json kNone;
  for (const Json& one : status.at("conditions")) {
    if (one.at("type") == type) return one;
  }
  return kNone;
}

// A cluster of resources around the runner of the engine's stories.
struct ResourcesTest : testing::Test {
  store::MemoryStore store;
  engine::story::World world;
  ManualClock clock;
  std::unique_ptr<LiveRunner> runner = start_runner();
  std::map<std::string, Json> statuses;  // by key
  int writes = 0;
  bool cluster_away = false;
  std::unique_ptr<ApplicationResources> resources = start();

  std::unique_ptr<LiveRunner> start_runner() {
    Collaborators made = world_collaborators(world, clock);
    made.read = [read = made.read](const std::string& document, const std::string& file) -> Result<model::Application> {
      const Json parsed = Json::parse(document);
      if (parsed.contains("slos")) return fail(invalid_input("is no formula", "slos[0]", "write metric <= number"));
      auto application = read(document, file);
      application->name = parsed.at("name").get<std::string>();
      if (parsed.contains("mode")) application->policy.mode = *model::parse_mode(parsed["mode"].get<std::string>());
      return application;
    };
    return LiveRunner::start(store, clock, std::move(made), {Threading::kNone, CrashPoint()}).value();
  }
  std::unique_ptr<ApplicationResources> start(const std::string& scope = "https://one:6443") {
    return std::make_unique<ApplicationResources>(
        *runner, clock, scope, [this](const ApplicationResource& about, const Json& status) -> Result<Json> {
          if (cluster_away) return fail(unavailable("no answer"));
          ++writes;
          statuses[key_of(about)] = status;
          return Json{{"status", status}};
        });
  }
  void run() { EXPECT_LE(resources->run_due(), Duration(std::chrono::minutes(1))); }
};

TEST_F(ResourcesTest, EnrolsTellsAndRemoves) {
  resources->set(resource("shop", "cart"));
  run();
  ASSERT_TRUE(runner->application("cart"));
  EXPECT_EQ(Json::parse(runner->application("cart")->application.source_text)["platform"]["namespace"], "shop");
  const Json status = statuses.at("shop/cart");
  EXPECT_EQ(status["observedGeneration"], 1);
  EXPECT_EQ(status["phase"], "Starting");
  EXPECT_EQ(condition(status, "Accepted")["status"], "True");
  EXPECT_EQ(condition(status, "Healthy")["status"], "Unknown");

  clock.advance(std::chrono::seconds(5));
  runner->run_due();
  resources->notice("cart");
  run();
  const Json later = statuses.at("shop/cart");
  EXPECT_EQ(later["phase"], "Observing");
  EXPECT_EQ(condition(later, "Healthy")["status"], "True");
  EXPECT_EQ(condition(later, "Accepted")["lastTransitionTime"], condition(status, "Accepted")["lastTransitionTime"]);
  EXPECT_NE(condition(later, "Healthy")["lastTransitionTime"], condition(status, "Healthy")["lastTransitionTime"]);
  EXPECT_FALSE(later["configuration"].empty());

  resources->remove(resource("shop", "cart"));
  run();
  EXPECT_FALSE(runner->application("cart"));
}

TEST_F(ResourcesTest, WhatDoesNotChangeIsNotWritten) {
  resources->set(resource("shop", "cart"));
  run();
  const int before = writes;
  Json echo = resource("shop", "cart");  // the watch shows our own status
  echo["status"] = statuses.at("shop/cart");
  for (int i = 0; i < 3; ++i) {
    resources->set(echo);
    resources->notice_all();
    run();
  }
  EXPECT_EQ(writes, before);
  // A status that somebody changed is set right.
  echo["status"]["phase"] = "Kept";
  resources->set(echo);
  run();
  EXPECT_EQ(statuses.at("shop/cart")["phase"], "Starting");
  EXPECT_EQ(writes, before + 1);
}

TEST_F(ResourcesTest, ADocumentThatCannotBeUsedNamesItsFieldAndChangesNothing) {
  resources->set(resource("shop", "cart", {{"slos", Json::array({"p95 <"})}}));
  run();
  EXPECT_FALSE(runner->application("cart"));
  EXPECT_EQ(statuses.at("shop/cart")["phase"], "Invalid");
  EXPECT_THAT(condition(statuses.at("shop/cart"), "Accepted")["message"].get<std::string>(),
              HasSubstr("spec.slos[0]: is no formula"));

  resources->set(resource("shop", "cart", {{"mode", "observe"}}, 2));
  run();
  ASSERT_TRUE(runner->application("cart"));
  resources->set(resource("shop", "cart", {{"slos", Json::array({"p95 <"})}}, 3));
  run();
  ASSERT_TRUE(runner->application("cart"));
  const Json& status = statuses.at("shop/cart");
  EXPECT_EQ(status["observedGeneration"], 3);
  EXPECT_EQ(condition(status, "Accepted")["reason"], "InvalidDocument");
  EXPECT_THAT(status["message"].get<std::string>(), HasSubstr("the document before stays in force"));
}

TEST_F(ResourcesTest, AModeThatTheDocumentChangesIsSet) {
  resources->set(resource("shop", "cart", {{"mode", "observe"}}));
  run();
  EXPECT_EQ(runner->application("cart")->state.mode, model::Mode::kObserve);
  resources->set(resource("shop", "cart", {{"mode", "autonomous"}}, 2));
  run();
  EXPECT_EQ(runner->application("cart")->state.mode, model::Mode::kAutonomous);
  // What a person set stays while the document says the same of it.
  ASSERT_TRUE(runner->set_mode("cart", model::Mode::kRecommend, "ann"));
  resources->set(resource("shop", "cart", {{"mode", "autonomous"}, {"description", "a cart"}}, 3));
  run();
  EXPECT_EQ(runner->application("cart")->state.mode, model::Mode::kRecommend);
}

TEST_F(ResourcesTest, ReachesNeitherOtherNamespacesNorFilesOfTheServer) {
  const std::vector<std::pair<Json, std::string>> refused{
      {{{"platform", {{"namespace", "other"}}}}, "spec.platform.namespace"},
      {{{"platform", {{"kubeconfig", "/root/.kube/config"}}}}, "spec.platform.kubeconfig"},
      {{{"platform", {{"context", "production"}}}}, "spec.platform.context"},
      {{{"prometheus", {{"token_file", "/etc/shadow"}}}}, "spec.prometheus.token_file"}};
  for (const auto& [spec, field] : refused) {
    resources->set(resource("shop", "cart", spec));
    run();
    EXPECT_FALSE(runner->application("cart")) << field;
    const Json& accepted = condition(statuses.at("shop/cart"), "Accepted");
    EXPECT_EQ(accepted["reason"], "NotAllowed");
    EXPECT_THAT(accepted["message"].get<std::string>(), HasSubstr(field));
  }
  Json local = resource("shop", "cart");
  local["spec"]["platform"]["kind"] = "local";
  resources->set(local);
  run();
  EXPECT_FALSE(runner->application("cart"));
}

TEST_F(ResourcesTest, ANameIsItsFirstOwners) {
  ASSERT_TRUE(runner->enroll(R"({"name": "cart"})", "cart.yaml", "ann"));
  resources->set(resource("shop", "cart"));
  run();
  EXPECT_EQ(condition(statuses.at("shop/cart"), "Accepted")["reason"], "NameTaken");
  resources->remove(resource("shop", "cart"));
  run();
  EXPECT_TRUE(runner->application("cart")) << "what a person enrolled is a person's to remove";

  ASSERT_TRUE(runner->remove("cart", "ann"));
  resources->set(resource("shop", "cart"));
  resources->set(resource("billing", "cart"));
  run();
  EXPECT_EQ(condition(statuses.at("billing/cart"), "Accepted")["reason"], "Enrolled");
  EXPECT_EQ(condition(statuses.at("shop/cart"), "Accepted")["reason"], "NameTaken");
  // It becomes free.
  resources->remove(resource("billing", "cart"));
  clock.advance(std::chrono::seconds(10));
  run();
  EXPECT_EQ(condition(statuses.at("shop/cart"), "Accepted")["reason"], "Enrolled");
}

TEST_F(ResourcesTest, WhatWasDeletedWhileNoServerRanIsRemoved) {
  resources->set_all("", {{"1", resource("shop", "cart")}, {"2", resource("shop", "basket")}});
  run();
  ASSERT_TRUE(runner->application("basket"));
  ASSERT_TRUE(runner->enroll(R"({"name": "other"})", "other.yaml", "ann"));

  resources = start("https://another:6443");  // another cluster says nothing about these
  resources->set_all("", {});
  run();
  EXPECT_TRUE(runner->application("cart"));

  resources = start();
  resources->set_all("billing", {});  // nor does another namespace
  run();
  EXPECT_TRUE(runner->application("cart"));
  resources->set_all("", {{"1", resource("shop", "cart")}});
  run();
  EXPECT_TRUE(runner->application("cart"));
  EXPECT_FALSE(runner->application("basket"));
  EXPECT_TRUE(runner->application("other"));
}

TEST_F(ResourcesTest, AStatusThatCannotBeWrittenIsWrittenLater) {
  cluster_away = true;
  resources->set(resource("shop", "cart"));
  run();
  ASSERT_TRUE(runner->application("cart"));
  EXPECT_TRUE(statuses.empty());
  cluster_away = false;
  clock.advance(std::chrono::seconds(6));
  run();
  EXPECT_EQ(condition(statuses.at("shop/cart"), "Accepted")["status"], "True");
}

}  // namespace
}  // namespace trimtab::server
