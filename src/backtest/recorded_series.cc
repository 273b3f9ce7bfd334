#include "backtest/recorded_series.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "telemetry/prometheus_answer.h"
#include "telemetry/window_judgement.h"

namespace trimtab::backtest {
namespace {

using engine::SeriesPoint;

// Points of (start, end].
std::vector<SeriesPoint> between(std::span<const SeriesPoint> points, Instant start, Instant end) {
  const auto later = [](Instant at, const SeriesPoint& point) { return at < point.at; };
  const auto first = std::upper_bound(points.begin(), points.end(), start, later);
  return {first, std::upper_bound(first, points.end(), end, later)};
}

Duration least_step(const std::vector<SeriesPoint>& points) {
  Duration least = Duration::max();
  for (std::size_t i = 1; i < points.size(); ++i)
    least = std::min(least, points[i].at - points[i - 1].at);
  return points.size() > 1 ? least : Duration::zero();
}

Result<std::vector<SeriesPoint>> read_answer(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(unavailable("cannot read " + file));
  const std::string text(std::istreambuf_iterator<char>(in), {});
  auto answer = telemetry::parse_query_answer(text);
  const auto wrong = [&](std::string what) {
    return fail(Error{Code::kInvalidInput,
                      std::move(what),
                      {},
                      "save the answer of /api/v1/query_range to the metric's query, as it came",
                      {file, 1, 0}});
  };
  if (!answer) return wrong(answer.error().message);
  if (answer->series.size() > 1) {
    return wrong(
        fmt::format("it holds {} series, a metric is one: sum(), avg() or max() of them", answer->series.size()));
  }
  if (answer->series.empty()) return std::vector<SeriesPoint>();
  return std::move(answer->series.front());
}

// The folder and those in it, sorted.
std::vector<std::filesystem::path> stretches(const std::string& folder) {
  std::vector<std::filesystem::path> found = {folder};
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) found.push_back(entry.path());
  }
  std::sort(found.begin() + 1, found.end());
  return found;
}

engine::MetricSample judge(const model::Metric& metric, std::vector<SeriesPoint> points, const telemetry::Grid& grid) {
  telemetry::QueryAnswer answer;
  if (!points.empty()) answer.series.push_back(std::move(points));
  if (metric.aggregate != model::Aggregate::kWindow) return telemetry::judge_range(metric, answer, grid).sample;
  // As live: of a metric that may be absent, nobody asks how much of the window it covers.
  const bool covered = metric.required && !metric.default_value;
  return telemetry::judge_instant(metric, answer, covered ? &answer : nullptr, grid).sample;
}

}  // namespace

Result<RecordedSeries> RecordedSeries::open(const std::string& folder, const std::vector<model::Metric>& metrics) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) return fail(not_found("there is no folder " + folder));
  RecordedSeries made;
  const auto folders = stretches(folder);
  for (const model::Metric& metric : metrics) {
    Recorded recorded;
    for (const auto& stretch : folders) {
      const std::string file = (stretch / (metric.name + ".json")).string();
      if (!std::filesystem::exists(file, error)) continue;
      TRY_ASSIGN(const std::vector<SeriesPoint> points, read_answer(file));
      recorded.points.insert(recorded.points.end(), points.begin(), points.end());
    }
    if (recorded.points.empty()) {
      if (!metric.required || metric.default_value) continue;
      return fail(Error{Code::kNotFound,
                        fmt::format("{} has no points of {}, and the application needs them",
                                    (folders.front() / (metric.name + ".json")).string(), metric.name),
                        {},
                        "save there the answer of /api/v1/query_range to " + metric.query,
                        {}});
    }
    std::ranges::stable_sort(recorded.points, {}, &SeriesPoint::at);
    const auto twice = std::ranges::unique(recorded.points, {}, &SeriesPoint::at);
    recorded.points.erase(twice.begin(), twice.end());
    recorded.step = least_step(recorded.points);
    made.series_[metric.name] = std::move(recorded);
  }
  return made;
}

std::span<const SeriesPoint> RecordedSeries::points(const std::string& metric) const {
  const auto found = series_.find(metric);
  if (found == series_.end()) return {};
  return found->second.points;
}

Result<engine::WindowSamples> RecordedSeries::window(const std::vector<model::Metric>& metrics, Instant start,
                                                     Instant end, Duration step, Duration /*deadline_from_now*/) {
  engine::WindowSamples window;
  window.start = start;
  window.end = end;
  for (const model::Metric& metric : metrics) {
    const auto found = series_.find(metric.name);
    // A recording may be coarser than the cadence: fewer points are expected of it then.
    const Duration spaced = found == series_.end() ? step : std::max(step, found->second.step);
    const telemetry::Grid grid = telemetry::grid_of(start, end, spaced);
    window.samples[metric.name] = judge(metric, between(points(metric.name), start, end), grid);
  }
  return window;
}

Result<std::map<std::string, std::vector<SeriesPoint>, std::less<>>> RecordedSeries::series(
    const std::vector<model::Metric>& metrics, Instant start, Instant end, Duration /*step*/,
    Duration /*deadline_from_now*/) {
  std::map<std::string, std::vector<SeriesPoint>, std::less<>> result;
  for (const model::Metric& metric : metrics) {
    result[metric.name] = between(points(metric.name), start, end);
    std::erase_if(result[metric.name], [](const SeriesPoint& point) { return !std::isfinite(point.value); });
  }
  return result;
}

}  // namespace trimtab::backtest
