#include "platform/kubernetes/disruption_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;

Json deployment(int replicas, const Json& rolling) {
  return {{"kind", "Deployment"},
          {"metadata", {{"name", "cart"}}},
          {"spec",
           {{"replicas", replicas},
            {"strategy", {{"type", "RollingUpdate"}, {"rollingUpdate", rolling}}},
            {"template", {{"metadata", {{"labels", {{"app", "cart"}, {"tier", "web"}}}}}}}}}};
}

Json budget(int allowed, const Json& selector = {{"matchLabels", {{"app", "cart"}}}}) {
  return {{"metadata", {{"namespace", "shop"}, {"name", "cart"}, {"generation", 2}}},
          {"spec", {{"selector", selector}}},
          {"status", {{"observedGeneration", 2}, {"disruptionsAllowed", allowed}}}};
}

TEST(MostUnavailable, IsWhatTheStrategySays) {
  EXPECT_EQ(most_unavailable(deployment(4, {{"maxUnavailable", 0}, {"maxSurge", 1}})), 0);
  EXPECT_EQ(most_unavailable(deployment(4, {{"maxUnavailable", 3}})), 3);
  EXPECT_EQ(most_unavailable(deployment(2, {{"maxUnavailable", 3}})), 2);
  EXPECT_EQ(most_unavailable(deployment(10, {{"maxUnavailable", "39%"}})), 3) << "rounded down";
  EXPECT_EQ(most_unavailable(deployment(8, Json())), 2) << "a quarter by default";
  EXPECT_EQ(most_unavailable(deployment(3, {{"maxUnavailable", "10%"}, {"maxSurge", 0}})), 1) << "it must get on";
  Json recreated = deployment(3, Json());
  recreated["spec"]["strategy"]["type"] = "Recreate";
  EXPECT_EQ(most_unavailable(recreated), 3);
  EXPECT_EQ(most_unavailable({{"kind", "StatefulSet"}, {"spec", {{"replicas", 3}}}}), 1);
}

TEST(DisruptionBudget, RefusesWhatTakesMoreThanItAllows) {
  const Json rolls = deployment(4, {{"maxUnavailable", 2}});
  EXPECT_TRUE(check_disruption_budgets({}, rolls));
  EXPECT_TRUE(check_disruption_budgets({budget(2)}, rolls));
  const auto refused = check_disruption_budgets({budget(3), budget(1)}, rolls);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalidInput);
  EXPECT_EQ(refused.error().message,
            "the PodDisruptionBudget shop/cart lets 1 more pods be away, a rollout of cart takes 2");
  EXPECT_TRUE(check_disruption_budgets({budget(0)}, deployment(4, {{"maxUnavailable", 0}}))) << "new pods come first";
  EXPECT_FALSE(check_disruption_budgets({budget(0)}, deployment(1, {{"maxUnavailable", 1}})));
}

TEST(DisruptionBudget, WithoutACurrentStatusNothingIsAllowed) {
  Json stale = budget(3);
  stale["status"]["observedGeneration"] = 1;
  EXPECT_FALSE(check_disruption_budgets({stale}, deployment(4, {{"maxUnavailable", 1}})));
  stale.erase("status");
  EXPECT_FALSE(check_disruption_budgets({stale}, deployment(4, {{"maxUnavailable", 1}})));
}

TEST(DisruptionBudget, CountsOnlyForThePodsItSelects) {
  const Json labels{{"app", "cart"}, {"tier", "web"}};
  const auto by = [](const char* key, const char* operation, const Json& values) {
    return Json{{"matchExpressions", Json::array({{{"key", key}, {"operator", operation}, {"values", values}}})}};
  };
  EXPECT_TRUE(selects(Json::object(), labels));
  EXPECT_FALSE(selects(Json(), labels));
  EXPECT_FALSE(selects({{"matchLabels", {{"app", "cart"}, {"tier", "db"}}}}, labels));
  EXPECT_TRUE(selects(by("app", "In", {"cart", "shop"}), labels));
  EXPECT_FALSE(selects(by("app", "NotIn", {"cart"}), labels));
  EXPECT_TRUE(selects(by("zone", "NotIn", {"a"}), labels));
  EXPECT_TRUE(selects(by("app", "Exists", Json()), labels));
  EXPECT_FALSE(selects(by("app", "DoesNotExist", Json()), labels));
  EXPECT_TRUE(check_disruption_budgets({budget(0, {{"matchLabels", {{"app", "other"}}}})}, deployment(4, Json())));
}

}  // namespace
}  // namespace trimtab::platform
