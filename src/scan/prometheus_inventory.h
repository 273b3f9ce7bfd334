// An inventory without a cluster: from kube-state-metrics in Prometheus, or, where there is none, from the names that
// cAdvisor's series carry (then without requests and limits).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scan/measure.h"
#include "scan/series_answer.h"

namespace trimtab::scan {

// Where the newest sample of every series of a metric comes from. `matchers` in PromQL's form, for sources that ask;
// what they would leave out may be visited all the same.
using NewestSamples = std::function<Result<void>(const std::string& metric, const std::string& matchers,
                                                 const std::function<void(const Series&)>& visit)>;

// `spaces`: namespaces; empty: all. kNotFound: the source knows no containers at all.
[[nodiscard]] Result<Inventory> read_inventory_of_series(const NewestSamples& newest,
                                                         const std::vector<std::string>& spaces,
                                                         const std::string& matchers);

// From Prometheus. Errors: as ask_now().
[[nodiscard]] Result<Inventory> read_prometheus_inventory(const net::HttpClient& client, const MeasureOptions& options,
                                                          const std::vector<std::string>& spaces);

}  // namespace trimtab::scan
