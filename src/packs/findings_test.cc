#include "packs/findings.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

namespace trimtab::packs {
namespace {

std::vector<std::string> codes(const ContainerFacts& facts) {
  std::vector<std::string> found;
  for (const auto& finding : findings(facts))
    found.push_back(finding.code);
  std::ranges::sort(found);
  return found;
}

bool has(const ContainerFacts& facts, const std::string& code) {
  const auto found = codes(facts);
  return std::ranges::find(found, code) != found.end();
}

// A container at which an expert finds nothing to say.
ContainerFacts healthy() {
  ContainerFacts facts;
  facts.workload = "Deployment shop/cart";
  facts.container = "cart";
  facts.image = "eclipse-temurin:21-jre";
  facts.command_line = {"java", "-Xmx700m", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError", "-jar", "cart.jar"};
  facts.cpu_request = 1;
  facts.cpu_limit = 2;
  facts.memory_request_mib = facts.memory_limit_mib = 1280;
  facts.node_cpus = 8;
  facts.node_memory_mib = 32768;
  facts.memory_resize_restarts = true;
  facts.serves_requests = true;
  facts.replicas = 3;
  facts.hpa = HpaFacts{2, 6, 0.7, {}, 0.0, 300};
  facts.usage.window_days = 7;
  facts.usage.cpu_mean = 0.5;
  facts.usage.cpu_p95 = 0.7;
  facts.usage.cpu_max = 1.4;
  facts.usage.memory_p95_mib = 900;
  facts.usage.memory_max_mib = 1000;
  facts.usage.throttled_ratio = 0.001;
  facts.usage.oom_kills = 0;
  facts.usage.restarts = 0;
  facts.usage.live_heap_mib = 300;
  facts.usage.gc_time_ratio = 0.01;
  facts.usage.threads_max = 40;
  return facts;
}

ContainerFacts with_runtime(std::string image, std::vector<std::string> command) {
  ContainerFacts facts = healthy();
  facts.image = std::move(image);
  facts.command_line = std::move(command);
  facts.usage.live_heap_mib.reset();
  return facts;
}

TEST(FindingsTest, NothingToSayOfAHealthyContainer) {
  EXPECT_EQ(codes(healthy()), std::vector<std::string>{});
}

TEST(FindingsTest, OfNothingKnownOnlyWhatIsMissingIsSaid) {
  EXPECT_EQ(codes(ContainerFacts{}), (std::vector<std::string>{"TT-K8S-001", "TT-K8S-002"}));
}

struct Case {
  std::string code;
  std::function<void(ContainerFacts&)> change;
};

// Each rule with the smallest change of a healthy container that brings it up.
const std::vector<Case>& kubernetes_cases() {
  static const std::vector<Case> cases{
      {"TT-K8S-001", [](auto& f) { f.memory_limit_mib.reset(); }},
      {"TT-K8S-002", [](auto& f) { f.cpu_request.reset(), f.cpu_limit.reset(); }},
      {"TT-K8S-003", [](auto& f) { f.memory_request_mib = 1000; }},
      {"TT-K8S-004", [](auto& f) { f.usage.cpu_p95 = 0.2; }},
      {"TT-K8S-005", [](auto& f) { f.usage.memory_max_mib = 300; }},
      {"TT-K8S-006", [](auto& f) { f.usage.throttled_ratio = 0.2; }},
      {"TT-K8S-007", [](auto& f) { f.usage.throttled_ratio = 0.2, f.usage.cpu_mean = 1.7; }},
      {"TT-K8S-008", [](auto& f) { f.usage.oom_kills = 1; }},
      {"TT-K8S-009", [](auto& f) { f.usage.memory_max_mib = 1270; }},
      {"TT-K8S-010", [](auto& f) { f.replicas = 1, f.hpa.reset(); }},
      {"TT-K8S-011", [](auto& f) { f.has_readiness_probe = false; }},
      {"TT-K8S-012", [](auto& f) { f.usage.restarts = 20; }},
      {"TT-K8S-013", [](auto& f) { f.memory_request_mib = 800; }},
      {"TT-K8S-014", [](auto& f) { f.memory_resize_restarts = false; }},
      {"TT-K8S-015", [](auto& f) { f.cpu_limit = 0.5; }},
      {"TT-HPA-001", [](auto& f) { f.hpa->memory_target_ratio = 0.8; }},
      {"TT-HPA-002", [](auto& f) { f.hpa->share_at_max = 0.2; }},
      {"TT-HPA-003", [](auto& f) { f.hpa->min_replicas = 1; }},
      {"TT-HPA-004", [](auto& f) { f.hpa->max_replicas = 2; }},
      {"TT-HPA-005", [](auto& f) { f.cpu_request.reset(), f.cpu_limit.reset(); }},
      {"TT-HPA-006", [](auto& f) { f.cpu_request = 3; }},
      {"TT-HPA-007", [](auto& f) { f.hpa->cpu_target_ratio = 0.95, f.cpu_limit = 1; }},
      {"TT-HPA-008", [](auto& f) { f.hpa->scale_down_stabilization_seconds = 0; }},
  };
  return cases;
}

void java(ContainerFacts& facts, std::vector<std::string> flags) {
  facts.command_line = {"java"};
  facts.command_line.insert(facts.command_line.end(), flags.begin(), flags.end());
  facts.command_line.insert(facts.command_line.end(), {"-jar", "cart.jar"});
}

const std::vector<Case>& jvm_cases() {
  static const std::vector<Case> cases{
      {"TT-JVM-001", [](auto& f) { java(f, {"-Xmx1200m", "-XX:+UseG1GC"}); }},
      {"TT-JVM-002", [](auto& f) { java(f, {"-XX:+UseG1GC"}); }},
      {"TT-JVM-003", [](auto& f) { java(f, {"-Xmx700m"}); }},  // 1280 MiB is below 1792
      {"TT-JVM-004",
       [](auto& f) {
         java(f, {"-Xmx700m"});
         f.memory_limit_mib = 1800;
       }},
      {"TT-JVM-005", [](auto& f) { f.image = "openjdk:8u292-jre"; }},
      {"TT-JVM-006", [](auto& f) { f.cpu_limit.reset(); }},
      {"TT-JVM-007", [](auto& f) { java(f, {"-Xmx700m", "-XX:+UseG1GC", "-XX:ActiveProcessorCount=8"}); }},
      {"TT-JVM-008", [](auto& f) { java(f, {"-Xms256m", "-Xmx700m", "-XX:+UseG1GC"}); }},
      {"TT-JVM-009",
       [](auto& f) {
         java(f, {"-XX:MaxRAMPercentage=75"});
         f.memory_limit_mib.reset();
       }},
      {"TT-JVM-010", [](auto& f) { java(f, {"-Xmx700m", "-XX:MaxRAMPercentage=75"}); }},
      {"TT-JVM-011", [](auto& f) { f.environment["JAVA_TOOL_OPTIONS"] = "-XX:+UseParallelGC"; }},
      {"TT-JVM-012",
       [](auto& f) {
         java(f, {"-Xmx700m", "-XX:+UseZGC"});
         f.cpu_limit = 1.5;
       }},
      {"TT-JVM-013",
       [](auto& f) {
         java(f, {"-Xmx33g", "-XX:+UseG1GC"});
         f.memory_limit_mib = 65536;
       }},
      {"TT-JVM-014", [](auto& f) { f.usage.live_heap_mib = 600; }},
      {"TT-JVM-015", [](auto& f) { f.usage.live_heap_mib = 60; }},
      {"TT-JVM-016", [](auto& f) { java(f, {"-Xmx700m", "-XX:+UseG1GC"}); }},
      {"TT-JVM-017", [](auto& f) { java(f, {"-Xmx700m", "-XX:+UseConcMarkSweepGC"}); }},
      {"TT-JVM-018", [](auto& f) { f.environment["JAVA_TOOL_OPTIONS"] = "-Xmx512m"; }},
      {"TT-JVM-019", [](auto& f) { f.usage.oom_kills = 2; }},
  };
  return cases;
}

const std::vector<Case>& other_cases() {
  static const std::vector<Case> cases{
      {"TT-GO-001",
       [](auto& f) {
         f = with_runtime("golang:1.22", {"/app/server"});
         f.environment["GOMEMLIMIT"] = "1100MiB";
       }},
      {"TT-GO-002", [](auto& f) { f = with_runtime("golang:1.25", {"/app/server"}); }},
      {"TT-GO-003",
       [](auto& f) {
         f = with_runtime("", {"/app/server"});
         f.environment["GOMEMLIMIT"] = "1280MiB";
       }},
      {"TT-GO-004",
       [](auto& f) {
         f = with_runtime("", {"/app/server"});
         f.environment["GOGC"] = "off";
       }},
      {"TT-GO-005",
       [](auto& f) {
         f = with_runtime("", {"/app/server"});
         f.environment["GOMEMLIMIT"] = "1000MiB";
         f.usage.live_heap_mib = 900;
       }},
      {"TT-GO-006",
       [](auto& f) {
         f = with_runtime("", {"/app/server"});
         f.environment["GOMEMLIMIT"] = "1000Mi";
       }},
      {"TT-NODE-001", [](auto& f) { f = with_runtime("node:20.9", {"node", "--max-old-space-size=1250", "a.js"}); }},
      {"TT-NODE-002",
       [](auto& f) {
         f = with_runtime("node:20.9", {"node", "a.js"});
         f.memory_limit_mib = 8192;
       }},
      {"TT-NODE-003",
       [](auto& f) {
         f = with_runtime("node:20.9", {"node", "a.js"});
         f.cpu_request = 2;
       }},
      {"TT-NODE-004", [](auto& f) { f = with_runtime("node:18.20.4", {"node", "a.js"}); }},
  };
  return cases;
}

const std::vector<Case>& net_and_python_cases() {
  static const std::vector<Case> cases{
      {"TT-NET-001",
       [](auto& f) {
         f = with_runtime("mcr.microsoft.com/dotnet/aspnet:8.0", {"dotnet", "Cart.dll"});
         f.environment["DOTNET_gcServer"] = "1";
         f.cpu_limit = 1;
       }},
      {"TT-NET-002",
       [](auto& f) {
         f = with_runtime("mcr.microsoft.com/dotnet/aspnet:8.0", {"dotnet", "Cart.dll"});
         f.cpu_limit = 8;
       }},
      {"TT-NET-003",
       [](auto& f) {
         f = with_runtime("mcr.microsoft.com/dotnet/aspnet:9.0", {"dotnet", "Cart.dll"});
         f.environment["DOTNET_GCHeapHardLimitPercent"] = "75";
       }},
      {"TT-NET-004",
       [](auto& f) {
         f = with_runtime("mcr.microsoft.com/dotnet/aspnet:9.0", {"dotnet", "Cart.dll"});
         f.environment["DOTNET_GCHeapHardLimit"] = "50000000";  // 1280 MiB
       }},
      {"TT-PY-001", [](auto& f) { f = with_runtime("python:3.12", {"gunicorn", "app:app", "--workers", "33"}); }},
      {"TT-PY-002",
       [](auto& f) {
         f = with_runtime("python:3.12", {"gunicorn", "app:app"});
         f.cpu_request = 2;
       }},
  };
  return cases;
}

TEST(FindingsTest, EveryRuleComesUpWhereItShould) {
  std::set<std::string> tried;
  for (const auto* cases : {&kubernetes_cases(), &jvm_cases(), &other_cases(), &net_and_python_cases()}) {
    for (const auto& [code, change] : *cases) {
      ContainerFacts facts = healthy();
      change(facts);
      EXPECT_TRUE(has(facts, code)) << code << " not among " << testing::PrintToString(codes(facts));
      tried.insert(code);
    }
  }
  for (const auto& rule : finding_rules())
    EXPECT_TRUE(tried.contains(std::string(rule.code))) << rule.code << " has no case";
}

TEST(FindingsTest, EveryRuleIsWhole) {
  std::set<std::string_view> seen;
  for (const auto& rule : finding_rules()) {
    EXPECT_TRUE(seen.insert(rule.code).second) << rule.code;
    EXPECT_TRUE(rule.code.starts_with("TT-")) << rule.code;
    EXPECT_FALSE(rule.title.empty() || rule.risk.empty()) << rule.code;
    EXPECT_TRUE(rule.source.starts_with("https://")) << rule.code;
  }
}

TEST(FindingsTest, EveryRuleIsInTheDocumentation) {
  std::ifstream stream(std::string(TRIMTAB_SOURCE_DIR) + "/docs/algorithms/runtimes.md", std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(stream), {}};
  for (const auto& rule : finding_rules()) {
    const std::string row = "| " + std::string(rule.code) + " | " + std::string(severity_name(rule.severity)) + " | " +
                            std::string(rule.title) + " | " + std::string(rule.risk) + " |";
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
}

TEST(FindingsTest, TheMostSevereComesFirstWithItsFigures) {
  ContainerFacts facts = healthy();
  java(facts, {"-Xmx1200m", "-XX:+UseG1GC"});
  facts.usage.memory_max_mib = 1270;
  const auto found = findings(facts);
  ASSERT_GE(found.size(), 2U);
  EXPECT_EQ(found[0].code, "TT-JVM-001");
  EXPECT_EQ(found[0].severity, Severity::kDanger);
  EXPECT_NE(found[0].evidence.find("1200 MiB"), std::string::npos) << found[0].evidence;
  EXPECT_NE(found[0].remedy.find("MiB"), std::string::npos);
  EXPECT_TRUE(std::ranges::is_sorted(found, std::greater{}, &Finding::severity));
}

TEST(FindingsTest, WhatDependsOnTheNodeIsNotSaidWithoutIt) {
  ContainerFacts facts = healthy();
  facts.cpu_limit.reset();
  facts.node_cpus = 0;
  EXPECT_FALSE(has(facts, "TT-JVM-006"));
  EXPECT_FALSE(has(facts, "TT-JVM-007"));
}

TEST(FindingsTest, AnOldJvmCountsTheRequestInsteadOfTheNode) {
  ContainerFacts facts = healthy();
  facts.cpu_limit.reset();
  facts.image = "eclipse-temurin:17.0.3_7-jre";
  facts.cpu_request = 2;
  EXPECT_FALSE(has(facts, "TT-JVM-006"));
  facts.image = "eclipse-temurin:17.0.5_8-jre";
  EXPECT_TRUE(has(facts, "TT-JVM-006"));
}

}  // namespace
}  // namespace trimtab::packs
