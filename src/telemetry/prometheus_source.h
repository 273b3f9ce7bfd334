// PrometheusSource: windows and series from a server that speaks Prometheus' query API (Prometheus, Thanos, Mimir,
// VictoriaMetrics). Queries are POSTed forms, at most four at a time, all within one deadline.
//
// Freshness: an instant query over a window hides how old its data is, because rates extrapolate and selectors look
// back five minutes. So every required kWindow metric without a default is asked a second time as a range query with
// the rate interval; its newest point and its number of points are the sample's. Metrics with a default are exempt:
// their absence is an answer. Gauges asked with other aggregates rest on Prometheus' staleness markers (set when a
// scrape fails); a Prometheus that itself was away is seen through the rates of the same window.
//
// A query that yields several series is kImplausible: taking one of them would be a guess. Trouble of a metric is
// logged once when it begins, and its end as well.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/metric_source.h"
#include "net/http_client.h"

namespace trimtab::telemetry {

// A window, with the reason for every sample that is not usable.
struct ExplainedWindow {
  engine::WindowSamples window;
  std::map<std::string, std::string, std::less<>> reasons;
};

// Thread safe.
class PrometheusSource final : public engine::MetricSource {
 public:
  // `client` must outlive this object. The token is read from its file at every call and kept nowhere.
  PrometheusSource(model::Telemetry telemetry, const net::HttpClient& client);
  ~PrometheusSource() override;

  // Errors besides kUnavailable and kDeadlineExceeded: kUnauthenticated and kDenied as Prometheus (or a proxy before
  // it) says, kInvalidInput for a window or step that is not positive, or more than 11 000 points.
  [[nodiscard]] Result<engine::WindowSamples> window(const std::vector<model::Metric>& metrics, Instant start,
                                                     Instant end, Duration step, Duration deadline_from_now) override;
  [[nodiscard]] Result<std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>>> series(
      const std::vector<model::Metric>& metrics, Instant start, Instant end, Duration step,
      Duration deadline_from_now) override;

  // As window(), for people who look for the fault (`trimtab doctor`).
  [[nodiscard]] Result<ExplainedWindow> explained_window(const std::vector<model::Metric>& metrics, Instant start,
                                                         Instant end, Duration step, Duration deadline_from_now);

 private:
  class Troubles;

  model::Telemetry telemetry_;
  const net::HttpClient& client_;
  std::unique_ptr<Troubles> troubles_;
};

}  // namespace trimtab::telemetry
