#include "simulation/service_model.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "simulation/collector_model.h"
#include <gtest/gtest.h>

#include "base/random.h"

namespace trimtab::simulation {
namespace {

double p95(const ServiceModel& model, const ReplicaSettings& settings, double arrivals) {
  const ReplicaReport report = model.evaluate(settings, {arrivals, model.cache_capacity(settings)});
  const WeightedLatency whole{&report.latency, 1};
  return 1000 * quantile({&whole, 1}, 0.95, model.parameters().timeout_s);
}

ReplicaSettings comfortable() {
  return {.cpu_cores = 1, .memory_mib = 1024, .heap_mib = 512, .collector = Collector::kSerial, .server_threads = 100};
}

TEST(PageCache, WholeAndEmpty) {
  const PageCache cache(1000, 0.9);
  EXPECT_DOUBLE_EQ(cache.hit_ratio(0), 0);
  EXPECT_DOUBLE_EQ(cache.hit_ratio(1000), 1);
}

TEST(PageCache, UniformPopularityHitsInProportion) {
  const PageCache cache(1000, 0);
  for (const double kept : {100.0, 400.0, 800.0})
    EXPECT_NEAR(cache.hit_ratio(kept), kept / 1000, 0.005);
}

// The approximation against a simulated LRU list (exact for the drawn sequence): within 1 %.
TEST(PageCache, AgreesWithSimulatedLru) {
  constexpr int kPages = 500;
  constexpr int kKept = 100;
  constexpr double kExponent = 0.9;
  std::vector<double> cumulative;
  double sum = 0;
  for (int i = 0; i < kPages; ++i)
    cumulative.push_back(sum += std::pow(i + 1.0, -kExponent));
  Random random(7);
  std::vector<int> list;
  int hits = 0;
  int counted = 0;
  for (int request = 0; request < 60000; ++request) {
    const double drawn = random.uniform() * sum;
    const int page = static_cast<int>(std::ranges::lower_bound(cumulative, drawn) - cumulative.begin());
    const auto found = std::ranges::find(list, page);
    const bool hit = found != list.end();
    if (hit) list.erase(found);
    list.insert(list.begin(), page);
    if (list.size() > kKept) list.pop_back();
    if (request < 5000) continue;
    ++counted;
    hits += hit ? 1 : 0;
  }
  EXPECT_NEAR(PageCache(kPages, kExponent).hit_ratio(kKept), static_cast<double>(hits) / counted, 0.01);
}

TEST(Latency, TailAndQuantileOfOneExponential) {
  Latency latency;
  latency.atoms = {{1, 0}};
  latency.queue = {1, 0.1};
  EXPECT_NEAR(latency.tail(0.1), std::exp(-1), 1e-12);
  const WeightedLatency whole{&latency, 1};
  EXPECT_NEAR(quantile({&whole, 1}, 0.95, 10), 0.1 * std::log(20), 1e-6);
  EXPECT_NEAR(latency.mean(), 0.1, 1e-12);
}

TEST(Latency, SumOfTwoEqualExponentialsIsErlang) {
  Latency latency;
  latency.atoms = {{1, 0}};
  latency.queue = {1, 0.1};
  latency.pause = {1, 0.1};
  EXPECT_NEAR(latency.tail(0.2), 3 * std::exp(-2), 1e-4);
}

TEST(ServiceModel, MoreLoadIsSlower) {
  const ServiceModel model(shop_parameters());
  double before = 0;
  for (double arrivals = 5; arrivals <= 200; arrivals += 5) {
    const double now = p95(model, comfortable(), arrivals);
    EXPECT_GE(now, before - 0.5) << arrivals;
    before = now;
  }
}

TEST(ServiceModel, MoreCpuIsFaster) {
  const ServiceModel model(shop_parameters());
  double before = 1e9;
  for (double cores = 0.2; cores <= 2; cores += 0.05) {
    ReplicaSettings settings = comfortable();
    settings.cpu_cores = cores;
    const double now = p95(model, settings, 40);
    EXPECT_LE(now, before + 0.5) << cores;
    before = now;
  }
}

TEST(ServiceModel, LargerHeapNeedsLessCpuAndMoreMemory) {
  const ServiceModel model(shop_parameters());
  ReplicaSettings small = comfortable();
  small.heap_mib = 192;
  const ReplicaReport a = model.evaluate(small, {40, model.cache_capacity(small)});
  const ReplicaReport b = model.evaluate(comfortable(), {40, model.cache_capacity(comfortable())});
  EXPECT_GT(a.cpu_cores, 1.2 * b.cpu_cores);
  EXPECT_LT(a.working_set_mib, b.working_set_mib - 200);
  EXPECT_LT(a.hit_ratio, b.hit_ratio);
}

TEST(ServiceModel, OverloadAnswersWhatCapacityAllows) {
  const ServiceModel model(shop_parameters());
  ReplicaSettings settings = comfortable();
  settings.cpu_cores = 0.2;
  const ReplicaReport report = model.evaluate(settings, {100, model.cache_capacity(settings)});
  EXPECT_GT(report.timeouts, 0.5);
  EXPECT_LE(report.cpu_cores, 0.2);
  EXPECT_LT(report.throughput, 50);
}

TEST(ServiceModel, MemoryLimitBelowWorkingSetKills) {
  const ServiceModel model(shop_parameters());
  ReplicaSettings settings = comfortable();
  EXPECT_FALSE(model.evaluate(settings, {20, 2000}).killed);
  settings.memory_mib = 400;
  EXPECT_TRUE(model.evaluate(settings, {20, 2000}).killed);
}

TEST(ServiceModel, TooSmallAHeapIsExhausted) {
  const ServiceModel model(shop_parameters());
  ReplicaSettings settings = comfortable();
  settings.heap_mib = 48;
  const ReplicaReport report = model.evaluate(settings, {20, model.cache_capacity(settings)});
  EXPECT_TRUE(report.heap_exhausted);
  EXPECT_DOUBLE_EQ(report.timeouts, 1);
}

TEST(ServiceModel, FewServerThreadsQueueOrders) {
  const ServiceModel model(shop_parameters());
  ReplicaSettings settings = comfortable();
  settings.server_threads = 1;
  EXPECT_GT(p95(model, settings, 150), 2 * p95(model, comfortable(), 150));
}

TEST(ServiceModel, ColdStartCostsCpu) {
  const ServiceModel model(shop_parameters());
  const ReplicaReport cold = model.evaluate(comfortable(), {30, 300, 0});
  const ReplicaReport warm = model.evaluate(comfortable(), {30, 300, 1e6});
  EXPECT_GT(cold.cpu_cores, 1.4 * warm.cpu_cores);
}

TEST(CollectorModel, ThreadsBeyondTheQuotaMakeParallelWorse) {
  const HeapUse use{.live_mib = 200, .allocation_mib_s = 40, .promotion_mib_s = 1, .request_mib = 1};
  ReplicaSettings settings = comfortable();
  settings.cpu_cores = 0.5;
  settings.collector = Collector::kParallel;
  settings.gc_threads = 1;
  const Collections one = collections(settings, use, 0.2, 4);
  settings.gc_threads = 4;
  const Collections four = collections(settings, use, 0.2, 4);
  EXPECT_GT(four.cpu_cores, one.cpu_cores);
}

TEST(ReplicaSettings, ReadsNamesWithAndWithoutComponents) {
  const auto settings = replica_settings({{"container.cpu_limit", 0.5},
                                          {"container.memory_limit", 512},
                                          {"heap", 256},
                                          {"jvm.gc", "G1"},
                                          {"tomcat.max_threads", 20}});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->collector, Collector::kG1);
  EXPECT_EQ(settings->server_threads, 20);
  EXPECT_FALSE(replica_settings({{"cpu_limit", 1}, {"memory_limit", 512}}));
  EXPECT_FALSE(replica_settings({{"cpu_limit", 1}, {"memory_limit", 512}, {"heap", 128}, {"gc", "Epsilon"}}));
}

}  // namespace
}  // namespace trimtab::simulation
