// Signals: what the users of a workload experience, where the workload or its mesh already tells: requests a second,
// errors, 95th percentile of response time, of the window's last hour.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "scan/measure.h"

namespace trimtab::scan {

struct Signals {
  std::string metric;  // the histogram's name without _bucket
  double requests_per_second = 0;
  std::optional<double> error_ratio;
  std::optional<double> p95_ms;
};

// By the index of a workload's first container. What Prometheus does not have is left out; a query that it finds too
// much is left out with a note. A query to find out which metrics there are, then three for each of them.
// Errors: as measure(), when Prometheus as a whole cannot be asked.
struct SignalsReport {
  std::map<std::size_t, Signals> workloads;
  std::vector<std::string> notes;
};
[[nodiscard]] Result<SignalsReport> read_signals(const Inventory& inventory, const net::HttpClient& client,
                                                 const MeasureOptions& options);

}  // namespace trimtab::scan
