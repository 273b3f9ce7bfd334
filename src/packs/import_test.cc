#include "packs/import.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "model/space_document.h"
#include "packs/pack.h"

namespace trimtab::packs {
namespace {

Imported import(const char* text) {
  auto imported = import_foreign(yaml::parse(text, "foreign.yaml").value());
  EXPECT_TRUE(imported) << imported.error().to_string();
  return imported.value_or(Imported{});
}

bool mentions(const Imported& imported, const std::string& text) {
  return std::ranges::any_of(imported.left_out,
                             [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

TEST(ImportTest, AComponentTypeBecomesAPack) {
  const Imported imported = import(R"yaml(name: java-openjdk-17
description: The "JVM"
parameters:
  - name: jvm_maxHeapSize
    description: Maximum heap
    unit: megabytes
    domain: {type: integer, domain: [16, 1048576]}
    defaultValue: 1024
    operators: {FileConfigurator: {confTemplate: "-Xmx${value}M"}}
  - name: jvm_gcType
    domain: {type: categorical, categories: [Serial, G1]}
    defaultValue: G1
    operators: {FileConfigurator: {confTemplate: "-XX:+Use${value}GC"}}
  - {name: jvm_share, type: real, domain: [0.1, 100.0], restart: false}
  - {name: nothing_known}
metrics: [{name: mem_used}]
credits: 1
)yaml");
  EXPECT_EQ(imported.kind, "Pack");
  const auto pack = read_pack(yaml::parse(imported.document, "out.yaml").value());
  ASSERT_TRUE(pack) << pack.error().to_string() << imported.document;
  EXPECT_EQ(pack->name, "java_openjdk_17");
  ASSERT_EQ(pack->parameters.size(), 3U);
  EXPECT_EQ(pack->find_parameter("jvm_maxHeapSize")->parameter.max, 1048576);
  EXPECT_EQ(render(*pack, {{"jvm_maxHeapSize", 512}, {"jvm_gcType", "G1"}})->flags,
            (std::vector<std::string>{"-XX:+UseG1GC", "-Xmx512M"}));
  EXPECT_TRUE(mentions(imported, "nothing_known"));
  EXPECT_TRUE(mentions(imported, "mem_used"));
  EXPECT_TRUE(mentions(imported, "credits"));
  EXPECT_TRUE(mentions(imported, "jvm_share"));  // nothing says how it is written
}

TEST(ImportTest, AStudyBecomesASpace) {
  const Imported imported = import(R"yaml(name: shop
system: shop
parametersSelection:
  - {name: jvm.heap, domain: [256, 1024]}
  - {name: jvm.gc, categories: [Serial, G1]}
  - {name: jvm.other}
parameterConstraints:
  - {name: fits, formula: "jvm.heap + 50 <= 2000"}
goal:
  objective: minimize
  function: {formula: "jvm.heap * 0.1"}
steps:
  - {type: baseline, values: {jvm.heap: 512, jvm.gc: G1}}
)yaml");
  EXPECT_EQ(imported.kind, "Space");
  const auto document = yaml::parse(imported.document, "out.yaml").value();
  for (const auto& fault : model::space_document_faults(document))
    ADD_FAILURE() << fault.to_string() << "\n" << imported.document;
  EXPECT_TRUE(mentions(imported, "jvm.other"));
  EXPECT_TRUE(mentions(imported, "system"));
}

TEST(ImportTest, ConstraintsOfTheGoalBecomeSlos) {
  const Imported imported = import(R"yaml(name: shop
parametersSelection:
  - {name: jvm.heap, domain: [256, 1024]}
goal:
  objective: minimize
  function: {formula: "jvm.heap * 0.1"}
  constraints:
    absolute: [{name: slow, formula: "web.p95:p95 <= 250"}, "web.errors <= 0.01"]
    relativeToBaseline: [{formula: "web.p99 <= +10%"}]
)yaml");
  EXPECT_TRUE(imported.document.contains("slos:\n  - \"web.p95 <= 250\"\n  - \"web.errors <= 0.01\"\n"))
      << imported.document;
  EXPECT_TRUE(model::space_document_faults(yaml::parse(imported.document, "out.yaml").value()).empty());
  EXPECT_TRUE(mentions(imported, "relativeToBaseline"));
  EXPECT_TRUE(mentions(imported, "the aggregation :p95"));
}

TEST(ImportTest, QueriesOfATelemetryInstanceBecomeMetrics) {
  const Imported imported = import(R"yaml(provider: Prometheus
name: prom
config: {address: p, port: 9090}
metrics:
  - {metric: heap, datasourceMetric: 'sum(jvm_heap{instance=~"$INSTANCE$", job=~"$JOB$", area="heap"})', defaultValue: 0}
  - {metric: busy, datasourceMetric: "rate(cpu{%FILTERS%}[$DURATION$])", aggregation: avg}
  - {metric: plain, datasourceMetric: 'up{job="x"} + a{pod="$POD$"}'}
)yaml");
  const auto pack = read_pack(yaml::parse(imported.document, "out.yaml").value());
  ASSERT_TRUE(pack) << pack.error().to_string() << imported.document;
  EXPECT_EQ(pack->find_metric("heap")->metric.query, "sum(jvm_heap{$LABELS$, area=\"heap\"})");
  EXPECT_EQ(pack->find_metric("heap")->metric.default_value, 0);
  EXPECT_EQ(pack->find_metric("busy")->metric.query, "rate(cpu{$LABELS$}[$WINDOW$])");
  EXPECT_EQ(pack->find_metric("plain")->metric.query, "up{job=\"x\"} + a{$LABELS$}");
  EXPECT_TRUE(mentions(imported, "aggregation"));
}

TEST(ImportTest, KeysOfDynatraceAreMetByThePacksMetricOfTheSame) {
  const std::vector<std::string> keys{"builtin:service.response.time",
                                      "builtin:service.requestCount.total",
                                      "builtin:service.errors.server.rate",
                                      "builtin:containers.cpu.usagePercent",
                                      "builtin:containers.cpu.throttledMilliCores",
                                      "builtin:containers.memory.residentSetBytes",
                                      "builtin:kubernetes.container.oom_kills",
                                      "builtin:kubernetes.container.restarts",
                                      "builtin:kubernetes.workload.cpu_usage",
                                      "builtin:kubernetes.workload.cpu_throttled",
                                      "builtin:kubernetes.workload.memory_working_set",
                                      "builtin:tech.jvm.memory.pool.used",
                                      "builtin:tech.jvm.memory.gc.suspensionTime:avg",
                                      "builtin:tech.jvm.threads.count"};
  std::string text =
      "provider: Dynatrace\nname: dt\nmetrics:\n  - {metric: own, datasourceMetric: \"calc:service.orders\"}\n";
  for (std::size_t i = 0; i < keys.size(); ++i)
    text += "  - {metric: m" + std::to_string(i) + ", datasourceMetric: \"" + keys[i] + "\"}\n";
  const Imported imported = import(text.c_str());
  EXPECT_TRUE(read_pack(yaml::parse(imported.document, "out.yaml").value())) << imported.document;
  const PackLibrary library = PackLibrary::embedded().value();
  std::size_t known = 0;
  for (const std::string& line : imported.left_out) {
    const auto at = line.find("is what the pack ");
    if (at == std::string::npos) continue;
    const std::string rest = line.substr(at + 17);
    const Pack* pack = library.find(rest.substr(0, rest.find(' ')));
    ASSERT_NE(pack, nullptr) << line;
    EXPECT_NE(pack->find_metric(rest.substr(rest.rfind(' ') + 1)), nullptr) << line;
    ++known;
  }
  EXPECT_EQ(known, keys.size());
  EXPECT_TRUE(mentions(imported, "calc:service.orders"));
}

TEST(ImportTest, AnythingElseIsRefused) {
  EXPECT_EQ(import_foreign(yaml::parse("kind: Deployment\n", "x.yaml").value()).error().code, Code::kInvalidInput);
  EXPECT_EQ(import_foreign(yaml::parse("parameters: [{name: a}]\n", "x.yaml").value()).error().code,
            Code::kInvalidInput);
}

}  // namespace
}  // namespace trimtab::packs
