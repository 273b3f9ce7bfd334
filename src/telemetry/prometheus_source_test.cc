#include "telemetry/prometheus_source.h"

#include <cmath>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.h"
#include "telemetry/prometheus_query.h"

namespace trimtab::telemetry {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using Status = engine::MetricSample::Status;

constexpr Instant kEnd{1'700'000'000'000'000};

std::string vector_of(double value, Instant at) {
  return fmt::format(
      R"({{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{}},"value":[{:.3f},"{}"]}}]}}}})",
      at.seconds(), value);
}
std::string matrix_of(const std::vector<std::pair<Instant, std::string>>& points) {
  std::string text;
  for (const auto& [at, value] : points) {
    text += fmt::format("{}[{:.3f},\"{}\"]", text.empty() ? "" : ",", at.seconds(), value);
  }
  return R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[)" + text + "]}]}}";
}
const std::string kNothing = R"({"status":"success","data":{"resultType":"vector","result":[]}})";

// Answers by the query's first word; remembers what it was asked.
class PrometheusSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = net::HttpServer::start({}, [this](const net::Request& request) { return answer(request); });
    ASSERT_TRUE(started);
    server_ = std::move(*started);
    telemetry_.prometheus_url = "http://127.0.0.1:" + std::to_string(server_->port()) + "/";
    telemetry_.timeout = seconds(5);
  }
  void TearDown() override {
    release();
    server_.reset();
  }

  void answer_with(int status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }

  void release() {
    {
      const std::lock_guard lock(mutex_);
      released_ = true;
    }
    changed_.notify_all();
  }

  net::Response answer(const net::Request& request) {
    const auto form = net::parse_target("/?" + request.body)->query;
    const auto text = form.at("query");
    std::unique_lock lock(mutex_);
    asked_.insert(request.target.path + " " + text);
    if (const auto* given = request.headers.find("Authorization")) authorization_ = *given;
    most_at_once_ = std::max(most_at_once_, ++at_once_);
    net::Response response;
    response.status = status_;
    if (text.starts_with("slow")) changed_.wait_for(lock, seconds(20), [this] { return released_; });
    if (text.starts_with("good")) response.body = good(form);
    if (text.starts_with("old")) {
      response.body = form.contains("step") ? matrix_of({{kEnd - seconds(25), "1"}, {kEnd - seconds(20), "1"}})
                                            : vector_of(7, kEnd);
    }
    if (text.starts_with("two")) {
      response.body =
          R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"1"},"value":[1,"1"]},)"
          R"({"metric":{"a":"2"},"value":[1,"1"]}]}})";
    }
    if (text.starts_with("nan")) response.body = vector_of(NAN, kEnd);
    if (text.starts_with("nothing")) response.body = kNothing;
    if (text.starts_with("html")) response.body = "<html></html>";
    if (text.starts_with("huge")) response.body = std::string(17'000'000, ' ') + kNothing;
    if (text.starts_with("wrong")) {
      response.status = 400;
      response.body = R"({"status":"error","errorType":"bad_data","error":"parse error"})";
    }
    --at_once_;
    return response;
  }

  static std::string good(const std::map<std::string, std::string, std::less<>>& form) {
    if (!form.contains("step")) return vector_of(42, kEnd);
    std::vector<std::pair<Instant, std::string>> points;
    for (int i = 5; i >= 0; --i)
      points.emplace_back(kEnd - i * seconds(5), std::to_string(6 - i));
    return matrix_of(points);
  }

  static model::Metric metric(std::string name, model::Aggregate aggregate = model::Aggregate::kWindow) {
    model::Metric result;
    result.name = name;
    result.query = std::move(name) + "[$WINDOW$] + $WINDOW$";
    result.aggregate = aggregate;
    return result;
  }

  Result<ExplainedWindow> ask(const std::vector<model::Metric>& metrics, Duration deadline = seconds(10)) {
    PrometheusSource source(telemetry_, client_);
    return source.explained_window(metrics, kEnd - seconds(30), kEnd, seconds(5), deadline);
  }

  net::HttpClient client_;
  model::Telemetry telemetry_;
  std::unique_ptr<net::HttpServer> server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  int status_ = 200;
  int at_once_ = 0;
  int most_at_once_ = 0;
  std::set<std::string> asked_;
  std::string authorization_;
};

TEST_F(PrometheusSourceTest, AsksWindowsAndRanges) {
  const auto result = ask({metric("good1"), metric("good2", model::Aggregate::kMax)});
  ASSERT_TRUE(result) << result.error().to_string();
  const auto& one = result->window.samples.at("good1");
  EXPECT_EQ(one.status, Status::kUsable);
  EXPECT_EQ(one.value, 42);
  EXPECT_EQ(one.points, 6);
  const auto& two = result->window.samples.at("good2");
  EXPECT_EQ(two.status, Status::kUsable);
  EXPECT_EQ(two.value, 6);
  EXPECT_EQ(two.points, 6);
  EXPECT_EQ(two.newest, kEnd);
  EXPECT_TRUE(result->reasons.empty());
  EXPECT_THAT(asked_, Contains("/api/v1/query good1[30s] + 30s"));
  EXPECT_THAT(asked_, Contains("/api/v1/query_range good1[20s] + 20s"));
  EXPECT_THAT(asked_, Contains("/api/v1/query_range good2[20s] + 20s"));
  EXPECT_EQ(asked_.size(), 3u);
}

TEST_F(PrometheusSourceTest, KeepsTroubleToItsMetric) {
  const auto result = ask({metric("good"), metric("two"), metric("nan"), metric("nothing"), metric("old"),
                           metric("wrong"), metric("huge")});
  ASSERT_TRUE(result) << result.error().to_string();
  const auto status = [&](const char* name) { return result->window.samples.at(name).status; };
  EXPECT_EQ(status("good"), Status::kUsable);
  EXPECT_EQ(status("two"), Status::kImplausible);
  EXPECT_EQ(status("nan"), Status::kNotFinite);
  EXPECT_EQ(status("nothing"), Status::kMissing);
  EXPECT_EQ(status("old"), Status::kStale);
  EXPECT_EQ(status("wrong"), Status::kMissing);
  EXPECT_EQ(status("huge"), Status::kImplausible);
  EXPECT_EQ(result->window.samples.size(), 7u);
  EXPECT_EQ(result->reasons.size(), 6u);
  EXPECT_THAT(result->reasons.at("wrong"), HasSubstr("parse error"));
}

TEST_F(PrometheusSourceTest, DoesNotAskTwiceWhereAbsenceIsAnAnswer) {
  auto optional = metric("good1");
  optional.required = false;
  auto defaulted = metric("nothing");
  defaulted.default_value = 3;
  const auto result = ask({optional, defaulted});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->window.samples.at("nothing").value, 3);
  EXPECT_EQ(result->window.samples.at("nothing").status, Status::kUsable);
  EXPECT_EQ(asked_.size(), 2u);
}

TEST_F(PrometheusSourceTest, SaysThatPrometheusIsSlow) {
  telemetry_.timeout = std::chrono::milliseconds(100);
  EXPECT_EQ(ask({metric("good"), metric("slow")}).error().code, Code::kDeadlineExceeded);
}

TEST_F(PrometheusSourceTest, EndsWithItsDeadlineHoweverManyQueries) {
  std::vector<model::Metric> metrics;
  for (int i = 0; i < 40; ++i)
    metrics.push_back(metric("slow" + std::to_string(i)));
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(metrics, std::chrono::milliseconds(200)).error().code, Code::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(5));
  const std::lock_guard lock(mutex_);  // the fake still holds the questions
  EXPECT_LE(most_at_once_, 4);
  EXPECT_LE(asked_.size(), 8u);
}

TEST_F(PrometheusSourceTest, SaysThatPrometheusCannotAnswer) {
  EXPECT_EQ(ask({metric("html")}).error().code, Code::kUnavailable);
  for (const auto& [status, code] : std::map<int, Code>{{503, Code::kUnavailable},
                                                        {502, Code::kUnavailable},
                                                        {404, Code::kUnavailable},
                                                        {401, Code::kUnauthenticated},
                                                        {403, Code::kDenied}}) {
    answer_with(status);
    EXPECT_EQ(ask({metric("empty")}).error().code, code) << status;
  }
  server_.reset();
  EXPECT_EQ(ask({metric("good")}).error().code, Code::kUnavailable);
  telemetry_.prometheus_url = "nonsense://x";
  EXPECT_EQ(ask({metric("good")}).error().code, Code::kUnavailable);
}

TEST_F(PrometheusSourceTest, ReadsTheTokenAtEveryCall) {
  const auto file = std::filesystem::path(::testing::TempDir()) / fmt::format("token-{}", server_->port());
  telemetry_.token_file = file.string();
  PrometheusSource source(telemetry_, client_);
  const auto ask_once = [&] {
    return source.window({metric("good")}, kEnd - seconds(30), kEnd, seconds(5), seconds(10));
  };
  EXPECT_EQ(ask_once().error().field, "telemetry.token_file");
  std::ofstream(file) << "first\n";
  EXPECT_TRUE(ask_once());
  EXPECT_EQ(authorization_, "Bearer first");
  std::ofstream(file) << "  second";
  EXPECT_TRUE(ask_once());
  EXPECT_EQ(authorization_, "Bearer second");
  answer_with(500);
  const auto failed = source.window({metric("html")}, kEnd - seconds(30), kEnd, seconds(5), seconds(10));
  EXPECT_THAT(failed.error().to_string(), Not(HasSubstr("second")));
  std::filesystem::remove(file);
}

TEST_F(PrometheusSourceTest, GivesSeriesWithGaps) {
  PrometheusSource source(telemetry_, client_);
  const auto result = source.series({metric("good"), metric("two"), metric("wrong"), metric("nothing")},
                                    kEnd - seconds(30), kEnd, seconds(5), seconds(10));
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(result->at("good").size(), 6u);
  EXPECT_EQ(result->at("good").back().value, 6);
  EXPECT_TRUE(result->at("two").empty());
  EXPECT_TRUE(result->at("wrong").empty());
  EXPECT_TRUE(result->at("nothing").empty());
}

TEST_F(PrometheusSourceTest, RefusesImpossibleWindows) {
  PrometheusSource source(telemetry_, client_);
  const auto code = [&](Instant start, Duration step) {
    return source.series({metric("good")}, start, kEnd, step, seconds(1)).error().code;
  };
  EXPECT_EQ(code(kEnd, seconds(5)), Code::kInvalidInput);
  EXPECT_EQ(code(kEnd - seconds(30), Duration::zero()), Code::kInvalidInput);
  EXPECT_EQ(code(kEnd - seconds(20'000), seconds(1)), Code::kInvalidInput);
}

TEST(ExpandWindow, WritesWholeSeconds) {
  EXPECT_EQ(expand_window("a[$WINDOW$] b[$WINDOW$]", seconds(90)), "a[90s] b[90s]");
  EXPECT_EQ(expand_window("$WINDOW$", std::chrono::milliseconds(14'600)), "15s");
  EXPECT_EQ(expand_window("$WINDOW$", std::chrono::milliseconds(10)), "1s");
  EXPECT_EQ(expand_window("a[$LABELS$]", seconds(1)), "a[$LABELS$]");
}

}  // namespace
}  // namespace trimtab::telemetry
