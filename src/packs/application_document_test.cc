#include "packs/application_document.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "packs/application_parts.h"

namespace trimtab::packs {
namespace {

using std::chrono::seconds;

std::string complete() {
  std::ifstream stream(std::filesystem::path(TRIMTAB_SOURCE_DIR) / "tests/golden/documents/application_complete.yaml");
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::string with(std::string_view old_text, std::string_view new_text) {
  std::string text = complete();
  return text.replace(text.find(old_text), old_text.size(), new_text);
}

Result<model::Application> read(const std::string& text) {
  return read_application(text, "a.yaml", PackLibrary::embedded().value());
}

const model::Metric& metric(const model::Application& application, std::string_view name) {
  return *std::ranges::find(application.metrics, name, &model::Metric::name);
}

TEST(ApplicationDocumentTest, FillsInWhatThePacksKnow) {
  const auto application = read(complete());
  ASSERT_TRUE(application) << application.error().to_string();
  const model::Parameter& heap = *application->space.find("jvm.heap");
  EXPECT_EQ(heap.step, 16);
  EXPECT_EQ(heap.unit, "MiB");
  EXPECT_EQ(heap.min, 96);
  EXPECT_EQ(heap.scale, model::Scale::kLog);
  EXPECT_EQ(heap.effect, model::ChangeEffect::kRestart);
  EXPECT_EQ(application->space.find("container.cpu_limit")->effect, model::ChangeEffect::kLive);
  EXPECT_EQ(application->space.find("jvm.gc")->values.size(), 5U);
  EXPECT_NE(metric(*application, "jvm.heap_used").query.find("{area=\"heap\",job=\"shop\"}"), std::string::npos);
  EXPECT_NE(metric(*application, "container.oom_kills").query.find("container=\"shop\",namespace=\"local\""),
            std::string::npos);
  ASSERT_EQ(application->monotone.size(), 3U);
  EXPECT_EQ(application->monotone[2].metric, "jvm.gc_time_ratio");
  EXPECT_EQ(application->monotone[2].parameter, "jvm.heap");
}

TEST(ApplicationDocumentTest, ReadsTheRest) {
  const auto application = read(complete()).value();
  EXPECT_EQ(application.name, "shop");
  EXPECT_EQ(application.platform_kind, "local");
  EXPECT_EQ(application.platform.root.find("replicas")->text, "2");
  EXPECT_EQ(application.load_metric, "arrivals");
  EXPECT_EQ(application.objective.slos()[0].confidence, 0.95);
  EXPECT_EQ(application.objective.slos()[1].confidence, 0.99);
  EXPECT_EQ(application.objective.goal_value(0, {}, application.baseline), 2 * (18.5 * 0.9 + 2.6));
  EXPECT_EQ(application.cadence.window, seconds(15));
  EXPECT_EQ(application.cadence.minimum_windows, 3);
  EXPECT_EQ(application.policy.parameter_modes.at("jvm.gc"), model::Mode::kObserve);
  EXPECT_EQ(application.telemetry.timeout, seconds(5));
  EXPECT_EQ(application.prices.restart, 0.02);
  EXPECT_EQ(application.source_text, complete());
  EXPECT_EQ(application.revision.size(), 16U);
  EXPECT_NE(application.revision, read(complete() + "\n").value().revision);
}

TEST(ApplicationDocumentTest, AWindowOverMidnightBecomesTwo) {
  const auto windows = read(complete()).value().policy.change_windows;
  ASSERT_EQ(windows.size(), 2U);
  EXPECT_EQ(windows[0].weekdays, (std::vector<int>{1, 2}));
  EXPECT_EQ(windows[0].from_minute, 22 * 60);
  EXPECT_EQ(windows[0].to_minute, 1440);
  EXPECT_EQ(windows[1].weekdays, (std::vector<int>{2, 3}));
  EXPECT_EQ(windows[1].from_minute, 0);
  EXPECT_EQ(windows[1].to_minute, 240);
}

TEST(ApplicationDocumentTest, WhatIsUsedIsRequired) {
  const auto application = read(complete()).value();
  EXPECT_TRUE(metric(application, "p95").required);
  EXPECT_TRUE(metric(application, "jvm.gc_pause_max").required);  // by an override
  EXPECT_FALSE(metric(application, "jvm.heap_used").required);
  const auto with_slo = read(with("  - p95 <= 250\n", "  - p95 <= 250\n  - jvm.gc_time_ratio <= 0.1\n")).value();
  EXPECT_TRUE(metric(with_slo, "jvm.gc_time_ratio").required);
}

TEST(ApplicationDocumentTest, AMetricOfAPackMayBeReplaced) {
  const auto application =
      read(with("{name: jvm.gc_pause_max, required: true}",
                "{name: jvm.heap_used, query: 'max(heap{$LABELS$})', unit: GiB, plausible: {max: 64}}"));
  ASSERT_TRUE(application) << application.error().to_string();
  EXPECT_EQ(metric(*application, "jvm.heap_used").query, "max(heap{job=\"shop\"})");
  EXPECT_EQ(metric(*application, "jvm.heap_used").unit, "GiB");
  EXPECT_EQ(metric(*application, "jvm.heap_used").aggregate, model::Aggregate::kMax);
}

TEST(ApplicationDocumentTest, WhatTheRuntimeSaysItselfIsKnownByTheParametersFullName) {
  EXPECT_EQ(metric(*read(complete()), "jvm.heap_limit").shows, "jvm.heap");
  const std::string replaced = "{name: jvm.gc_pause_max, required: true}";
  EXPECT_EQ(metric(read(with(replaced, "{name: jvm.heap_limit, shows: \"\"}")).value(), "jvm.heap_limit").shows, "");
  const auto unknown = read(with(replaced, "{name: own, query: own, shows: jvm.heep}"));
  ASSERT_FALSE(unknown);
  EXPECT_TRUE(unknown.error().to_string().contains("own shows \"jvm.heep\", which is no parameter of a component"))
      << unknown.error().to_string();
}

TEST(ApplicationDocumentTest, TheLoadMetricIsFoundByItsRole) {
  EXPECT_EQ(read(with("load: arrivals\n", "")).value().load_metric, "arrivals");
  EXPECT_EQ(metric(read(with("role: load", "role: none")).value(), "arrivals").role, model::MetricRole::kLoad);
  std::string text = with("load: arrivals\n", "");
  text.replace(text.find("role: load"), 10, "role: none");
  EXPECT_EQ(read(text).error().field, "load");
}

TEST(ExpandLabelsTest, EscapesValues) {
  EXPECT_EQ(expand_labels("a{$LABELS$} / b{x=\"1\",$LABELS$}", {{"job", "a\"b\\"}, {"zone", "1"}}),
            "a{job=\"a\\\"b\\\\\",zone=\"1\"} / b{x=\"1\",job=\"a\\\"b\\\\\",zone=\"1\"}");
  EXPECT_EQ(expand_labels("a{$LABELS$}", {}), "a{}");
}

}  // namespace
}  // namespace trimtab::packs
