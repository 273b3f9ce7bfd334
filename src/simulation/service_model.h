// A model of one replica of the demonstration shop under control groups: from its settings, its load and how warm it is
// to response time, errors, throughput, CPU, throttling, memory and collections. Pure and free of noise: this is the
// truth of a simulation. Formulas and sources: docs/algorithms/service-model.md.
#pragma once

#include <string>
#include <vector>

#include "simulation/latency.h"
#include "simulation/page_cache.h"

#include "base/result.h"
#include "model/configuration.h"

namespace trimtab::simulation {

enum class Collector { kSerial, kParallel, kG1 };

struct ReplicaSettings {
  double cpu_cores = 1;
  double memory_mib = 1024;
  double heap_mib = 512;
  Collector collector = Collector::kSerial;
  int gc_threads = 1;
  int server_threads = 50;

  bool operator==(const ReplicaSettings&) const = default;
};
// Reads the parameters whose names end in cpu_limit, memory_limit, heap, gc, gc_threads and max_threads (after the last
// dot). kInvalidInput when cpu_limit, memory_limit or heap is missing or a value is not understood.
[[nodiscard]] Result<ReplicaSettings> replica_settings(const model::Configuration& configuration);

// One kind of request.
struct RequestClass {
  std::string name;
  double share = 0;      // of the requests; the shares sum to 1
  double cpu_ms = 1;     // processor time when warm and nothing is missing
  double wait_ms = 0;    // waiting for others while a server thread is held
  double alloc_mib = 1;  // allocated on the heap
  bool uses_page = false;
};

struct ServiceParameters {
  std::vector<RequestClass> classes;
  double render_ms = 7.8;         // processor time of a page that is not in the cache
  double render_alloc_mib = 1.2;  // allocated by it
  int pages = 5000;               // products
  double zipf = 0.9;              // exponent of their popularity
  double page_mib = 0.075;        // heap one cached page takes
  double cache_heap_share = 0.4;  // of the heap, given to pages
  int warm_pages = 300;           // rendered before the replica is ready
  double live_base_mib = 30;      // live data besides pages
  double native_mib = 105;        // metaspace, code, symbols, buffers
  double thread_mib = 0.4;        // stack and buffers of a server thread that was used
  double idle_cores = 0.012;      // housekeeping, scrapes
  double host_cores = 4;          // of the machine, for bursts inside a period
  double timeout_s = 2;           // of the users
  double warm_up_factor = 1.3;    // processor time added just after a start (interpreter, compilers), as a share
  double warm_up_time_s = 60;     // with which it fades
};
// The shop of examples/shop as it was read and measured.
[[nodiscard]] ServiceParameters shop_parameters();

struct ReplicaLoad {
  double arrivals = 0;      // requests/s at this replica
  double cached_pages = 0;  // pages in its cache now
  double age_s = 1e9;       // since it became ready
};

struct ReplicaReport {
  Latency latency;             // of what is answered
  double timeouts = 0;         // share of requests not answered in time or failed
  double arrivals = 0;         // as given
  double throughput = 0;       // answered well, requests/s
  double cpu_cores = 0;        // used
  double throttled_ratio = 0;  // share of scheduler periods
  double hit_ratio = 0;
  double render_rate = 0;  // pages/s
  double busy_threads = 0;
  double threads = 0;
  double live_mib = 0;  // heap that survives
  double heap_used_mib = 0;
  double working_set_mib = 0;
  double gc_time_ratio = 0;
  double gc_pause_max_ms = 0;
  bool heap_exhausted = false;  // OutOfMemoryError
  bool killed = false;          // working set above the limit
};

class ServiceModel {
 public:
  explicit ServiceModel(ServiceParameters parameters);
  [[nodiscard]] const ServiceParameters& parameters() const { return parameters_; }
  // Pages that fit into the cache of a replica.
  [[nodiscard]] double cache_capacity(const ReplicaSettings& settings) const;
  // Steady state under the given load. About 2 microseconds.
  [[nodiscard]] ReplicaReport evaluate(const ReplicaSettings& settings, const ReplicaLoad& load) const;

 private:
  ServiceParameters parameters_;
  PageCache cache_;
};

}  // namespace trimtab::simulation
