#include <atomic>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include "scan/pod_spec.h"
#include "scan/prometheus_asker.h"
#include "scan/prometheus_inventory.h"
#include "scan/report.h"
#include "scan/series_answer.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "net/http_server.h"

namespace trimtab::scan {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(PodNames, TellsTheWorkloadOfAPod) {
  EXPECT_TRUE(may_own("Deployment", "cart", "cart-5d9c7b8f6-x2x9q"));
  EXPECT_FALSE(may_own("Deployment", "cart", "cart-db-5d9c7b8f6-x2x9q"));
  EXPECT_TRUE(may_own("StatefulSet", "db", "db-12"));
  EXPECT_FALSE(may_own("StatefulSet", "db", "db-x"));
  EXPECT_TRUE(may_own("DaemonSet", "agent", "agent-abcde"));
  EXPECT_TRUE(may_own("CronJob", "report", "report-28391040-abcde"));
  EXPECT_TRUE(may_own("Job", "import", "import-3-abcde"));
  EXPECT_FALSE(may_own("Pod", "x", "x-1"));
}

TEST(PodNames, TheLongestNameWins) {
  Inventory inventory;
  for (const char* name : {"cart", "cart-db"}) {
    ContainerEntry entry;
    entry.space = "shop";
    entry.kind = "Deployment";
    entry.workload = name;
    entry.name = "main";
    inventory.containers.push_back(entry);
  }
  inventory.sort();
  const PodNames names(inventory);
  EXPECT_EQ(names.find("shop", "cart-db-5d9c7b8f6-x2x9q")->first, 1U);
  EXPECT_EQ(names.find("shop", "cart-5d9c7b8f6-x2x9q")->first, 0U);
  EXPECT_FALSE(names.find("shop", "other-5d9c7b8f6-x2x9q"));
  EXPECT_FALSE(names.find("other", "cart-5d9c7b8f6-x2x9q"));
}

TEST(PodSpec, ReadsContainersOfEveryRole) {
  const auto spec = nlohmann::json::parse(R"({
    "initContainers": [{"name": "migrate", "image": "m"},
                       {"name": "proxy", "image": "p", "restartPolicy": "Always", "resources": {"requests": {"cpu": 0.1}}}],
    "containers": [{"name": "main", "image": "i", "args": ["-jar", "x.jar"], "env": [{"name": "A", "value": "b"}, {"name": "S"}],
      "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}}, "resizePolicy": [{"resourceName": "memory", "restartPolicy": "RestartContainer"}]},
      "damaged", {"name": 7}]})");
  ContainerEntry like;
  like.kind = "Deployment";
  like.space = "shop";
  like.workload = "cart";
  const auto entries = containers_of(spec, like);
  ASSERT_EQ(entries.size(), 5U);
  EXPECT_EQ(entries[0].facts.cpu_limit, 0.5);
  EXPECT_EQ(entries[0].facts.cpu_request, 0.5);  // the limit stands for a request that is not given
  EXPECT_EQ(entries[0].facts.memory_limit_mib, 1024);
  EXPECT_TRUE(entries[0].facts.memory_resize_restarts);
  EXPECT_EQ(entries[0].facts.environment.at("A"), "b");
  EXPECT_EQ(entries[3].role, ContainerRole::kInit);
  EXPECT_EQ(entries[4].role, ContainerRole::kSidecar);
  EXPECT_EQ(entries[4].facts.cpu_request, 0.1);
}

TEST(SeriesAnswer, LeavesOutWhatIsNoNumber) {
  std::vector<double> values;
  const auto read = read_series(
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"pod":"a"},"values":[[1,"1.5"],[2,"NaN"],[3,"+Inf"],[4,"2"]]}]}})",
      [&](const Series& series) {
        EXPECT_EQ(series.label("pod"), "a");
        EXPECT_EQ(series.label("other"), "");
        for (const Point& point : series.points)
          values.push_back(point.value);
      });
  ASSERT_TRUE(read);
  EXPECT_THAT(values, ::testing::ElementsAre(1.5, 2));
}

TEST(SeriesAnswer, TellsTooMuchFromWrong) {
  const auto code = [](const char* body) { return read_series(body, [](const Series&) {}).error().code; };
  EXPECT_EQ(
      code(
          R"({"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"})"),
      Code::kExhausted);
  EXPECT_EQ(code(R"({"status":"error","errorType":"bad_data","error":"parse error"})"), Code::kInvalidInput);
  EXPECT_EQ(code(R"({"status":"error","errorType":"timeout","error":"query timed out"})"), Code::kDeadlineExceeded);
  EXPECT_EQ(code(R"({"status":"error","errorType":"execution","error":"expanding series: context deadline exceeded"})"),
            Code::kDeadlineExceeded);
  EXPECT_EQ(code("<html>"), Code::kUnavailable);
  EXPECT_EQ(code(R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1]]}]}})"),
            Code::kUnavailable);
}

// Two weeks: busy days, quiet nights, and a peak on one hour of the week.
HourlyUse two_weeks(double busy, double quiet, double weekly, double memory) {
  HourlyUse use;
  for (int h = 0; h < 14 * 24; ++h) {
    const int hour = h % 24;
    double cpu = hour >= 8 && hour < 20 ? busy : quiet;
    if (h % 168 >= 9 && h % 168 < 12) cpu = weekly;
    use.cpu.push_back(static_cast<float>(cpu));
    use.cpu_total.push_back(static_cast<float>(cpu));
    use.memory.push_back(static_cast<float>(memory + h % 24));
    use.pods.push_back(2);
    use.cpu_peak.push_back(h < 12 * 24 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(cpu * 1.2));
  }
  return use;
}

ContainerEntry entry() {
  ContainerEntry made;
  made.space = "shop";
  made.kind = "Deployment";
  made.workload = "cart";
  made.name = "main";
  made.facts.cpu_request = 2;
  made.facts.memory_request_mib = 2048;
  made.facts.memory_limit_mib = 2048;
  made.facts.replicas = 2;
  return made;
}

TEST(Sizing, RemembersTheWeeklyPeak) {
  const Assessment a = assess(entry(), 0, two_weeks(0.3, 0.1, 0.9, 400), {}, {});
  EXPECT_TRUE(a.changes);
  EXPECT_GE(*a.recommended.cpu_request, 0.9);
  EXPECT_LE(*a.recommended.cpu_request, 1.2);
  EXPECT_GE(*a.recommended.memory_limit_mib, 423 * 1.10);
  EXPECT_LE(*a.recommended.memory_limit_mib, 560);
  EXPECT_EQ(*a.recommended.memory_limit_mib, *a.recommended.memory_request_mib);
  EXPECT_FALSE(a.recommended.cpu_limit);  // none is invented
  EXPECT_DOUBLE_EQ(a.confidence, 1);
  EXPECT_LT(a.cost_recommended, a.cost_now);
  EXPECT_NEAR(a.cost_now, 2 * (2 * 18.5 + 2 * 2.6), 1e-9);
}

TEST(Sizing, NeedsADayOfData) {
  const Assessment nothing = assess(entry(), 0, {}, {}, {});
  EXPECT_FALSE(nothing.changes);
  EXPECT_DOUBLE_EQ(nothing.confidence, 0);
  HourlyUse use = two_weeks(0.3, 0.1, 0.3, 400);
  use.cpu.resize(10);
  use.memory.resize(10);
  use.cpu_peak.resize(10);
  EXPECT_FALSE(assess(entry(), 0, use, {}, {}).changes);
}

TEST(Sizing, AKilledContainerGetsMore) {
  ContainerEntry small = entry();
  small.facts.memory_limit_mib = small.facts.memory_request_mib = 420;
  HourlyUse use = two_weeks(0.3, 0.1, 0.3, 390);
  use.oom_kills = 3;
  EXPECT_GE(*assess(small, 0, use, {}, {}).recommended.memory_limit_mib, 420 * 1.3);
}

TEST(Sizing, AThrottledContainerGetsMoreCpu) {
  ContainerEntry limited = entry();
  limited.facts.cpu_limit = 1;
  limited.facts.cpu_request = 0.5;
  HourlyUse use = two_weeks(0.3, 0.1, 0.9, 400);
  use.periods = 1000;
  use.throttled_periods = 100;
  EXPECT_GE(*assess(limited, 0, use, {}, {}).recommended.cpu_limit, 1.5);
  use.throttled_periods = 0;
  EXPECT_LE(*assess(limited, 0, use, {}, {}).recommended.cpu_limit, 1);
}

TEST(Sizing, TheAutoscalerScalesAtTheSameUse) {
  ContainerEntry scaled = entry();
  scaled.facts.hpa = packs::HpaFacts{};
  scaled.facts.hpa->cpu_target_ratio = 0.4;  // 0.8 cores of use
  const Assessment a = assess(scaled, 0, two_weeks(0.6, 0.1, 0.7, 400), {}, {});
  ASSERT_TRUE(a.recommended.hpa_cpu_target_ratio);
  EXPECT_NEAR(*a.recommended.hpa_cpu_target_ratio * *a.recommended.cpu_request, 0.8, 0.02);
}

TEST(Sizing, AJvmIsNotTakenBelowItsHeap) {
  ContainerEntry jvm = entry();
  jvm.facts.command_line = {"java", "-Xmx1500m", "-jar", "x.jar"};
  const Assessment a = assess(jvm, 0, two_weeks(0.3, 0.1, 0.3, 500), {}, {});
  EXPECT_EQ(a.runtime, packs::RuntimeKind::kHotspot);
  EXPECT_GE(*a.recommended.memory_limit_mib, 1500);
}

TEST(Sizing, AVpaIsLeftAlone) {
  ContainerEntry managed = entry();
  managed.has_vpa = true;
  EXPECT_FALSE(assess(managed, 0, two_weeks(0.3, 0.1, 0.3, 400), {}, {}).changes);
}

Report hostile_report() {
  Report report;
  ContainerEntry bad = entry();
  bad.workload = "=cmd|<script>\x1b[31m\"";
  report.inventory.containers = {bad};
  report.assessments.push_back(assess(bad, 0, two_weeks(0.3, 0.1, 0.3, 400), {}, {}));
  finish_report(report, SortBy::kSaving);
  return report;
}

TEST(Report, HostileTextsStayTexts) {
  const Report report = hostile_report();
  EXPECT_THAT(report_csv(report), HasSubstr("\"'=cmd|<script>?[31m\"\"\""));
  EXPECT_THAT(report_html(report), Not(HasSubstr("<script>")));
  EXPECT_THAT(report_html(report), HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(report_patches(report), HasSubstr("\\\""));
  EXPECT_EQ(printable(std::string(100, 'x'), 10).size(), 10U);
  EXPECT_EQ(report.by_space.at("shop").containers, 1U);
}

TEST(Report, PatchesAndValuesFitTheirKinds) {
  Report report;
  ContainerEntry nightly = entry();
  nightly.kind = "CronJob";
  nightly.workload = "nightly";
  ContainerEntry scaled = entry();
  scaled.facts.hpa = packs::HpaFacts{};
  scaled.facts.hpa->cpu_target_ratio = 0.4;
  scaled.autoscaler = "cart-scaler";
  scaled.facts.containers_in_pod = 2;
  ContainerEntry proxy = entry();
  proxy.role = ContainerRole::kSidecar;
  proxy.name = "proxy";
  proxy.facts.containers_in_pod = 2;
  ContainerEntry strange = entry();
  strange.kind = "Weird\nkind: Secret";
  strange.workload = "x";
  report.inventory.containers = {nightly, scaled, proxy, strange};
  for (std::size_t i = 0; i < 4; ++i)
    report.assessments.push_back(assess(report.inventory.containers[i], i, two_weeks(0.6, 0.1, 0.7, 400), {}, {}));
  finish_report(report, SortBy::kName);
  const std::string patches = report_patches(report);
  EXPECT_THAT(patches, HasSubstr("kind: CronJob\nmetadata:\n  name: \"nightly\"\n  namespace: \"shop\"\nspec:\n"
                                 "  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n"
                                 "            - name: \"main\"\n              resources:\n"));
  EXPECT_THAT(patches, HasSubstr("      initContainers:\n        - name: \"proxy\"\n"));
  EXPECT_THAT(patches, HasSubstr("# HorizontalPodAutoscaler cart-scaler"));
  EXPECT_THAT(patches, Not(HasSubstr("Weird")));  // of what kind nobody knows, no template is made up
  const std::string values = report_helm_values(report);
  EXPECT_THAT(values, HasSubstr("\"nightly\":  # CronJob\n  resources:\n    requests:\n"));
  EXPECT_THAT(values, HasSubstr("\"cart\":  # Deployment\n  \"main\":\n    resources:\n"));
}

TEST(Report, WrittenInPartsIsTheSameDocument) {
  Report report = hostile_report();
  report.inventory.containers[0].space = "a\xff\"b";  // no UTF-8
  report.signals[0] = {"http_server_requests_seconds", 12, 0.01, 250};
  std::ostringstream out;
  write_report_json(out, report);
  const nlohmann::json read = nlohmann::json::parse(out.str());
  EXPECT_EQ(read["containers"][0]["signals"]["p95Ms"], 250);
  EXPECT_EQ(read["total"]["containers"], 1);
  EXPECT_EQ(read["containers"].size(), report_json(report)["containers"].size());
  Report empty;
  std::ostringstream none;
  write_report_json(none, empty);
  EXPECT_TRUE(nlohmann::json::parse(none.str())["containers"].empty());
}

// Within double quotes of PromQL, as RE2: https://prometheus.io/docs/prometheus/latest/querying/basics/
TEST(QuotedRegexp, StandsForItselfInBothLanguages) {
  EXPECT_EQ(quoted_regexp("shop-1_a"), "shop-1_a");
  EXPECT_EQ(quoted_regexp("a.b|c(d"), R"(a\\.b\\|c\\(d)");
  EXPECT_EQ(quoted_regexp(R"(x"} or {y="\n)"), R"(x\"\\} or \\{y=\"\\\\n)");
  EXPECT_EQ(quoted_regexp("two\nlines"), R"(two\nlines)");
  EXPECT_EQ(quoted_regexp("gr\u00f6\u00dfe"), "gr\u00f6\u00dfe");
  EXPECT_EQ(quoted_regexp("a\xff\xc3"), "a..");  // no Prometheus holds such a name
}

TEST(Printable, KeepsCharactersWhole) {
  EXPECT_EQ(printable("gr\u00f6\u00dfer", 6), "gr\u00f6\u00dfer");
  EXPECT_EQ(printable("gr\u00f6\u00dfer als", 6), "gr\u00f6...");
  EXPECT_EQ(printable("a\xffz\tq\x7f", 60), "a?z?q?");
  EXPECT_EQ(printable("\u009b31m\u202egnp", 60), "?31m?gnp");  // a control of eight bits; text from right to left
}

// A Prometheus that answers a batch only when it is asked about one workload at a time.
TEST(Measure, AsksInHalvesWhatIsTooMuch) {
  auto server = net::HttpServer::start({}, [](const net::Request& request) {
    net::Response response;
    if (request.body.starts_with("query=vector")) {
      response.body = R"({"status":"success","data":{"resultType":"vector","result":[]}})";
      return response;
    }
    const bool two = request.body.contains("cart") == request.body.contains("stock");  // all of the namespace, too
    if (two) {
      response.status = 422;
      response.body =
          R"({"status":"error","errorType":"execution","error":"query processing would load too many samples into memory"})";
      return response;
    }
    const bool cpu = request.body.starts_with("query=container_cpu_usage");
    const std::string pod = request.body.contains("cart") ? "cart-5d9c7b8f6-x2x9q" : "stock-5d9c7b8f6-x2x9q";
    response.body =
        R"({"status":"success","data":{"resultType":"matrix","result":[)" +
        (cpu ? R"({"metric":{"namespace":"shop","pod":")" + pod +
                   R"(","container":"main"},"values":[[1699996400,"100"],[1700000000,"1900"]]},)"
                   R"({"metric":{"namespace":"shop","pod":"stranger-1","container":"main"},"values":[[1700000000,"9"]]})"
             : std::string()) +
        "]}}";
    return response;
  });
  ASSERT_TRUE(server);
  Inventory inventory;
  for (const char* name : {"cart", "stock"}) {
    ContainerEntry one = entry();
    one.workload = name;
    inventory.containers.push_back(one);
  }
  inventory.sort();
  MeasureOptions options;
  options.url = "http://127.0.0.1:" + std::to_string((*server)->port());
  options.end = Instant{1'700'000'000'000'000};
  const net::HttpClient client;
  std::map<std::size_t, float> last;
  const auto report = measure(inventory, client, options,
                              [&](std::size_t index, const HourlyUse& use) { last[index] = use.cpu.back(); });
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->splits, 1U);
  ASSERT_EQ(last.size(), 2U);
  EXPECT_FLOAT_EQ(last[0], 0.5F);
  EXPECT_FLOAT_EQ(last[1], 0.5F);
}

// Twelve batches and three threads: no more than three queries are under way at a time, and every batch is asked for.
TEST(Measure, AsksNoMoreAtATimeThanItMay) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  auto server = net::HttpServer::start({}, [&](const net::Request&) {
    const int here = ++now;
    int seen = most.load();
    while (seen < here && !most.compare_exchange_weak(seen, here)) {
    }
    net::Response response;
    response.body = R"({"status":"success","data":{"resultType":"matrix","result":[]}})";
    --now;
    return response;
  });
  ASSERT_TRUE(server);
  Inventory inventory;
  for (int i = 0; i < 12; ++i) {
    ContainerEntry one = entry();
    one.workload = "app" + std::to_string(i);
    inventory.containers.push_back(one);
  }
  inventory.sort();
  MeasureOptions options;
  options.url = "http://127.0.0.1:" + std::to_string((*server)->port());
  options.end = Instant{1'700'000'000'000'000};
  options.points_per_query = 1;
  options.concurrency = 3;
  const net::HttpClient client;
  std::set<std::size_t> done;
  const auto report =
      measure(inventory, client, options, [&](std::size_t index, const HourlyUse&) { done.insert(index); });
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(done.size(), 12U);
  EXPECT_LE(most.load(), 3);
  EXPECT_EQ(report->splits, 0U);
}

TEST(Measure, AnUnreachablePrometheusIsAnError) {
  Inventory inventory;
  inventory.containers.push_back(entry());
  MeasureOptions options;
  options.url = "http://127.0.0.1:1";
  options.end = Instant{1'700'000'000'000'000};
  const net::HttpClient client;
  const auto report = measure(inventory, client, options, [](std::size_t, const HourlyUse&) {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace trimtab::scan
