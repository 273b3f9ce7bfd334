#include "platform/kubernetes/autoscaler_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const Json kScaler = Json::parse(R"({"metadata": {"name": "cart"}, "spec": {"minReplicas": 2, "maxReplicas": 6,
  "metrics": [{"type": "Pods", "pods": {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": "5"}}},
    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}]}})");

TEST(Autoscaler, ShowsItsSettingsAndKubernetesDefaults) {
  EXPECT_THAT(read_autoscaler(kScaler),
              UnorderedElementsAre(Pair("min_replicas", 2), Pair("max_replicas", 6), Pair("cpu_target", 70),
                                   Pair("scale_down_window", 300), Pair("scale_up_window", 0)));
  Json with = kScaler;
  with["spec"].erase("minReplicas");
  with["spec"]["behavior"] = Json::parse(R"({"scaleDown": {"stabilizationWindowSeconds": 60,
      "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
    "scaleUp": {"policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}]}})");
  const ScalerValues values = read_autoscaler(with);
  EXPECT_EQ(values.at("min_replicas"), 1);
  EXPECT_EQ(values.at("scale_down_window"), 60);
  EXPECT_EQ(values.at("scale_down_percent"), 100);
  EXPECT_FALSE(values.contains("scale_up_percent")) << "two policies are not one share";
}

TEST(Autoscaler, DamagedOnesShowDefaults) {
  for (const Json& damaged : {Json(), Json{{"spec", 3}}, Json{{"spec", {{"metrics", {1, "x"}}, {"behavior", 4}}}}})
    EXPECT_EQ(read_autoscaler(damaged).at("min_replicas"), 1);
}

TEST(Autoscaler, AChangeHasEachFieldWholeAndNoOther) {
  const auto changed = changed_autoscaler(kScaler, {{"min_replicas", 3}, {"cpu_target", 55}});
  ASSERT_TRUE(changed) << changed.error().to_string();
  Json metrics = kScaler["spec"]["metrics"];
  metrics[1]["resource"]["target"]["averageUtilization"] = 55;
  EXPECT_EQ(*changed, (Json{{"minReplicas", 3}, {"metrics", metrics}}));
  const auto rules = changed_autoscaler(kScaler, {{"scale_down_window", 120}, {"scale_up_percent", 50}});
  ASSERT_TRUE(rules);
  EXPECT_EQ((*rules)["behavior"]["scaleDown"], (Json{{"stabilizationWindowSeconds", 120}}));
  EXPECT_EQ((*rules)["behavior"]["scaleUp"]["policies"][0]["value"], 50);
  EXPECT_EQ(rules->size(), 1U);
  // What was written is read.
  Json live = kScaler;
  live["spec"].update(*rules);
  EXPECT_EQ(read_autoscaler(live).at("scale_up_percent"), 50);
}

TEST(Autoscaler, ATargetOfWhatItDoesNotCountIsRefused) {
  const auto refused = changed_autoscaler(kScaler, {{"memory_target", 80}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalidInput);
  EXPECT_THAT(refused.error().message, HasSubstr("does not count memory"));
}

TEST(Autoscaler, TheSaferOfTwoKeepsMoreReplicas) {
  const ScalerValues from{{"min_replicas", 2}, {"max_replicas", 8}, {"cpu_target", 80}, {"scale_down_window", 300}};
  const ScalerValues to{{"min_replicas", 3}, {"max_replicas", 6}, {"cpu_target", 60}, {"scale_down_window", 60}};
  EXPECT_EQ(safer_of(from, to),
            (ScalerValues{{"min_replicas", 3}, {"max_replicas", 8}, {"cpu_target", 60}, {"scale_down_window", 300}}));
  EXPECT_EQ(safer_of(to, from).at("cpu_target"), 60);
}

TEST(Autoscaler, KedasAndArgosAreTheirs) {
  EXPECT_EQ(keeper_of(kScaler), "");
  Json keda = kScaler;
  keda["metadata"]["ownerReferences"] = {{{"kind", "ScaledObject"}, {"name", "cart"}}};
  EXPECT_EQ(keeper_of(keda), "ScaledObject cart");
  Json argo = kScaler;
  argo["metadata"]["annotations"] = {{"argocd.argoproj.io/tracking-id", "shop:x"}};
  EXPECT_EQ(keeper_of(argo), "Argo CD shop");
}

}  // namespace
}  // namespace trimtab::platform
