#include "platform/kubernetes/disturbance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;

Json condition(const char* type, const char* status, const char* reason = "", const char* at = "") {
  return {{"type", type}, {"status", status}, {"reason", reason}, {"lastTransitionTime", at}};
}

Json node(std::vector<Json> conditions, const Json& spec = Json::object()) {
  return {
      {"metadata", {{"name", "worker-1"}}}, {"spec", spec}, {"status", {{"conditions", Json(std::move(conditions))}}}};
}

Json pod(std::vector<Json> conditions) {
  return {{"metadata", {{"name", "cart-1"}}}, {"status", {{"conditions", Json(std::move(conditions))}}}};
}

TEST(NodeTrouble, IsWhatItsConditionsSay) {
  const Json ready = condition("Ready", "True", "KubeletReady");
  EXPECT_EQ(node_trouble(node({ready, condition("MemoryPressure", "False")})), "");
  EXPECT_EQ(node_trouble(node({condition("Ready", "Unknown", "NodeStatusUnknown")})),
            "node worker-1 is not ready (NodeStatusUnknown)");
  EXPECT_EQ(node_trouble(node({ready, condition("MemoryPressure", "True")})), "node worker-1 is under memory pressure");
  EXPECT_EQ(node_trouble(node({ready, condition("DiskPressure", "True")})), "node worker-1 is under disk pressure");
  EXPECT_EQ(node_trouble(node({ready}, {{"unschedulable", true}})), "node worker-1 is cordoned");
  EXPECT_EQ(node_trouble(Json::object()), "node  is not ready ()") << "a node that says nothing is not well";
}

TEST(Eviction, IsSeenInPodsThatStayAndInThoseThatHaveGone) {
  const Instant since = *parse_rfc3339("2026-05-04T10:00:00Z");
  const Json drained = pod({condition("DisruptionTarget", "True", "EvictionByEvictionAPI", "2026-05-04T09:00:00Z")});
  EXPECT_EQ(eviction({pod({condition("Ready", "True")})}, {}, since), "");
  EXPECT_EQ(eviction({drained}, {}, since), "pod cart-1 is taken away by the cluster (EvictionByEvictionAPI)");
  EXPECT_EQ(eviction({}, {drained}, since), "") << "long ago";
  const Json pressed = pod({condition("DisruptionTarget", "True", "TerminationByKubelet", "2026-05-04T10:01:00Z")});
  EXPECT_EQ(eviction({}, {pressed}, since), "pod cart-1 is taken away by the cluster (TerminationByKubelet)");
  EXPECT_EQ(eviction({Json::object(), Json()}, {Json("text")}, since), "");
}

Json workload(const char* kind, const Json& status) {
  return {{"kind", kind}, {"spec", {{"replicas", 3}, {"template", {{"spec", "now"}}}}}, {"status", status}};
}

TEST(RolloutOfOthers, IsOneThatTrimtabDidNotLeave) {
  const Json rolls = workload("Deployment", {{"replicas", 4}, {"updatedReplicas", 1}});
  ChangeState state;
  EXPECT_EQ(rollout_of_others(rolls, state), "a rollout by somebody else is under way: 1 of 4 replicas are new");
  state.under_way = "01J";
  EXPECT_EQ(rollout_of_others(rolls, state), "") << "ours";
  state.under_way.clear();
  state.left = template_mark(rolls);
  EXPECT_EQ(rollout_of_others(rolls, state), "") << "the end of ours: nothing was written since";
  state.left = template_mark({{"spec", {{"template", "of before"}}}});
  EXPECT_NE(rollout_of_others(rolls, state), "");
}

TEST(RolloutOfOthers, ScalingIsNone) {
  EXPECT_EQ(rollout_of_others(workload("Deployment", {{"replicas", 2}, {"updatedReplicas", 2}}), {}), "");
  EXPECT_EQ(rollout_of_others(workload("Deployment", Json::object()), {}), "");
  EXPECT_EQ(rollout_of_others(
                workload("StatefulSet",
                         {{"replicas", 2}, {"updatedReplicas", 2}, {"currentRevision", "a"}, {"updateRevision", "a"}}),
                {}),
            "");
}

TEST(RolloutOfOthers, AStatefulSetHasTwoRevisionsMeanwhile) {
  const Json rolls = workload(
      "StatefulSet", {{"replicas", 3}, {"updatedReplicas", 2}, {"currentRevision", "a"}, {"updateRevision", "b"}});
  EXPECT_EQ(rollout_of_others(rolls, {}), "a rollout by somebody else is under way: 2 of 3 replicas are new");
}

}  // namespace
}  // namespace trimtab::platform
