#include "simulation/service_model.h"

#include <algorithm>
#include <cmath>

#include "simulation/collector_model.h"

namespace trimtab::simulation {
namespace {

constexpr double kMilli = 1e-3;
// Length of a CFS bandwidth period: https://docs.kernel.org/scheduler/sched-bwc.html
constexpr double kPeriod_s = 0.1;
// Processor time of one request scatters about its mean: three atoms of equal weight whose mean is 1 and whose squared
// coefficient of variation is 0.2, as the shop's timers show for pages of one kind.
constexpr double kScatter[] = {0.55, 0.85, 1.6};
constexpr double kLongestDelay_s = 60;
// Threads wait on locks, sockets and the run queue: switches cost about 5 microseconds each, and a thread pool far
// above the cores adds them in proportion to what is busy.
constexpr double kSwitch_ms = 0.005;

std::string_view last_part(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

Result<Collector> collector_of(const model::Value& value) {
  if (!value.is_number()) {
    if (value.text() == "Serial") return Collector::kSerial;
    if (value.text() == "Parallel") return Collector::kParallel;
    if (value.text() == "G1") return Collector::kG1;
  }
  return fail(invalid_input("unknown collector", "gc", "one of Serial, Parallel, G1"));
}

// The work that requests bring, per request and per second.
struct Demand {
  double cpu_s = 0;       // per request, mean
  double cpu_square = 0;  // second moment
  double alloc_mib = 0;   // per request
  double wait_s = 0;      // per request
  double page_share = 0;  // of the requests
  std::vector<Latency::Atom> atoms;
};

void add(Demand& demand, double weight, double cpu_ms, double wait_ms, double alloc_mib) {
  if (weight <= 0) return;
  for (const double scatter : kScatter) {
    const double cpu = cpu_ms * scatter * kMilli;
    demand.cpu_s += weight / 3 * cpu;
    demand.cpu_square += weight / 3 * cpu * cpu;
    demand.atoms.push_back({weight / 3, cpu + wait_ms * kMilli});
  }
  demand.wait_s += weight * wait_ms * kMilli;
  demand.alloc_mib += weight * alloc_mib;
}

Demand demand_of(const ServiceParameters& p, double hit_ratio, double cpu_factor) {
  Demand demand;
  for (const RequestClass& c : p.classes) {
    const double missing = c.uses_page ? c.share * (1 - hit_ratio) : 0;
    add(demand, c.share - missing, c.cpu_ms * cpu_factor, c.wait_ms, c.alloc_mib);
    add(demand, missing, (c.cpu_ms + p.render_ms) * cpu_factor, c.wait_ms, c.alloc_mib + p.render_alloc_mib);
    if (c.uses_page) demand.page_share += c.share;
  }
  return demand;
}

// Delay by the CPU quota. V, the unfinished work, has the tail exp(-theta V) with theta = 2 (c - u) / sigma2 (heavy
// traffic, Kingman 1961); what fits into the rest of the period is served without delay; whoever waits also waits for
// the period to end.
Delay quota_delay(double cores, double used, double variance) {
  const double rest = cores - used;
  const double utilisation = used / cores;
  const double theta = 2 * rest / std::max(variance, 1e-12);
  const double buffer = kPeriod_s * cores * (1 - utilisation / 2) / 2;
  Delay delay;
  delay.chance = utilisation * std::exp(-theta * buffer);
  const double idle_part = std::max(0.0, 1 - cores);
  delay.mean_s = std::min(kLongestDelay_s, 1 / (theta * cores) + kPeriod_s * idle_part / 2);
  return delay;
}

// Erlang's C formula by the stable recursion of B. Precondition: offered < servers.
double erlang_c(double offered, int servers) {
  double b = 1;
  for (int k = 1; k <= servers; ++k)
    b = offered * b / (k + offered * b);
  const double utilisation = offered / servers;
  return b / (1 - utilisation * (1 - b));
}

Delay with_thread_pool(const Delay& quota, double offered, int threads, double holding_s) {
  const double chance = erlang_c(offered, threads);
  if (chance < 1e-9) return quota;
  const double mean = std::min(kLongestDelay_s, holding_s / (threads - offered));
  const double total = quota.chance * quota.mean_s + chance * mean;
  Delay joined;
  joined.chance = 1 - (1 - quota.chance) * (1 - chance);
  joined.mean_s = total / joined.chance;
  return joined;
}

}  // namespace

ServiceParameters shop_parameters() {
  ServiceParameters p;
  // Shares as trimtab-load asks; times and memory so that the figures in examples/shop/README.md are met: 3 ms of
  // processor time a request with a heap of 512 MiB, 4.5 ms with 160 MiB, 7 ms just after a start.
  p.classes = {{"page", 0.50, 2.4, 0, 0.5, true},
               {"picture", 0.30, 0.8, 0, 0.15, true},
               {"search", 0.08, 6.0, 0, 1.5, false},
               {"basket", 0.08, 0.8, 0, 0.1, false},
               {"order", 0.04, 2.0, 40, 0.3, false}};
  return p;
}

Result<ReplicaSettings> replica_settings(const model::Configuration& configuration) {
  ReplicaSettings settings;
  bool has_cpu = false;
  bool has_memory = false;
  bool has_heap = false;
  for (const auto& [name, value] : configuration.entries()) {
    const std::string_view last = last_part(name);
    if (last == "gc") {
      TRY_ASSIGN(settings.collector, collector_of(value));
      continue;
    }
    if (!value.is_number()) continue;
    const double number = value.number();
    if (last == "cpu_limit") settings.cpu_cores = number, has_cpu = number > 0;
    if (last == "memory_limit") settings.memory_mib = number, has_memory = number > 0;
    if (last == "heap") settings.heap_mib = number, has_heap = number > 0;
    if (last == "gc_threads") settings.gc_threads = std::max(1, static_cast<int>(number));
    if (last == "max_threads") settings.server_threads = std::max(1, static_cast<int>(number));
  }
  if (!has_cpu) return fail(invalid_input("a simulated replica needs a positive cpu_limit", "cpu_limit"));
  if (!has_memory) return fail(invalid_input("a simulated replica needs a positive memory_limit", "memory_limit"));
  if (!has_heap) return fail(invalid_input("a simulated replica needs a positive heap", "heap"));
  return settings;
}

ServiceModel::ServiceModel(ServiceParameters parameters)
    : parameters_(std::move(parameters)), cache_(parameters_.pages, parameters_.zipf) {}

double ServiceModel::cache_capacity(const ReplicaSettings& settings) const {
  return std::min<double>(parameters_.pages, settings.heap_mib * parameters_.cache_heap_share / parameters_.page_mib);
}

ReplicaReport ServiceModel::evaluate(const ReplicaSettings& settings, const ReplicaLoad& load) const {
  const ServiceParameters& p = parameters_;
  ReplicaReport report;
  report.arrivals = load.arrivals;
  const double kept = std::min(load.cached_pages, cache_capacity(settings));
  report.hit_ratio = cache_.hit_ratio(kept);
  const double warm_up = 1 + p.warm_up_factor * std::exp(-load.age_s / p.warm_up_time_s);
  Demand demand = demand_of(p, report.hit_ratio, warm_up * mutator_factor(settings.collector));
  report.render_rate = load.arrivals * demand.page_share * (1 - report.hit_ratio);

  report.live_mib = p.live_base_mib + kept * p.page_mib;
  HeapUse heap;
  heap.live_mib = report.live_mib;
  heap.allocation_mib_s = load.arrivals * demand.alloc_mib + 0.2;
  heap.promotion_mib_s = report.render_rate * p.page_mib + 0.01;
  heap.request_mib = demand.alloc_mib * (1 + load.arrivals * (demand.cpu_s + demand.wait_s));
  const double mutator = p.idle_cores + load.arrivals * (demand.cpu_s + kSwitch_ms * kMilli);
  const Collections gc = collections(settings, heap, mutator, p.host_cores);
  report.heap_exhausted = gc.exhausted;
  report.gc_time_ratio = gc.pause_ratio;
  report.gc_pause_max_ms = gc.pause_max_s / kMilli;

  const double wanted = mutator + gc.cpu_cores;
  const double utilisation = wanted / settings.cpu_cores;
  const double reachable = 1 - gc.pause_ratio;  // of the time, requests make progress
  const double variance = load.arrivals * demand.cpu_square + gc.cpu_square_rate;
  double overload = utilisation / std::max(0.05, reachable);
  report.latency.atoms = std::move(demand.atoms);
  report.latency.pause = {std::min(0.9, gc.pause_ratio), gc.pause_mean_s};
  if (overload < 0.995) {
    report.latency.queue = quota_delay(settings.cpu_cores, std::min(wanted, 0.999 * settings.cpu_cores), variance);
    const double holding = report.latency.mean();
    report.busy_threads = load.arrivals * holding;
    if (report.busy_threads < 0.995 * settings.server_threads) {
      report.throttled_ratio = report.latency.queue.chance;
      report.latency.queue =
          with_thread_pool(report.latency.queue, report.busy_threads, settings.server_threads, holding);
    } else {
      overload = report.busy_threads / settings.server_threads;
    }
  }
  if (overload >= 0.995) {
    report.latency.queue = {1, kLongestDelay_s};
    report.busy_threads = settings.server_threads;
    report.throttled_ratio = std::max(report.throttled_ratio, std::min(1.0, utilisation));
  }
  const double lost = overload > 1 ? 1 - 1 / overload : 0;
  report.timeouts = report.heap_exhausted ? 1 : std::max(lost, report.latency.tail(p.timeout_s));
  report.throughput = load.arrivals * (1 - report.timeouts);
  report.cpu_cores = std::min(wanted, settings.cpu_cores);
  report.threads = std::min<double>(settings.server_threads, 10 + 3 * report.busy_threads);
  report.heap_used_mib = gc.heap_touched_mib;
  report.working_set_mib = p.native_mib + gc.native_mib + gc.heap_touched_mib + p.thread_mib * report.threads;
  report.killed = report.working_set_mib > settings.memory_mib;
  return report;
}

}  // namespace trimtab::simulation
