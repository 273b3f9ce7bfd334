#include "telemetry/prometheus_answer.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab::telemetry {
namespace {

using ::testing::HasSubstr;

TEST(ParseQueryAnswer, ReadsVectors) {
  const auto answer = parse_query_answer(
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"\"]}"},"value":[1700000000.25,"1.5e2"]}]}})");
  ASSERT_TRUE(answer) << answer.error().to_string();
  ASSERT_EQ(answer->series.size(), 1u);
  ASSERT_EQ(answer->series[0].size(), 1u);
  EXPECT_EQ(answer->series[0][0].value, 150);
  EXPECT_EQ(answer->series[0][0].at.us, 1'700'000'000'250'000);
  EXPECT_EQ(answer->partial, "");
}

TEST(ParseQueryAnswer, ReadsMatricesInAnyOrderOfMembers) {
  const auto answer = parse_query_answer(
      R"({"data":{"result":[{"values":[[1,"1"],[2,"NaN"],[3,"+Inf"],[4,"-Inf"],[5,"1e999"]],"metric":{}},{"metric":{"x":"y"},"values":[[1,"-0.5"]]}],"resultType":"matrix"},"status":"success"})");
  ASSERT_TRUE(answer) << answer.error().to_string();
  ASSERT_EQ(answer->series.size(), 2u);
  ASSERT_EQ(answer->series[0].size(), 5u);
  EXPECT_TRUE(std::isnan(answer->series[0][1].value));
  EXPECT_EQ(answer->series[0][2].value, INFINITY);
  EXPECT_EQ(answer->series[0][3].value, -INFINITY);
  EXPECT_EQ(answer->series[0][4].value, INFINITY);
  EXPECT_EQ(answer->series[1][0].value, -0.5);
}

TEST(ParseQueryAnswer, ReadsScalarsAndEmptyResults) {
  EXPECT_EQ(parse_query_answer(R"({"status":"success","data":{"resultType":"scalar","result":[1,"7"]}})")
                ->series.at(0)
                .at(0)
                .value,
            7);
  EXPECT_TRUE(parse_query_answer(R"({"status":"success","data":{"resultType":"vector","result":[]}})")->series.empty());
}

TEST(ParseQueryAnswer, TellsMissingStoresFromAnnotations) {
  const auto with = [](const std::string& warnings) {
    return parse_query_answer(R"({"status":"success","data":{"resultType":"vector","result":[]},"warnings":)" +
                              warnings + "}")
        ->partial;
  };
  EXPECT_EQ(with(R"(["store-1 did not answer"])"), "store-1 did not answer");
  EXPECT_EQ(with(R"(["PromQL info: metric might not be a counter"])"), "");
  EXPECT_EQ(with("[]"), "");
}

TEST(ParseQueryAnswer, KeepsPrometheusOwnErrors) {
  const auto refused =
      parse_query_answer(R"({"status":"error","errorType":"bad_data","error":"1:5: parse error: no \"x\""})");
  EXPECT_EQ(refused.error().code, Code::kInvalidInput);
  EXPECT_THAT(refused.error().message, HasSubstr("1:5: parse error: no \"x\""));
  const auto of = [](const std::string& type) {
    return parse_query_answer(R"({"status":"error","errorType":")" + type + R"(","error":"e"})").error().code;
  };
  EXPECT_EQ(of("execution"), Code::kInvalidInput);
  EXPECT_EQ(of("timeout"), Code::kDeadlineExceeded);
  EXPECT_EQ(of("canceled"), Code::kDeadlineExceeded);
  EXPECT_EQ(of("unavailable"), Code::kUnavailable);
  EXPECT_EQ(parse_query_answer(R"({"status":"success","data":{"resultType":"string","result":[1,"x"]}})").error().code,
            Code::kInvalidInput);
}

TEST(ParseQueryAnswer, RefusesWhatIsNoAnswer) {
  const std::string good =
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[2,"2"]]}]}})";
  ASSERT_TRUE(parse_query_answer(good));
  for (std::size_t size = 0; size < good.size(); ++size) {  // cut off anywhere
    EXPECT_EQ(parse_query_answer(good.substr(0, size)).error().code, Code::kUnavailable) << good.substr(0, size);
  }
  for (const auto* bad :
       {"<html>sign in</html>", "[]", "null", "{}", R"({"status":"fine"})", R"({"status":"success"})",
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1]}]}})",
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1",2]}]}})",
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"one"]}]}})",
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,2]}]}})",
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}})",
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1e300,"1"]}]}})",
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[-1,"1"]}]}})",
        R"({"status":"success","data":{"resultType":"matrix","result":[{"values":[[1,"1"]]}]####},"warnings":[]})",
        R"({"status":"success","data":{"resultType":"vector","result":{}}})"}) {
    EXPECT_EQ(parse_query_answer(bad).error().code, Code::kUnavailable) << bad;
  }
}

}  // namespace
}  // namespace trimtab::telemetry
