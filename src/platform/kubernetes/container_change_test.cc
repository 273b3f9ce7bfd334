#include "platform/kubernetes/container_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "platform/kubernetes/workload_view.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// An application with a container and a JVM, from the packs that are embedded.
Stack stack() {
  auto packs = packs::PackLibrary::embedded();
  EXPECT_TRUE(packs);
  model::Application application;
  application.components = {{"container", "container", {}, {}, {}, {}}, {"jvm", "jvm", {}, {}, {}, {}}};
  std::vector<model::Parameter> parameters;
  for (const char* name :
       {"container.cpu_limit", "container.memory_limit", "container.cpu_request", "jvm.heap", "jvm.gc"}) {
    const std::string full = name;
    const auto dot = full.find('.');
    const packs::PackParameter* known = packs->find(full.substr(0, dot))->find_parameter(full.substr(dot + 1));
    model::Parameter parameter = known->parameter;
    parameter.name = full;
    parameters.push_back(parameter);
  }
  auto space = model::Space::create(parameters, {});
  EXPECT_TRUE(space);
  application.space = std::move(*space);
  auto made = Stack::create(application, *packs);
  EXPECT_TRUE(made);
  return std::move(*made);
}

const Json kShop = Json::parse(R"({"name": "shop", "image": "localhost/shop:1",
  "args": ["-Xmx512m", "-XX:+UseG1GC", "-jar", "/srv/shop.jar"],
  "env": [{"name": "OTHER", "value": "x"}],
  "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "350m", "memory": "1Gi"}}})");

TEST(ContainerChange, ReadsWhatAContainerShows) {
  const model::Configuration live = read_container(kShop, {}, stack());
  EXPECT_EQ(live.number("container.cpu_limit"), 1);
  EXPECT_EQ(live.number("container.cpu_request"), 0.35);
  EXPECT_EQ(live.number("container.memory_limit"), 1024);
  EXPECT_EQ(live.number("jvm.heap"), 512);
  EXPECT_EQ(live.find("jvm.gc")->text(), "G1");
}

TEST(ContainerChange, WhatIsInForceWinsOverWhatIsAskedFor) {
  const Json actual = {{"limits", {{"cpu", "500m"}}}};
  EXPECT_EQ(read_container(kShop, actual, stack()).number("container.cpu_limit"), 0.5);
}

TEST(ContainerChange, FlagsAreReplacedWhereTheyStand) {
  const model::Configuration target{{"container.cpu_limit", 0.5}, {"jvm.gc", "Serial"}, {"jvm.heap", 384.0}};
  const auto changed = changed_container(kShop, target, stack(), "JAVA_TOOL_OPTIONS");
  ASSERT_TRUE(changed) << changed.error().to_string();
  const Json& args = (*changed)["args"];
  EXPECT_EQ(args.size(), 4U);
  EXPECT_EQ(args[2], "-jar");
  EXPECT_TRUE(missing_values(read_container(*changed, {}, stack()), target).empty());
  EXPECT_EQ((*changed)["resources"]["limits"]["cpu"], "500m");
  EXPECT_EQ((*changed)["resources"]["limits"]["memory"], "1Gi");
  EXPECT_EQ((*changed)["env"].size(), 1U);
}

TEST(ContainerChange, FlagsGoBesideOthersInTheVariable) {
  Json container = kShop;
  container["args"] = {"-jar", "/srv/shop.jar"};
  container["env"].push_back({{"name", "JAVA_TOOL_OPTIONS"}, {"value", "-Dkept=1 -Xmx100m"}});
  const model::Configuration target{{"jvm.heap", 384.0}};
  const auto changed = changed_container(container, target, stack(), "JAVA_TOOL_OPTIONS");
  ASSERT_TRUE(changed) << changed.error().to_string();
  EXPECT_EQ((*changed)["env"][1]["value"], "-Dkept=1 -Xmx384m");
  const Json owned = owned_fields(*changed, container, target, stack(), "JAVA_TOOL_OPTIONS");
  ASSERT_EQ(owned["env"].size(), 1U);
  EXPECT_EQ(owned["env"][0]["name"], "JAVA_TOOL_OPTIONS");
  EXPECT_FALSE(owned.contains("args"));
  EXPECT_FALSE(owned.contains("image"));
}

TEST(ContainerChange, WhatWasOwnedStaysOwned) {
  // Only the CPU changes: the command line that holds flags must be applied again, or it would be taken away.
  const model::Configuration target{{"container.cpu_limit", 0.5}, {"jvm.gc", "G1"}, {"jvm.heap", 512.0}};
  const auto changed = changed_container(kShop, target, stack(), "JAVA_TOOL_OPTIONS");
  ASSERT_TRUE(changed);
  const Json owned = owned_fields(*changed, kShop, target, stack(), "JAVA_TOOL_OPTIONS");
  EXPECT_EQ(owned["args"].size(), 4U);
  EXPECT_EQ(owned["resources"]["limits"]["memory"], "1Gi");
  EXPECT_EQ(owned["resources"]["requests"]["cpu"], "350m");
}

TEST(ContainerChange, RefusesWhatWouldNotWin) {
  Json container = kShop;
  container["args"] = {"-jar", "/srv/shop.jar"};
  container["env"].push_back({{"name", "_JAVA_OPTIONS"}, {"value", "-Xmx100m"}});
  const auto changed = changed_container(container, {{"jvm.heap", 384.0}}, stack(), "JAVA_TOOL_OPTIONS");
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, Code::kInvalidInput);
  container["env"].push_back({{"name", "JAVA_TOOL_OPTIONS"}, {"valueFrom", Json::object()}});
  EXPECT_FALSE(changed_container(container, {{"jvm.heap", 384.0}}, stack(), "JAVA_TOOL_OPTIONS"));
}

TEST(WorkloadView, StateSurvivesTheAnnotation) {
  ChangeState state;
  state.completed = "d-1";
  state.under_way = "d-2";
  state.changed_at = Instant{1'700'000'000'000'000};
  state.before = kShop.dump();
  state.before_mark = "abc";
  const Json workload = {{"metadata", {{"annotations", {{kStateAnnotation, write_state(state)}}}}}};
  const ChangeState read = read_state(workload);
  EXPECT_EQ(read.completed, "d-1");
  EXPECT_EQ(read.under_way, "d-2");
  EXPECT_EQ(read.changed_at, state.changed_at);
  EXPECT_EQ(Json::parse(read.before), kShop);
  EXPECT_TRUE(read_state({{"metadata", {{"annotations", {{kStateAnnotation, "{damaged"}}}}}}).completed.empty());
}

Json deployment(int replicas, int updated, int available, int all) {
  return {
      {"kind", "Deployment"},
      {"metadata", {{"generation", 3}}},
      {"spec", {{"replicas", replicas}}},
      {"status",
       {{"observedGeneration", 3}, {"updatedReplicas", updated}, {"availableReplicas", available}, {"replicas", all}}}};
}

Json pod(const std::string& decision, const Json& container_status) {
  return {{"metadata", {{"name", "shop-1"}, {"annotations", {{"trimtab.dev/decision", decision}}}}},
          {"status",
           {{"conditions", {{{"type", "Ready"}, {"status", "True"}}}}, {"containerStatuses", {container_status}}}}};
}

TEST(WorkloadView, ARolloutIsDoneWhenNothingOldIsLeft) {
  EXPECT_TRUE(rollout_status(deployment(2, 2, 2, 2), {}, "shop", "d").done);
  EXPECT_FALSE(rollout_status(deployment(2, 2, 2, 3), {}, "shop", "d").done);
  EXPECT_FALSE(rollout_status(deployment(2, 1, 2, 2), {}, "shop", "d").done);
  Json stale = deployment(2, 2, 2, 2);
  stale["metadata"]["generation"] = 4;
  EXPECT_FALSE(rollout_status(stale, {}, "shop", "d").done);
}

TEST(WorkloadView, ACrashingNewReplicaEndsARollout) {
  const Json crashing = {
      {"name", "shop"}, {"restartCount", 2}, {"lastState", {{"terminated", {{"reason", "OOMKilled"}}}}}};
  EXPECT_THAT(rollout_status(deployment(2, 1, 1, 3), {pod("d", crashing)}, "shop", "d").failure,
              HasSubstr("OOMKilled"));
  EXPECT_EQ(rollout_status(deployment(2, 1, 1, 3), {pod("older", crashing)}, "shop", "d").failure, "");
}

TEST(WorkloadView, AResizeIsDoneWhenItIsInForce) {
  const Json wanted = {{"limits", {{"cpu", "0.5"}}}};
  const auto in_force = [](const char* cpu) {
    return pod("d", {{"name", "shop"}, {"resources", {{"limits", {{"cpu", cpu}}}}}});
  };
  EXPECT_TRUE(resize_status(in_force("500m"), "shop", wanted).done);
  EXPECT_FALSE(resize_status(in_force("1"), "shop", wanted).done);
  Json infeasible = in_force("1");
  infeasible["status"]["conditions"].push_back(
      {{"type", "PodResizePending"}, {"status", "True"}, {"reason", "Infeasible"}});
  EXPECT_THAT(resize_status(infeasible, "shop", wanted).failure, HasSubstr("Infeasible"));
}

TEST(WorkloadView, AResizePolicyMaySayRestart) {
  const Json policy = {{"resizePolicy",
                        {{{"resourceName", "cpu"}, {"restartPolicy", "NotRequired"}},
                         {{"resourceName", "memory"}, {"restartPolicy", "RestartContainer"}}}}};
  const auto limits = [](const char* cpu, const char* memory) {
    return Json{{"limits", {{"cpu", cpu}, {"memory", memory}}}};
  };
  EXPECT_FALSE(resize_restarts(policy, limits("1", "1Gi"), limits("500m", "1024Mi")));
  EXPECT_TRUE(resize_restarts(policy, limits("1", "1Gi"), limits("1", "512Mi")));
  EXPECT_FALSE(resize_restarts(Json::object(), limits("1", "1Gi"), limits("1", "512Mi")));
}

TEST(Stack, AnAutoscalersParametersAreNotTheProcesss) {
  const Stack plain = stack();
  EXPECT_FALSE(plain.has_autoscaler());
  const model::Configuration all{{"container.cpu_limit", 0.5}};
  EXPECT_EQ(plain.part(all, false), all);
  EXPECT_TRUE(plain.part(all, true).empty());
}

}  // namespace
}  // namespace trimtab::platform
