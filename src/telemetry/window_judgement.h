// From answers of Prometheus to one judged number per metric. Pure.
#pragma once

#include <string>

#include "engine/metric_source.h"
#include "telemetry/prometheus_answer.h"

namespace trimtab::telemetry {

// The instants at which range queries are evaluated: last, last - step, ... so that the newest is the window's end.
struct Grid {
  Instant first;
  Instant last;
  Duration step{};
  int count = 1;
};
// Precondition: start < end, step > 0.
[[nodiscard]] Grid grid_of(Instant start, Instant end, Duration step);

// What $WINDOW$ stands for in range queries: four steps (as Grafana's $__rate_interval: one scrape may be lost and a
// rate still has two samples, when the step is the scrape interval), at least 10 s, and no more than the step itself
// once steps are long enough to hold several scrapes.
[[nodiscard]] Duration rate_interval(Duration step);

struct Judgement {
  engine::MetricSample sample;
  std::string detail;  // why it is not usable; empty when it is
};

// Share of the expected points below which a window is partial. One lost scrape in five is tolerated: rates bridge it.
inline constexpr double kLeastCoverage = 0.8;

// An instant answer at the window's end, for Aggregate::kWindow. `coverage` is the range query of the same expression
// with the rate interval: it tells how much of the window has data and how old the newest is, which the instant answer
// hides (a rate over the window extrapolates over gaps). nullptr: not asked for.
[[nodiscard]] Judgement judge_instant(const model::Metric& metric, const QueryAnswer& answer,
                                      const QueryAnswer* coverage, const Grid& grid);
// A range answer, for the other aggregates. Gaps are filled with the metric's default when it has one.
[[nodiscard]] Judgement judge_range(const model::Metric& metric, const QueryAnswer& answer, const Grid& grid);

}  // namespace trimtab::telemetry
