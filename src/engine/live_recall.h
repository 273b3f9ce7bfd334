// Recall: at enrolment the monitoring usually knows the loads of the weeks before. With them the engine knows Monday's
// peak on its first Sunday night, and does not size for the valley it was enrolled in.
#pragma once

#include <vector>

#include "engine/live_state.h"
#include "engine/metric_source.h"
#include "model/application.h"

namespace trimtab::engine {

// The one metric and the time to ask for: as many cadence windows as Prometheus answers in one query, at most a
// fortnight, until `at`.
struct RecallQuery {
  std::vector<model::Metric> metrics;  // the load metric; empty: there is nothing to ask
  Instant start;
  Instant end;
  Duration step{};
};
[[nodiscard]] RecallQuery recall_query(const model::Application& application, Instant at);

// Adds the points to the loads of a state that has seen nothing yet; else does nothing. Points that are not finite or
// negative are left out.
void recall_loads(LiveApplicationState& state, const model::Application& application,
                  const std::vector<SeriesPoint>& points);

}  // namespace trimtab::engine
