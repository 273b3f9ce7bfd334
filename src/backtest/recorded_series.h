// Recorded series of an application: a folder with one file a metric, named as the metric: p95.json,
// jvm.heap_used.json.
//
// Each is an answer of Prometheus' /api/v1/query_range to the metric's own query, as it came, with one series in it:
// $WINDOW$ is the cadence's window for metrics that are asked for over the whole window, four steps for the others
// (aggregate: max, mean, ...), the step is the cadence's. Windows are judged as live ones are: stale, partial and
// implausible data are refused by the engine.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/metric_source.h"

namespace trimtab::backtest {

class RecordedSeries final : public engine::MetricSource {
 public:
  // Reads all that the folder has of `metrics`. kNotFound: no folder, or the series of a metric that is required and
  // has no default. kInvalidInput with the file: no such answer, or several series in it.
  [[nodiscard]] static Result<RecordedSeries> open(const std::string& folder,
                                                   const std::vector<model::Metric>& metrics);

  // Points by metric; a metric that was not recorded has none.
  [[nodiscard]] std::span<const engine::SeriesPoint> points(const std::string& metric) const;
  [[nodiscard]] std::size_t recorded() const { return series_.size(); }

  [[nodiscard]] Result<engine::WindowSamples> window(const std::vector<model::Metric>& metrics, Instant start,
                                                     Instant end, Duration step, Duration deadline_from_now) override;
  [[nodiscard]] Result<std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>>> series(
      const std::vector<model::Metric>& metrics, Instant start, Instant end, Duration step,
      Duration deadline_from_now) override;

 private:
  struct Recorded {
    std::vector<engine::SeriesPoint> points;  // oldest first
    Duration step{};                          // the least distance of two
  };
  std::map<std::string, Recorded> series_;
};

}  // namespace trimtab::backtest
