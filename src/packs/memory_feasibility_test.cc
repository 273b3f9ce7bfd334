#include "packs/memory_feasibility.h"

#include <gtest/gtest.h>

#include "packs/application_document.h"

namespace trimtab::packs {
namespace {

using model::Configuration;
using model::Observation;

std::string document(std::string_view components, std::string_view parameters, std::string_view rest = "") {
  return std::string(
             "apiVersion: trimtab.dev/v1\nkind: Application\nname: shop\nplatform: {kind: simulated}\n"
             "metrics: [{name: arrivals, query: x, role: load}]\ngoal: {minimize: arrivals}\n"
             "components:\n") +
         std::string(components) + "parameters:\n" + std::string(parameters) + std::string(rest);
}

model::Application read(const std::string& text) {
  auto application = read_application(text, "a.yaml", PackLibrary::embedded().value());
  if (application) return *std::move(application);
  ADD_FAILURE() << application.error().to_string();
  return {};
}

constexpr std::string_view kJvm =
    "  - {name: container, pack: container}\n  - {name: jvm, pack: jvm, version: \"17.0.5\"}\n"
    "  - {name: tomcat, pack: tomcat}\n";
constexpr std::string_view kJvmParameters =
    "  - {name: container.memory_limit, min: 256, max: 4096}\n  - {name: container.cpu_limit, min: 0.2, max: 4}\n"
    "  - {name: jvm.heap, min: 64, max: 2048}\n  - {name: jvm.gc}\n  - {name: tomcat.max_threads, min: 4, max: 400}\n";

Configuration jvm(double limit, double heap, const char* collector = "G1", double threads = 50) {
  return {{"container.memory_limit", limit},
          {"container.cpu_limit", 1.0},
          {"jvm.heap", heap},
          {"jvm.gc", collector},
          {"tomcat.max_threads", threads}};
}

Observation window(const Configuration& configuration, double working_set, double heap_used) {
  Observation seen;
  seen.configuration = configuration;
  seen.metrics = {{"container.memory_working_set", working_set}};
  if (heap_used > 0) seen.metrics["jvm.heap_used"] = heap_used;
  return seen;
}

TEST(MemoryFeasibilityTest, KnowsNothingWithoutALimitOrARuntime) {
  EXPECT_EQ(read(document("  - {name: container, pack: container}\n",
                          "  - {name: container.memory_limit, min: 256, max: 4096}\n"))
                .memory,
            nullptr);
  EXPECT_EQ(read(document("  - {name: jvm, pack: jvm}\n", "  - {name: jvm.heap, min: 64, max: 2048}\n")).memory,
            nullptr);
  const auto switched_off = read(document(kJvm, kJvmParameters, "pack_rules: {memory: false}\n"));
  EXPECT_EQ(switched_off.memory, nullptr);
  const auto on = read(document(kJvm, kJvmParameters));
  ASSERT_NE(on.memory, nullptr);
  EXPECT_FALSE(on.memory->forecast({{"jvm.heap", 512.0}}));  // no limit is known
}

TEST(MemoryFeasibilityTest, TheHeapIsTakenAsFullAndWhatStandsBesideItIsAdded) {
  const auto memory = read(document(kJvm, kJvmParameters)).memory;
  const auto small = memory->forecast(jvm(1024, 256)).value();
  const auto large = memory->forecast(jvm(1024, 512)).value();
  EXPECT_GT(small.high_mib, 256 + 100);
  EXPECT_GE(large.high_mib - small.high_mib, 256);
  EXPECT_EQ(large.windows, 0);
  EXPECT_EQ(large.limit_parameter, "container.memory_limit");
  // Collectors and threads count.
  EXPECT_LT(memory->forecast(jvm(1024, 512, "Serial"))->high_mib, large.high_mib);
  EXPECT_GT(memory->forecast(jvm(1024, 512, "G1", 400))->high_mib, large.high_mib + 50);
  EXPECT_GT(memory->forecast(jvm(512, 512))->missing_mib(), 0);
}

TEST(MemoryFeasibilityTest, IsCorrectedByWhatWasSeenBesideTheHeap) {
  const auto memory = read(document(kJvm, kJvmParameters)).memory;
  const Configuration present = jvm(1024, 512);
  std::vector<Observation> seen;
  for (int i = 0; i < 40; ++i)
    seen.push_back(window(present, 350 + i, 220 + i));  // 130 MiB beside the heap
  const auto few = memory->corrected({seen.begin(), seen.begin() + 3})->forecast(present).value();
  const auto many = memory->corrected(seen)->forecast(present).value();
  EXPECT_EQ(many.windows, 40);
  EXPECT_GE(many.high_mib, 512 + 130);
  EXPECT_LE(many.high_mib, 512 + 130 * 1.1 + 15);
  EXPECT_GT(few.high_mib, many.high_mib);  // little evidence leaves more of the model's own upper end
  EXPECT_LT(few.high_mib, memory->forecast(present)->high_mib);
  // A smaller heap needs as much less; what was seen beside it stays.
  EXPECT_NEAR(memory->corrected(seen)->forecast(jvm(1024, 256))->high_mib, 256 + 130 * 1.1, 30);
}

TEST(MemoryFeasibilityTest, PagesOfTheHeapOnceTouchedAreNotTakenForSomethingElse) {
  const auto memory = read(document(kJvm, kJvmParameters)).memory;
  const Configuration present = jvm(1024, 512);
  // After a collection the heap in use is small, and the working set stays.
  const std::vector<Observation> seen{window(present, 600, 470), window(present, 600, 90), window(present, 600, 120)};
  EXPECT_LT(memory->corrected(seen)->forecast(present)->expected_mib, 512 + 140);
}

TEST(MemoryFeasibilityTest, AProgramThatNeedsMoreThanTheModelSupposesIsBelieved) {
  const auto memory = read(document(kJvm, kJvmParameters)).memory;
  const Configuration present = jvm(2048, 512);
  const double supposed = memory->forecast(present)->high_mib;
  const auto corrected = memory->corrected({window(present, 1400, 400)})->forecast(present).value();
  EXPECT_GT(corrected.high_mib, supposed);
  EXPECT_GE(corrected.high_mib, 512 + 1000);
  EXPECT_GT(memory->corrected({window(present, 1400, 400)})->forecast(jvm(1500, 512))->missing_mib(), 0);
}

TEST(MemoryFeasibilityTest, AKillTellsWhatDidNotFit) {
  const auto memory = read(document(kJvm, kJvmParameters)).memory;
  Observation killed;
  killed.configuration = jvm(1000, 128);
  killed.failed = true;
  killed.failure = "oom_kill: replica shop-1 was killed, out of memory";
  EXPECT_LT(memory->forecast(jvm(1000, 128))->missing_mib(), 0);
  EXPECT_GT(memory->corrected({killed})->forecast(jvm(1000, 128))->missing_mib(), 0);
}

TEST(MemoryFeasibilityTest, WithoutTheHeapInUseTheWholeBoundsTheWhole) {
  const auto memory = read(document(kJvm, kJvmParameters)).memory;
  const Configuration present = jvm(1024, 256);
  const auto corrected = memory->corrected({window(present, 300, 0)})->forecast(present).value();
  EXPECT_LT(corrected.high_mib, memory->forecast(present)->high_mib);
  EXPECT_GE(corrected.high_mib, 300);
}

TEST(MemoryFeasibilityTest, ReadsValuesThatAreSetElsewhere) {
  const std::string parameters = "  - {name: container.memory_limit, min: 256, max: 4096}\n";
  const auto memory_with = [&](const std::string& values) {
    return read(document("  - {name: container, pack: container, values: {cpu_limit: 2}}\n"
                         "  - {name: jvm, pack: jvm, values: {" +
                             values + "}}\n",
                         parameters))
        .memory;
  };
  const Configuration configuration{{"container.memory_limit", 1024.0}};
  const auto small = memory_with("heap: 300, metaspace: 64")->forecast(configuration).value();
  const auto large = memory_with("heap: 900, metaspace: 64")->forecast(configuration).value();
  EXPECT_NEAR(large.high_mib - small.high_mib, 600, 100);
  // Left to itself a JVM takes a quarter of the limit.
  EXPECT_LT(memory_with("metaspace: 64")->forecast(configuration)->high_mib, small.high_mib);
  // The limit itself may be a stated value.
  const auto fixed = read(document("  - {name: container, pack: container, values: {memory_limit: 640}}\n"
                                   "  - {name: jvm, pack: jvm}\n",
                                   "  - {name: jvm.heap, min: 64, max: 2048}\n"))
                         .memory;
  ASSERT_NE(fixed, nullptr);
  EXPECT_EQ(fixed->forecast({{"jvm.heap", 256.0}})->limit_mib, 640);
}

TEST(MemoryFeasibilityTest, FindsTheContainerOfEachRuntime) {
  const std::string parameters =
      "  - {name: a.memory_limit, min: 256, max: 4096}\n  - {name: b.memory_limit, min: 256, max: 4096}\n"
      "  - {name: node.old_space, min: 64, max: 2048}\n";
  const std::string containers = "  - {name: a, pack: container}\n  - {name: b, pack: container}\n";
  EXPECT_EQ(read(document(containers + "  - {name: node, pack: nodejs}\n", parameters)).memory, nullptr);
  const auto memory = read(document(containers + "  - {name: node, pack: nodejs, container: b}\n", parameters)).memory;
  ASSERT_NE(memory, nullptr);
  const auto forecast =
      memory->forecast({{"a.memory_limit", 4096.0}, {"b.memory_limit", 512.0}, {"node.old_space", 480.0}}).value();
  EXPECT_EQ(forecast.limit_parameter, "b.memory_limit");
  EXPECT_GT(forecast.missing_mib(), 0);
}

TEST(MemoryFeasibilityTest, LearnsTheLiveHeapOfGoFromItsNextCollection) {
  const auto memory = read(document("  - {name: container, pack: container}\n  - {name: go, pack: go}\n",
                                    "  - {name: container.memory_limit, min: 64, max: 4096}\n"
                                    "  - {name: go.gc_percent, min: 50, max: 400}\n"))
                          .memory;
  const auto at = [](double percent) {
    return Configuration{{"container.memory_limit", 1024.0}, {"go.gc_percent", percent}};
  };
  Observation seen;
  seen.configuration = at(100);
  seen.metrics = {{"container.memory_working_set", 330}, {"go.heap_used", 290}, {"go.heap_goal", 300}};
  const auto corrected = memory->corrected({seen, seen, seen});
  EXPECT_NEAR(corrected->forecast(at(100))->high_mib, 330 + 40, 60);   // 150 MiB live, twice
  EXPECT_NEAR(corrected->forecast(at(300))->high_mib, 660 + 80, 110);  // four times
}

}  // namespace
}  // namespace trimtab::packs
