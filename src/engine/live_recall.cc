#include "engine/live_recall.h"

#include <algorithm>

namespace trimtab::engine {
namespace {

// Prometheus refuses more than 11,000 points a series; a fortnight of ten-minute windows has 2,016.
constexpr int kMostPoints = 2016;
constexpr Duration kFortnight = std::chrono::hours(24 * 14);

}  // namespace

RecallQuery recall_query(const model::Application& application, Instant at) {
  RecallQuery query;
  const auto found = std::ranges::find(application.metrics, application.load_metric, &model::Metric::name);
  if (found == application.metrics.end() || application.cadence.window <= Duration::zero()) return query;
  query.metrics = {*found};
  query.step = application.cadence.window;
  query.end = at;
  query.start = at - std::min<Duration>(kFortnight, query.step * kMostPoints);
  return query;
}

void recall_loads(LiveApplicationState& state, const model::Application& application,
                  const std::vector<SeriesPoint>& points) {
  if (!state.loads.highest.empty()) return;
  for (const SeriesPoint& point : points)
    insight::add_load(state.loads, point.at, point.value, application.cadence.window);
  state.contexts = insight::recognise_contexts(state.loads, state.contexts);
}

}  // namespace trimtab::engine
