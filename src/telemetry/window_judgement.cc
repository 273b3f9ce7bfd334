#include "telemetry/window_judgement.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace trimtab::telemetry {
namespace {

using engine::SeriesPoint;
using Status = engine::MetricSample::Status;

constexpr Duration kLeastRateInterval = std::chrono::seconds(10);
constexpr Duration kLongStep = std::chrono::seconds(60);
// Data may be late by two steps (the last scrape may be just before the window's end, and one may be lost), or by 5 s
// where steps are shorter than any scrape interval in use.
constexpr Duration kLeastTolerance = std::chrono::seconds(5);

Judgement trouble(Judgement judgement, Status status, std::string detail) {
  judgement.sample.status = status;
  judgement.detail = std::move(detail);
  return judgement;
}

Judgement several_series(Judgement judgement, std::size_t count) {
  return trouble(std::move(judgement), Status::kImplausible,
                 fmt::format("the query yields {} series; wrap it in sum(), avg() or max()", count));
}

// Age, coverage, completeness and range, in this order: the first trouble counts.
Judgement judge_quality(const model::Metric& metric, Judgement judgement, const Grid& grid,
                        const std::string& partial) {
  const auto& sample = judgement.sample;
  const Duration age = grid.last - sample.newest;
  if (age > std::max(2 * grid.step, kLeastTolerance)) {
    return trouble(std::move(judgement), Status::kStale,
                   fmt::format("the newest data is {} old", format_duration(age)));
  }
  if (sample.points < kLeastCoverage * sample.points_expected) {
    return trouble(std::move(judgement), Status::kPartial,
                   fmt::format("{} of {} points have data", sample.points, sample.points_expected));
  }
  if (!partial.empty()) return trouble(std::move(judgement), Status::kPartial, partial);
  if (sample.value < metric.plausible_min || sample.value > metric.plausible_max) {
    return trouble(std::move(judgement), Status::kImplausible,
                   fmt::format("{:.6g} {} is outside {:.6g} .. {:.6g}", sample.value, metric.unit, metric.plausible_min,
                               metric.plausible_max));
  }
  return judgement;
}

double aggregate(model::Aggregate how, const std::vector<double>& values) {
  switch (how) {
    case model::Aggregate::kMax:
      return *std::ranges::max_element(values);
    case model::Aggregate::kMin:
      return *std::ranges::min_element(values);
    case model::Aggregate::kWindow:
    case model::Aggregate::kLast:
      return values.back();
    case model::Aggregate::kSum:
      return std::accumulate(values.begin(), values.end(), 0.0);
    case model::Aggregate::kMean:
      break;
  }
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// One value per instant of the grid, the default where there is no point.
std::vector<double> fill_gaps(const std::vector<SeriesPoint>& points, double value, const Grid& grid) {
  std::vector<double> values(static_cast<std::size_t>(grid.count), value);
  for (const auto& point : points) {
    const auto index = std::llround(to_seconds(point.at - grid.first) / to_seconds(grid.step));
    if (index >= 0 && index < grid.count) values[static_cast<std::size_t>(index)] = point.value;
  }
  return values;
}

Judgement defaulted(const model::Metric& metric, const Grid& grid, const std::string& partial, int expected) {
  Judgement judgement;
  judgement.sample = {*metric.default_value, expected, expected, grid.last, Status::kUsable};
  return judge_quality(metric, std::move(judgement), grid, partial);
}

}  // namespace

Grid grid_of(Instant start, Instant end, Duration step) {
  const auto count = std::max<std::int64_t>(1, (end - start) / step);
  return {end - (count - 1) * step, end, step, static_cast<int>(count)};
}

Duration rate_interval(Duration step) {
  return std::max({4 * std::min(step, kLongStep), step, kLeastRateInterval});
}

Judgement judge_instant(const model::Metric& metric, const QueryAnswer& answer, const QueryAnswer* coverage,
                        const Grid& grid) {
  Judgement judgement;
  auto& sample = judgement.sample;
  sample.points_expected = coverage != nullptr ? grid.count : 1;
  if (answer.series.empty() || answer.series.front().empty()) {
    if (metric.default_value) return defaulted(metric, grid, answer.partial, 1);
    return trouble(std::move(judgement), Status::kMissing, "the query yields nothing");
  }
  if (answer.series.size() > 1) return several_series(std::move(judgement), answer.series.size());
  sample.value = answer.series.front().back().value;
  sample.newest = answer.series.front().back().at;
  sample.points = 1;
  if (coverage != nullptr) {
    if (coverage->series.empty() || coverage->series.front().empty()) {
      sample.points = 0;
      sample.newest = grid.first;
      return trouble(std::move(judgement), Status::kStale, "no recent data in the window");
    }
    // A value that is not a number is still a sign of fresh data: a latency quantile without requests is NaN.
    sample.points = static_cast<int>(coverage->series.front().size());
    sample.newest = coverage->series.front().back().at;
  }
  if (!std::isfinite(sample.value)) {
    sample.value = 0;
    return trouble(std::move(judgement), Status::kNotFinite, "the value is not a finite number");
  }
  return judge_quality(metric, std::move(judgement), grid, answer.partial);
}

Judgement judge_range(const model::Metric& metric, const QueryAnswer& answer, const Grid& grid) {
  Judgement judgement;
  auto& sample = judgement.sample;
  sample.points_expected = grid.count;
  if (answer.series.size() > 1) return several_series(std::move(judgement), answer.series.size());
  std::vector<SeriesPoint> finite;
  if (!answer.series.empty()) {
    std::ranges::copy_if(answer.series.front(), std::back_inserter(finite),
                         [](const SeriesPoint& point) { return std::isfinite(point.value); });
  }
  if (finite.empty()) {
    const bool nothing = answer.series.empty() || answer.series.front().empty();
    if (nothing && metric.default_value) return defaulted(metric, grid, answer.partial, grid.count);
    return nothing ? trouble(std::move(judgement), Status::kMissing, "the query yields nothing")
                   : trouble(std::move(judgement), Status::kNotFinite, "no value is a finite number");
  }
  sample.points = static_cast<int>(finite.size());
  sample.newest = finite.back().at;
  if (metric.default_value) {
    sample.value = aggregate(metric.aggregate, fill_gaps(finite, *metric.default_value, grid));
    sample.points = grid.count;
    sample.newest = grid.last;
  } else {
    std::vector<double> values;
    for (const auto& point : finite)
      values.push_back(point.value);
    sample.value = aggregate(metric.aggregate, values);
  }
  return judge_quality(metric, std::move(judgement), grid, answer.partial);
}

}  // namespace trimtab::telemetry
