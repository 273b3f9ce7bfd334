#include "platform/kubernetes/admission_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

Json pod(const std::string& request, const std::string& limit) {
  return {{"containers", Json::array({{{"name", "cart"},
                                       {"resources", {{"requests", {{"cpu", request}}}, {"limits", {{"cpu", limit}}}}}},
                                      {{"name", "proxy"}, {"resources", {{"limits", {{"cpu", "100m"}}}}}}})}};
}

std::vector<Json> range(Json item) {
  return {{{"metadata", {{"namespace", "shop"}, {"name", "limits"}}},
           {"spec", {{"limits", Json::array({std::move(item)})}}}}};
}

std::string refusal(const Result<void>& result) {
  return result ? "" : result.error().message;
}

TEST(LimitRanges, BoundContainersPodsAndRatios) {
  const auto most = range({{"type", "Container"}, {"max", {{"cpu", "500m"}}}});
  EXPECT_TRUE(check_limit_ranges(most, pod("200m", "500m")));
  EXPECT_THAT(refusal(check_limit_ranges(most, pod("200m", "600m"))),
              HasSubstr("the cpu limit of container cart would be 600m, the LimitRange shop/limits has max 500m"));
  const auto least = range({{"type", "Container"}, {"min", {{"cpu", "100m"}}}});
  EXPECT_TRUE(check_limit_ranges(least, pod("100m", "1"))) << "the proxy's request is its limit";
  EXPECT_THAT(refusal(check_limit_ranges(least, pod("50m", "1"))), HasSubstr("min 100m"));
  const auto ratio = range({{"type", "Container"}, {"maxLimitRequestRatio", {{"cpu", "2"}}}});
  EXPECT_TRUE(check_limit_ranges(ratio, pod("200m", "400m")));
  EXPECT_THAT(refusal(check_limit_ranges(ratio, pod("200m", "500m"))), HasSubstr("2.5 times its request"));
  const auto whole = range({{"type", "Pod"}, {"max", {{"cpu", "600m"}}}});
  EXPECT_TRUE(check_limit_ranges(whole, pod("200m", "500m")));
  EXPECT_FALSE(check_limit_ranges(whole, pod("200m", "501m")));
}

TEST(LimitRanges, DamagedOnesSayNothing) {
  EXPECT_TRUE(check_limit_ranges({Json(), Json{{"spec", 3}}, range(Json("x"))[0]}, pod("1", "1")));
}

struct Quotas : testing::Test {
  Json workload{{"kind", "Deployment"},
                {"spec",
                 {{"replicas", 4},
                  {"strategy", {{"rollingUpdate", {{"maxSurge", "25%"}}}}},
                  {"template", {{"spec", pod("200m", "400m")}}}}}};
  std::vector<Json> quota(const std::string& name, const std::string& hard, const std::string& used) {
    return {{{"metadata", {{"namespace", "shop"}, {"name", "team"}}},
             {"spec", Json::object()},
             {"status", {{"hard", {{name, hard}}}, {"used", {{name, used}}}}}}};
  }
};

TEST_F(Quotas, CountTheExtraPodsOfARolloutAndTheGrowthOfAll) {
  // Four pods of 500m use 2 cores; one more of 400m + 100m rolls beside them.
  EXPECT_TRUE(check_quotas(quota("limits.cpu", "2500m", "2"), workload, pod("200m", "400m"), false));
  EXPECT_THAT(refusal(check_quotas(quota("limits.cpu", "2400m", "2"), workload, pod("200m", "400m"), false)),
              HasSubstr("the quota shop/team leaves 400m of limits.cpu, the change needs 500m"));
  EXPECT_TRUE(check_quotas(quota("limits.cpu", "2400m", "2"), workload, pod("200m", "400m"), true));
  // At a rollout's end four pods of 600m run beside the last old one of 500m: 2.9 cores.
  EXPECT_TRUE(check_quotas(quota("limits.cpu", "2900m", "2"), workload, pod("200m", "500m"), false));
  EXPECT_FALSE(check_quotas(quota("limits.cpu", "2899m", "2"), workload, pod("200m", "500m"), false));
  // In place: 4 x 100m more.
  EXPECT_TRUE(check_quotas(quota("limits.cpu", "2400m", "2"), workload, pod("200m", "500m"), true));
  EXPECT_FALSE(check_quotas(quota("limits.cpu", "2399m", "2"), workload, pod("200m", "500m"), true));
  EXPECT_FALSE(check_quotas(quota("cpu", "1300m", "1200m"), workload, pod("300m", "400m"), true));
}

TEST_F(Quotas, OfPodsAndOfWhatHasNoExtra) {
  EXPECT_THAT(refusal(check_quotas(quota("pods", "4", "4"), workload, pod("200m", "400m"), false)),
              HasSubstr("leaves 0 of pods, the change needs 1"));
  workload["spec"]["strategy"] = {{"type", "Recreate"}};
  EXPECT_TRUE(check_quotas(quota("pods", "4", "4"), workload, pod("200m", "400m"), false));
}

TEST_F(Quotas, WithScopesAreTheServersToJudge) {
  auto scoped = quota("limits.cpu", "1", "1");
  scoped[0]["spec"]["scopes"] = {"BestEffort"};
  EXPECT_TRUE(check_quotas(scoped, workload, pod("200m", "400m"), false));
}

}  // namespace
}  // namespace trimtab::platform
