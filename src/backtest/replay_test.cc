#include <cmath>

#include "backtest/generate.h"
#include "backtest/recorded.h"
#include "backtest/table.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace trimtab::backtest {
namespace {

using ::testing::HasSubstr;

Trace flat(int days, float cpu, float memory) {
  Trace trace;
  trace.name = trace.family = "flat";
  trace.replicas.resize(1);
  trace.replicas[0].cpu.assign(static_cast<std::size_t>(days) * 1440, cpu);
  trace.replicas[0].memory.assign(static_cast<std::size_t>(days) * 1440, memory);
  trace.request_cpu = 2;
  trace.request_memory_mib = 1024;
  return trace;
}

class Fixed final : public Recommender {
 public:
  explicit Fixed(Advice advice) : advice_(advice) {}
  [[nodiscard]] std::string name() const override { return "fixed"; }
  [[nodiscard]] int cadence_minutes() const override { return 60; }
  void observe(const MinuteUse& use) override { seen_ = std::max<double>(seen_, use.memory[0]); }
  [[nodiscard]] Advice advise(std::size_t, const Advice&) override {
    ++asked_;
    return advice_;
  }
  Advice advice_;
  double seen_ = 0;
  int asked_ = 0;
};

TEST(NeedRatios, TellWhatAMultipleWouldLack) {
  NeedRatios ratios;
  for (int i = 1; i <= 100; ++i)
    ratios.add(i, 50);  // needs of 0.02 to 2 times what is reserved
  EXPECT_DOUBLE_EQ(ratios.share_above(1), 0.50);
  EXPECT_NEAR(ratios.multiple_for(0.50), 1.00, 0.03);
  EXPECT_NEAR(ratios.multiple_for(0.10), 1.80, 0.03);
  EXPECT_NEAR(ratios.multiple_for(0), 2.00, 0.02);
  EXPECT_LE(ratios.share_above(ratios.multiple_for(0.10)), 0.10);
}

TEST(Replay, CountsWhatIsReservedAndWhatIsLacking) {
  Trace trace = flat(3, 0.5F, 500);
  for (std::size_t m = 2 * 1440; m < 2 * 1440 + 144; ++m)
    trace.replicas[0].cpu[m] = 1.5F;
  Fixed fixed({1, 512, 1.2});
  const Outcome outcome = replay(trace, fixed, {.learn_days = 2});
  EXPECT_DOUBLE_EQ(outcome.minutes, 1440);
  EXPECT_DOUBLE_EQ(outcome.cpu_minutes, 1440);
  EXPECT_NEAR(outcome.short_share(), 0.1, 1e-9);
  EXPECT_DOUBLE_EQ(outcome.throttled, 144);
  EXPECT_NEAR(outcome.lacking_cores, 144 * 0.5, 1e-3);
  EXPECT_DOUBLE_EQ(outcome.kills, 0);
  EXPECT_DOUBLE_EQ(outcome.changes, 0);  // its first advice is no change
  EXPECT_EQ(fixed.asked_, 24);
  EXPECT_NEAR(outcome.cost({}), 18.5 + 0.5 * 2.6, 1e-9);
}

TEST(Replay, AsksNobodyOftenerThanTheLeastCadence) {
  Fixed fixed({1, 512, 0});
  static_cast<void>(replay(flat(4, 0.5F, 500), fixed, {.learn_days = 2, .least_cadence_minutes = 1440}));
  EXPECT_EQ(fixed.asked_, 2);  // hourly by itself
}

TEST(Replay, ScalesToEqualCostAndToEqualViolations) {
  Trace trace = flat(3, 0.5F, 500);
  for (std::size_t m = 2 * 1440; m < 2 * 1440 + 144; ++m)
    trace.replicas[0].cpu[m] = 1.5F;
  Fixed tight({1, 1024, 0});
  Fixed ample({2, 1024, 0});
  const Outcome a = replay(trace, tight, {.learn_days = 2});
  const Outcome b = replay(trace, ample, {.learn_days = 2});
  EXPECT_DOUBLE_EQ(b.short_share(), 0);
  EXPECT_NEAR(a.short_share_at_cost_of(b, {}), 0, 1e-9);
  EXPECT_NEAR(b.short_share_at_cost_of(a, {}), 0.1, 1e-9);
  // To lack never, one and a half cores; memory is more than was needed: 500 of 1024 MiB would do.
  EXPECT_NEAR(a.cost_at_violations_of(b, {}), 1.5 * 18.5 + 500.0 / 1024 * 2.6, 0.4);
}

TEST(Replay, WhoIsKilledGetsNoCpuForTheMemoryItSaved) {
  Trace trace = flat(3, 0.5F, 500);
  for (std::size_t m = 2 * 1440; m < 2 * 1440 + 144; ++m)
    trace.replicas[0].cpu[m] = 1.09F;
  Fixed killed({1, 250, 0});
  Fixed ample({1, 1024, 0});
  const Outcome a = replay(trace, killed, {.learn_days = 2});
  const Outcome b = replay(trace, ample, {.learn_days = 2});
  EXPECT_GT(a.kills, 0);
  // With 500 MiB it can have 1.07 cores for b's cost; with its 250 MiB they would be 1.11.
  EXPECT_NEAR(a.short_share_at_cost_of(b, {}), 0.1, 1e-9);
}

TEST(Replay, AKilledContainerIsNotSeenToNeedMore) {
  Fixed fixed({1, 400, 0});
  const Outcome outcome = replay(flat(2, 0.5F, 500), fixed, {.learn_days = 1, .hold = true});
  EXPECT_DOUBLE_EQ(outcome.kills, 1440.0 / 5);  // tried again every five minutes
  EXPECT_DOUBLE_EQ(fixed.seen_, 500);           // while learning; never again
  EXPECT_EQ(fixed.asked_, 1);
}

TEST(Replay, NobodyKnowsBetterThanTheGreatestNeed) {
  for (const Family family : all_families()) {
    const Outcome outcome = replay_greatest_need(generate(family, 3, 3), {.learn_days = 2});
    EXPECT_DOUBLE_EQ(outcome.short_share(), 0) << family_name(family);
    EXPECT_DOUBLE_EQ(outcome.kills, 0) << family_name(family);
  }
}

TEST(Generate, IsDeterministicAndDiffersBySeed) {
  for (const Family family : all_families()) {
    const Trace a = generate(family, 5, 2);
    const Trace b = generate(family, 5, 2);
    const Trace c = generate(family, 6, 2);
    ASSERT_EQ(a.minutes(), 2880U);
    EXPECT_EQ(a.replicas[0].cpu, b.replicas[0].cpu);
    EXPECT_NE(a.replicas[0].cpu, c.replicas[0].cpu);
    for (const ReplicaNeed& need : a.replicas) {
      EXPECT_TRUE(std::all_of(need.cpu.begin(), need.cpu.end(), [](float v) { return v > 0 && std::isfinite(v); }));
      EXPECT_TRUE(std::all_of(need.memory.begin(), need.memory.end(), [](float v) { return v > 1; }));
    }
  }
}

TEST(Generate, ALeakGrowsAndAHeapStays) {
  const Trace leak = generate(Family::kLeak, 2, 3);
  EXPECT_GT(leak.replicas[0].memory.back(), leak.replicas[0].memory.front());
  const Trace jvm = generate(Family::kJvm, 2, 3);
  EXPECT_EQ(jvm.command_line.at(0), "java");
}

TEST(Recorded, ReadsReplicasGapsAndComments) {
  const auto trace = parse_recorded(
      "# command: java -Xmx512m\n# request: 2 1024\n"
      "time,pod,replica,cpu,memory\r\n"
      "2026-11-02T00:00:00Z,x,a,0.5,400\n2026-11-02T00:00:00Z,x,b,0.6,500\n"
      "2026-11-02T00:05:00Z,x,a,0.7,450\n2026-11-02T00:06:00Z,x,b,0.8,550\n",
      "shop.csv");
  ASSERT_TRUE(trace) << trace.error().to_string();
  ASSERT_EQ(trace->replicas.size(), 2U);
  ASSERT_EQ(trace->minutes(), 6U);
  EXPECT_FLOAT_EQ(trace->replicas[0].cpu[4], 0.5F);
  EXPECT_FLOAT_EQ(trace->replicas[0].cpu[5], 0.7F);
  EXPECT_FLOAT_EQ(trace->replicas[1].memory[5], 500);
  EXPECT_EQ(trace->command_line, (std::vector<std::string>{"java", "-Xmx512m"}));
  EXPECT_DOUBLE_EQ(trace->request_memory_mib, 1024);
}

TEST(Recorded, SaysWhereItIsWrong) {
  struct Case {
    const char* text;
    int line;
    const char* says;
  };
  for (const Case& c : {Case{"time,memory\n1,2\n", 1, "cpu"}, Case{"time,cpu\n60,x\n", 2, "number"},
                        Case{"time,cpu\n60,-1\n", 2, "number"}, Case{"time,cpu\nyesterday,1\n", 2, "time"},
                        Case{"time,cpu\n120,1\n0,1\n", 3, "grow"}, Case{"time,cpu\n0\n", 2, "ends"},
                        Case{"time,cpu\n0,1\n36000,1\n", 3, "gap"}, Case{"", 0, "samples"},
                        Case{"time,cpu\n0,nan\n", 2, "number"}, Case{"# request: 0 1\n", 1, "above zero"}}) {
    const auto trace = parse_recorded(c.text, "x.csv");
    ASSERT_FALSE(trace) << c.text;
    EXPECT_EQ(trace.error().code, Code::kInvalidInput);
    EXPECT_EQ(trace.error().position.line, c.line) << c.text;
    EXPECT_THAT(trace.error().message + trace.error().field, HasSubstr(c.says));
  }
  EXPECT_EQ(recorded_files("/nowhere").error().code, Code::kNotFound);
}

// A few containers say nothing of costs; the fleet's table is docs/results/backtest.md.
TEST(BacktestTable, TrimtabLacksLessThanFixedPercentiles) {
  BacktestTable table;
  for (const Family family : {Family::kDiurnal, Family::kBursty, Family::kCron})
    add_trace(table, generate(family, 101, 18), {}, {});
  const Outcome& mine = table.find(kProduct)->fleet;
  EXPECT_DOUBLE_EQ(mine.kills, 0);
  EXPECT_LT(mine.cost({}), table.find(kAsSet)->fleet.cost({}));
  for (const char* rival : {"VPA", "KRR simple", "KRR simple_limit"})
    EXPECT_LT(mine.short_share(), table.find(rival)->fleet.short_share()) << rival;
  EXPECT_THAT(table_text(table, {}, true), HasSubstr("greatest need"));
  EXPECT_EQ(table_json(table, {})["traces"], 3);
}

}  // namespace
}  // namespace trimtab::backtest
