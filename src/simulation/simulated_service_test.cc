#include "simulation/simulated_service.h"

#include "simulation/account.h"
#include "simulation/example_scenario.h"
#include "simulation/oracle.h"
#include "simulation/simulated_telemetry.h"
#include "simulation/usage_policy.h"
#include <gtest/gtest.h>

namespace trimtab::simulation {
namespace {

using std::chrono::minutes;

class SimulatedServiceTest : public testing::Test {
 protected:
  Scenario scenario_ = example_scenario(1, 3);
  ServiceModel model_{scenario_.service};

  SimulatedService service(const model::Configuration& configuration) {
    return *make_service(scenario_, model_, configuration);
  }
  model::Configuration with(const char* name, model::Value value) const {
    model::Configuration configuration = scenario_.application.baseline;
    configuration.set(name, std::move(value));
    return configuration;
  }
};

engine::ApplyRequest request(const char* decision, model::Configuration target) {
  engine::ApplyRequest made;
  made.decision = decision;
  made.target = std::move(target);
  return made;
}

TEST_F(SimulatedServiceTest, SameSeedSameFigures) {
  SimulatedService a = service(scenario_.application.baseline);
  SimulatedService b = service(scenario_.application.baseline);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(a.advance(40 + i, minutes(1)).measured, b.advance(40 + i, minutes(1)).measured);
}

TEST_F(SimulatedServiceTest, LiveParameterChangesWithoutRestart) {
  SimulatedService s = service(scenario_.application.baseline);
  ASSERT_TRUE(s.begin(request("d1", with("container.cpu_limit", 0.8))));
  s.advance(40, minutes(1));
  EXPECT_FALSE(s.changing());
  EXPECT_EQ(s.restarts(), 0);
  EXPECT_EQ(s.live().configuration.number("container.cpu_limit"), 0.8);
  EXPECT_EQ(s.live().decision, "d1");
}

TEST_F(SimulatedServiceTest, RestartParameterRollsAndCachesStartCold) {
  SimulatedService s = service(scenario_.application.baseline);
  const double warm = s.advance(60, minutes(1)).cpu_cores;
  ASSERT_TRUE(s.begin(request("d1", with("jvm.gc", "Serial"))));
  EXPECT_TRUE(s.changing());
  EXPECT_FALSE(s.begin(request("d2", with("jvm.gc", "Parallel"))));
  const double cold = s.advance(60, minutes(1)).cpu_cores;
  EXPECT_GT(cold, 1.05 * warm);
  for (int i = 0; i < 5; ++i)
    s.advance(60, minutes(1));
  EXPECT_FALSE(s.changing());
  EXPECT_EQ(s.restarts(), 2);
  ASSERT_TRUE(s.outcome());
  // Once more, after a crash of the engine: nothing happens a second time.
  ASSERT_TRUE(s.begin(request("d1", with("jvm.gc", "Serial"))));
  EXPECT_FALSE(s.changing());
  EXPECT_EQ(s.restarts(), 2);
}

TEST_F(SimulatedServiceTest, StaleExpectationIsRefused) {
  SimulatedService s = service(scenario_.application.baseline);
  engine::ApplyRequest stale = request("d1", with("jvm.gc", "Serial"));
  stale.expected_fingerprint = "0000000000000000";
  EXPECT_EQ(s.begin(stale).error().code, Code::kConflict);
}

TEST_F(SimulatedServiceTest, HeapNearTheMemoryLimitIsKilledWhenItFills) {
  SimulatedService s = service(with("container.memory_limit", 528));
  int kills = 0;
  double errors = 0;
  for (int i = 0; i < 240; ++i) {
    const StepTruth& step = s.advance(80, minutes(1));
    kills += step.out_of_memory_kills;
    errors = std::max(errors, step.errors);
  }
  EXPECT_GT(kills, 2);
  EXPECT_GT(errors, 0.01);
  EXPECT_EQ(s.live().replicas.front().out_of_memory_kills, s.live().replicas.front().restarts);
}

TEST_F(SimulatedServiceTest, ReplicaThatDoesNotStartLeavesTheOthers) {
  SimulatedService s = service(scenario_.application.baseline);
  model::Configuration bad = with("container.memory_limit", 256);
  ASSERT_TRUE(s.begin(request("d1", bad)));
  s.advance(40, minutes(1));
  EXPECT_FALSE(s.changing());
  EXPECT_FALSE(s.outcome());
  EXPECT_EQ(s.live().configuration, scenario_.application.baseline);
}

TEST_F(SimulatedServiceTest, TelemetryAggregatesTheWindow) {
  SimulatedService s = service(scenario_.application.baseline);
  for (int i = 0; i < 20; ++i)
    s.advance(40, minutes(1));
  SimulatedTelemetry telemetry(s);
  const auto window =
      telemetry.window(scenario_.application.metrics, s.now() - minutes(10), s.now(), minutes(1), minutes(1));
  ASSERT_TRUE(window);
  const engine::MetricSample& load = window->samples.at("arrivals");
  EXPECT_EQ(load.points, 10);
  EXPECT_NEAR(load.value, 40, 1);
  model::Metric unknown;
  unknown.name = "nonsense";
  EXPECT_EQ(
      telemetry.window({unknown}, scenario_.start, s.now(), minutes(1), minutes(1))->samples.at("nonsense").status,
      engine::MetricSample::Status::kMissing);
}

TEST_F(SimulatedServiceTest, PlatformLetsTimePassUntilApplied) {
  SimulatedService s = service(scenario_.application.baseline);
  SimulatedPlatform platform(s, [&] { s.advance(40, minutes(1)); });
  const auto live = platform.apply(request("d1", with("jvm.heap", 256)), {}, {}, minutes(30));
  ASSERT_TRUE(live);
  EXPECT_EQ(live->configuration.number("jvm.heap"), 256);
  EXPECT_TRUE(live->healthy);
}

TEST(LoadModel, DayHasItsShape) {
  LoadOptions options;
  options.peak = 100;
  options.noise = 0;
  options.surges_per_week = 0;
  const std::vector<double> loads = arrivals(options, minutes(1), 7 * 1440);
  EXPECT_NEAR(loads[12 * 60 + 30], 100, 1);
  EXPECT_NEAR(loads[3 * 60], 10, 1);
  EXPECT_NEAR(loads[5 * 1440 + 12 * 60 + 30], 70, 1);
  options.day = minutes(24);
  const std::vector<double> fast = arrivals(options, std::chrono::seconds(1), 24 * 60);
  EXPECT_NEAR(fast[12 * 60 + 30], 100, 1);
}

TEST(Policies, OracleIsSafeAndCheapest) {
  const Scenario scenario = example_scenario(2, 5);
  const ServiceModel model(scenario.service);
  const std::vector<double> loads = arrivals(scenario.load, scenario.step, steps_of(scenario));
  const auto oracle = run_oracle(scenario, model, loads);
  ASSERT_TRUE(oracle) << oracle.error().to_string();
  const auto baseline = run_static(scenario, model, loads, scenario.application.baseline, "static");
  ASSERT_TRUE(baseline);
  EXPECT_LE(oracle->breached_share(), scenario.allowed_breach);
  EXPECT_LT(oracle->cost_month, baseline->cost_month);
  EXPECT_EQ(baseline->breached_steps, 0);
  // One grid step less CPU, everything else as it is, is not safe, or the oracle would have taken it.
  model::Configuration less = oracle->end;
  less.set("container.cpu_limit", *less.number("container.cpu_limit") - 0.05);
  const auto cheaper = run_static(scenario, model, loads, less, "cheaper");
  ASSERT_TRUE(cheaper);
  EXPECT_GT(cheaper->breached_share(), scenario.allowed_breach);
}

TEST(Policies, UsageRulesChangeTheContainerOnly) {
  const Scenario scenario = example_scenario(3, 5);
  const ServiceModel model(scenario.service);
  const std::vector<double> loads = arrivals(scenario.load, scenario.step, steps_of(scenario));
  for (const UsageRule& rule : {right_size_rule(), vpa_rule()}) {
    const auto outcome = run_usage_rule(scenario, model, loads, rule);
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_GE(outcome->changes, 1);
    EXPECT_EQ(outcome->end.number("jvm.heap"), scenario.application.baseline.number("jvm.heap"));
  }
}

}  // namespace
}  // namespace trimtab::simulation
