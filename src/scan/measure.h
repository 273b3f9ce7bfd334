// Measuring: how the containers of an inventory used CPU and memory, from Prometheus' cAdvisor metrics, in a few
// queries for hundreds of containers each.
//
// Use is asked by the hour over the whole window (no raw sample is touched twice), and by five minutes over the last
// days only: how much a container's peaks stand out of their hour is a habit of the program, the hour's level follows
// the load. At most `concurrency` queries at a time. What Prometheus finds too much (422) or cannot do now (503, 429,
// timeout) is asked again in halves: of the workloads, then of the time, one at a time, and after a pause when it was
// busy. A workload that is too much by itself for an hour is left out, with a note.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "scan/inventory.h"

#include "net/http_client.h"

namespace trimtab::scan {

struct MeasureOptions {
  std::string url;
  std::string token_file;
  Instant end;
  Duration window = std::chrono::hours(14 * 24);
  Duration fine_window = std::chrono::hours(48);  // with five-minute peaks
  // The deadline of everything that is asked with these options.
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::now() + std::chrono::minutes(10);
  int concurrency = 2;
  std::size_t points_per_query = 150'000;  // some 4 MB of answer
  std::string matchers;                    // more of them for every selector: cluster="a"
  // The inventory has few of its namespaces' workloads: their pods are named in queries. Otherwise whole namespaces are
  // asked, which is cheaper for Prometheus.
  bool part_of_namespaces = false;
  std::stop_token stop;
};

// More than any machine has: what is reported above is a fault of whoever reports, and not counted.
inline constexpr double kMostCores = 10'000;
inline constexpr double kMostMemoryMib = 1024.0 * 1024.0 * 1024.0;
inline constexpr double kMostEvents = 1e9;  // between two looks: CFS periods are ten a second
// Prometheus gives 11,000 points a series at most.
inline constexpr Duration kLongestWindow = std::chrono::hours(24 * 400);

// By the hour; one entry an hour of the window, oldest first. NaN: not seen.
struct HourlyUse {
  std::vector<float> cpu;           // cores, of the busiest replica
  std::vector<float> cpu_total;     // of all replicas
  std::vector<float> memory;        // MiB, of the largest replica
  std::vector<std::uint16_t> pods;  // replicas seen
  std::vector<float> cpu_peak;      // five-minute peak in the hour; only the last days
  double throttled_periods = 0;
  double periods = 0;
  double oom_kills = 0;
  double restarts = 0;
  double live_heap_mib = 0;  // 0: not known
};

struct MeasureReport {
  std::size_t queries = 0;
  std::size_t points = 0;  // received
  std::size_t splits = 0;  // times that something was asked again in halves
  std::vector<std::string> notes;
};

// Calls `done` for every container of the inventory (from one thread at a time), with what was seen of it.
// Errors: kUnavailable, kUnauthenticated, kDenied, kDeadlineExceeded, kCancelled when Prometheus as a whole cannot be
// asked; kInvalidInput when it refuses the matchers.
[[nodiscard]] Result<MeasureReport> measure(const Inventory& inventory, const net::HttpClient& client,
                                            const MeasureOptions& options,
                                            const std::function<void(std::size_t index, const HourlyUse& use)>& done);

// One instant query; for inventories that are read from Prometheus.
[[nodiscard]] Result<void> ask_now(const net::HttpClient& client, const MeasureOptions& options,
                                   const std::string& query,
                                   const std::function<void(const struct Series& series)>& visit);

}  // namespace trimtab::scan
