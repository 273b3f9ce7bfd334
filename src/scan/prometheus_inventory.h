// An inventory without a cluster: from kube-state-metrics in Prometheus, or, where there is none, from the names that
// cAdvisor's series carry (then without requests and limits).
#pragma once

#include "scan/measure.h"

namespace trimtab::scan {

// `spaces`: namespaces; empty: all. kNotFound: Prometheus knows no containers at all.
[[nodiscard]] Result<Inventory> read_prometheus_inventory(const net::HttpClient& client, const MeasureOptions& options,
                                                          const std::vector<std::string>& spaces);

}  // namespace trimtab::scan
