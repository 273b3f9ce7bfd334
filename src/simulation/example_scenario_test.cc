#include "simulation/example_scenario.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "model/space_document.h"

namespace trimtab::simulation {
namespace {

using model::Parameter;
using model::ParameterType;

template <class T>
T must(Result<T> result) {
  CHECK(result.has_value());
  return std::move(*result);
}

Parameter number(const char* name, ParameterType type, double min, double max, double step, double max_step) {
  Parameter parameter;
  parameter.name = name;
  parameter.type = type;
  parameter.min = min;
  parameter.max = max;
  parameter.step = step;
  parameter.max_step = max_step;
  return parameter;
}

model::Space space() {
  Parameter cpu = number("container.cpu_limit", ParameterType::kReal, 0.2, 1.0, 0.05, 0.25);
  cpu.effect = model::ChangeEffect::kLive;
  Parameter memory = number("container.memory_limit", ParameterType::kInteger, 288, 1024, 16, 256);
  Parameter heap = number("jvm.heap", ParameterType::kInteger, 64, 768, 16, 192);
  heap.scale = model::Scale::kLog;
  Parameter gc;
  gc.name = "jvm.gc";
  gc.type = ParameterType::kCategorical;
  gc.values = {"Serial", "Parallel", "G1"};
  Parameter gc_threads = number("jvm.gc_threads", ParameterType::kInteger, 1, 4, 1, 2);
  Parameter threads = number("tomcat.max_threads", ParameterType::kInteger, 4, 200, 1, 100);
  threads.scale = model::Scale::kLog;
  return must(
      model::Space::create({cpu, memory, heap, gc, gc_threads, threads},
                           {{must(expr::Expression::parse("jvm.heap + 208 <= container.memory_limit")), "heap fits"}}));
}

model::Metric metric(const char* name, const char* unit, model::MetricRole role = model::MetricRole::kNone) {
  model::Metric m;
  m.name = name;
  m.query = name;
  m.unit = unit;
  m.role = role;
  return m;
}

}  // namespace

Scenario example_scenario(int days, std::uint64_t seed) {
  Scenario scenario;
  scenario.name = "example";
  model::Application& a = scenario.application;
  a.name = "shop";
  a.platform_kind = "simulated";
  a.space = space();
  const char* cost = "2 * (18.5 * container.cpu_limit + 2.6 * container.memory_limit / 1024)";
  a.objective = must(model::Objective::create(
      {{model::Direction::kMinimize, must(expr::Expression::parse(cost)), cost}},
      {must(model::parse_slo("p95 <= 100", 0.95)), must(model::parse_slo("errors <= 0.01", 0.95))}, {}));
  using model::MetricRole;
  a.metrics = {metric("arrivals", "req/s", MetricRole::kLoad),
               metric("p95", "ms", MetricRole::kLatency),
               metric("errors", "ratio", MetricRole::kErrors),
               metric("throughput", "req/s", MetricRole::kThroughput),
               metric("container.cpu_used", "cores"),
               metric("container.cpu_used_peak", "cores"),
               metric("container.throttled_ratio", "ratio", MetricRole::kThrottling),
               metric("container.memory_working_set", "MiB"),
               metric("container.oom_kills", "kills", MetricRole::kOutOfMemory),
               metric("jvm.heap_used", "MiB"),
               metric("jvm.live_data", "MiB"),
               metric("jvm.gc_time_ratio", "ratio")};
  a.load_metric = "arrivals";
  a.baseline = {{"container.cpu_limit", 0.9}, {"container.memory_limit", 1024}, {"jvm.heap", 512}, {"jvm.gc", "G1"},
                {"jvm.gc_threads", 2},        {"tomcat.max_threads", 200}};
  a.monotone = {{"p95", "container.cpu_limit", false}, {"container.oom_kills", "container.memory_limit", false}};
  using std::chrono::hours;
  using std::chrono::minutes;
  a.cadence.window = minutes(10);
  a.cadence.step = minutes(1);
  a.cadence.decide_every = hours(1);
  a.cadence.guard_every = minutes(1);
  a.cadence.settle = minutes(5);
  a.cadence.expire_after = hours(24);
  a.policy.mode = model::Mode::kAutonomous;
  a.policy.tolerated_regression = 1;  // inside the SLO p95 may double
  a.policy.bar_failed_for = hours(24 * 7);
  a.prices = {"EUR", 18.5, 2.6, 0};
  a.revision = "example";
  scenario.service = shop_parameters();
  scenario.load.peak = 90;
  scenario.load.seed = seed;
  scenario.start = {1767571200000000};  // 2026-01-05, a Monday
  scenario.length = hours(24 * days);
  scenario.seed = seed;
  return scenario;
}

TEST(ExampleScenario, BaselineIsValid) {
  const Scenario scenario = example_scenario(1, 1);
  EXPECT_TRUE(scenario.application.space.validate(scenario.application.baseline));
  EXPECT_EQ(steps_of(scenario), 1440);
}

}  // namespace trimtab::simulation
