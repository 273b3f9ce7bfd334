// A small model of a service for tests: response time as a queue in front of a CPU quota, memory as a heap with live
// data. Noise by a seed. Known by construction, so that safety can be checked against the truth.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "optimizer/safe_search.h"

namespace trimtab::optimizer::test {

inline model::Parameter number(std::string name, double min, double max, double step, std::optional<double> max_step,
                               std::string unit = {}) {
  model::Parameter p;
  p.name = std::move(name);
  p.type = model::ParameterType::kReal;
  p.min = min;
  p.max = max;
  p.step = step;
  p.max_step = max_step;
  p.unit = std::move(unit);
  return p;
}

inline model::Parameter category(std::string name, std::vector<std::string> values) {
  model::Parameter p;
  p.name = std::move(name);
  p.type = model::ParameterType::kCategorical;
  p.values = std::move(values);
  return p;
}

inline expr::Expression formula(std::string_view text) {
  auto parsed = expr::Expression::parse(text);
  CHECK(parsed.has_value());
  return *parsed;
}

inline model::Slo upper_bound(const std::string& metric, double bound) {
  return {metric, metric + " <= " + std::to_string(bound), formula(metric), true, bound, 0.95};
}

// Cost of CPU, memory; p95 and errors bounded; heap inside the memory limit.
inline Problem shop_problem() {
  std::vector<model::Parameter> parameters{number("container.cpu_limit", 0.2, 2, 0.05, 0.25, "cores"),
                                           number("container.memory_limit", 256, 2048, 16, 256, "MiB"),
                                           number("jvm.heap", 96, 1536, 16, 256, "MiB"),
                                           category("jvm.gc", {"Serial", "Parallel", "G1"}),
                                           number("jvm.gc_threads", 1, 4, 1, 1),
                                           number("tomcat.max_threads", 5, 200, 5, 50),
                                           number("jvm.ratio", 0, 1, 0.05, 0.2)};
  std::vector<model::Constraint> constraints{
      {formula("jvm.heap + 190 <= container.memory_limit"), "jvm.heap + 190 <= container.memory_limit"}};
  auto space = model::Space::create(std::move(parameters), std::move(constraints));
  CHECK(space.has_value());
  auto objective = model::Objective::create(
      {{model::Direction::kMinimize, formula("cost"), "cost"}}, {upper_bound("p95", 250), upper_bound("errors", 0.01)},
      {{"cost", formula("2 * (18.5 * container.cpu_limit + 2.6 * container.memory_limit / 1024)")}});
  CHECK(objective.has_value());
  Problem problem{std::move(*space), std::move(*objective), {{"load", true}}, {}};
  problem.baseline = {
      {"container.cpu_limit", 1.5}, {"container.memory_limit", 1024}, {"jvm.heap", 768}, {"jvm.gc", "G1"},
      {"jvm.gc_threads", 2},        {"tomcat.max_threads", 100},      {"jvm.ratio", 0.5}};
  return problem;
}

struct Truth {
  double p95 = 0;
  double errors = 0;
  double cpu_used = 0;
  double working_set = 0;
  double live_data = 0;
  bool out_of_memory = false;
};

// 10 ms of CPU a request, more when the cache in the heap is small; waiting grows as 1/(1 - utilisation).
inline Truth service(const model::Configuration& c, double load) {
  Truth t;
  const double cpu = *c.number("container.cpu_limit");
  const double heap = *c.number("jvm.heap");
  const std::string& gc = c.find("jvm.gc")->text();
  const double collector = gc == "Serial" ? 1.0 : gc == "Parallel" ? 1.02 : 1.08;
  const double miss = std::exp(-heap / 300);
  t.live_data = 40 + 0.4 * heap;
  const double collecting = 0.05 * t.live_data / (heap - t.live_data);
  const double demand = collector * (0.007 + 0.006 * miss) * (1 + collecting);  // core seconds a request
  t.cpu_used = 0.01 + load * demand;
  const double utilisation = t.cpu_used / cpu;
  const double rest = std::max(0.02, 1 - utilisation);
  t.p95 = 12 + 3000 * demand * std::max(1.0, 0.5 / cpu) / rest;
  t.errors = utilisation > 1 ? 1 - 1 / utilisation : 0;
  t.working_set = 150 + heap * 0.9 + 0.3 * *c.number("tomcat.max_threads");
  t.out_of_memory = t.working_set > *c.number("container.memory_limit");
  return t;
}

inline model::Observation observe(const model::Configuration& configuration, double load, Random& random,
                                  int index = 0) {
  const Truth t = service(configuration, load);
  const auto noisy = [&](double value, double relative) { return value * std::exp(relative * random.normal()); };
  model::Observation o;
  o.start.us = std::int64_t{index} * 60'000'000;
  o.end.us = o.start.us + 60'000'000;
  o.configuration = configuration;
  o.load = load;
  o.metrics = {{"p95", noisy(t.p95, 0.05)},
               {"errors", t.errors},
               {"container.cpu_used", noisy(t.cpu_used, 0.02)},
               {"container.cpu_used_peak", noisy(t.cpu_used * 1.05, 0.02)},
               {"container.memory_working_set", noisy(t.working_set, 0.01)},
               {"jvm.live_data", noisy(t.live_data, 0.03)}};
  if (t.out_of_memory) {
    o.failed = true;
    o.failure = "oom: out of memory";
  }
  return o;
}

// A day of loads between 10 and `peak` requests/s.
inline double day_load(int window, int windows_a_day, double peak) {
  const double phase = 2 * 3.14159265358979 * window / windows_a_day;
  return peak * (0.55 - 0.45 * std::cos(phase));
}

}  // namespace trimtab::optimizer::test
