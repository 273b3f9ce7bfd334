// MetricSource: where windows of measurements come from (Prometheus, a simulation, recorded series).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/application.h"

namespace trimtab::engine {

struct MetricSample {
  double value = 0;
  // Points found and expected in the window (1 and 1 for instant queries): the gap is missing data.
  int points = 0;
  int points_expected = 0;
  Instant newest;  // time of the newest point: staleness is judged against the window's end
  enum class Status { kUsable, kMissing, kNotFinite, kStale, kPartial, kImplausible } status = Status::kUsable;
};

// Every metric asked for has an entry, usable or not.
struct WindowSamples {
  Instant start;
  Instant end;
  std::map<std::string, MetricSample, std::less<>> samples;
};

struct SeriesPoint {
  Instant at;
  double value = 0;  // finite
};

// Thread safe. Every call ends by `deadline_from_now`.
class MetricSource {
 public:
  virtual ~MetricSource() = default;

  // One number per metric for the window. Errors: kUnavailable, kDeadlineExceeded when the source as a whole cannot be
  // asked; trouble with a single metric is a status of its sample, never an error.
  [[nodiscard]] virtual Result<WindowSamples> window(const std::vector<model::Metric>& metrics, Instant start,
                                                     Instant end, Duration step, Duration deadline_from_now) = 0;

  // Points for charts: series by metric name; gaps are absent points.
  [[nodiscard]] virtual Result<std::map<std::string, std::vector<SeriesPoint>, std::less<>>> series(
      const std::vector<model::Metric>& metrics, Instant start, Instant end, Duration step,
      Duration deadline_from_now) = 0;
};

}  // namespace trimtab::engine
