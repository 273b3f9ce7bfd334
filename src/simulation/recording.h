// Recording: what monitoring would have kept of a scenario's service that nobody changes, as answers of Prometheus'
// query API, one a metric. It is what `trimtab backtest --application` reads of a real service.
#pragma once

#include <map>
#include <string>

#include "simulation/scenario.h"

#include "base/result.h"

namespace trimtab::simulation {

// By metric name: the text of an answer of /api/v1/query_range over the history and the run, one point a cadence step.
// Metrics of the application that the service model does not measure have no entry. kInvalidInput as run_live.
[[nodiscard]] Result<std::map<std::string, std::string>> record(const Scenario& scenario);

}  // namespace trimtab::simulation
