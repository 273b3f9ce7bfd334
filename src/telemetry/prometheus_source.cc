#include "telemetry/prometheus_source.h"

#include <cmath>
#include <mutex>

#include <fmt/format.h>

#include "base/log.h"
#include "telemetry/prometheus_query.h"
#include "telemetry/window_judgement.h"

namespace trimtab::telemetry {
namespace {

using Status = engine::MetricSample::Status;

constexpr int kMaxPoints = 11'000;  // Prometheus refuses more per series

Result<Grid> checked_grid(Instant start, Instant end, Duration step) {
  if (end <= start) return fail(invalid_input("the window ends before it begins", "to"));
  if (step < std::chrono::milliseconds(1)) return fail(invalid_input("the step must be at least 1 ms", "step"));
  if ((end - start) / step > kMaxPoints) {
    return fail(invalid_input(fmt::format("more than {} points", kMaxPoints), "step", "take a longer step"));
  }
  return grid_of(start, end, step);
}

std::chrono::steady_clock::time_point from_now(Duration left) {
  return std::chrono::steady_clock::now() + left;
}

// Which answers belong to a metric.
struct Plan {
  std::size_t value = 0;
  std::optional<std::size_t> coverage;
};

bool needs_coverage(const model::Metric& metric) {
  return metric.required && !metric.default_value;
}

Judgement judge(const model::Metric& metric, const Plan& plan, const std::vector<Result<QueryAnswer>>& answers,
                const Grid& grid) {
  const auto& value = answers[plan.value];
  const auto* faulty = !value ? &value.error() : nullptr;
  const QueryAnswer* coverage = nullptr;
  if (plan.coverage) {
    const auto& answer = answers[*plan.coverage];
    if (!answer && faulty == nullptr) faulty = &answer.error();
    if (answer) coverage = &*answer;
  }
  if (faulty != nullptr) {
    Judgement judgement;
    judgement.sample.points_expected = plan.coverage ? grid.count : 1;
    judgement.sample.status = faulty->code == Code::kExhausted ? Status::kImplausible : Status::kMissing;
    judgement.detail = faulty->message;
    return judgement;
  }
  return metric.aggregate == model::Aggregate::kWindow ? judge_instant(metric, *value, coverage, grid)
                                                       : judge_range(metric, *value, grid);
}

}  // namespace

// Remembers which metrics are in trouble, so that a trouble is logged when it begins and when it ends.
class PrometheusSource::Troubles {
 public:
  void note(const std::string& metric, const std::string& detail, Status status) {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(metric);
    if (status == Status::kUsable) {
      if (found == known_.end()) return;
      known_.erase(found);
      log::info("metric.usable_again", {{"metric", metric}});
      return;
    }
    if (found != known_.end() && found->second == status) return;
    known_[metric] = status;
    log::warning("metric.not_usable", {{"metric", metric}, {"reason", detail}});
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Status> known_;  // guarded by mutex_
};

PrometheusSource::PrometheusSource(model::Telemetry telemetry, const net::HttpClient& client)
    : telemetry_(std::move(telemetry)), client_(client), troubles_(std::make_unique<Troubles>()) {}
PrometheusSource::~PrometheusSource() = default;

Result<ExplainedWindow> PrometheusSource::explained_window(const std::vector<model::Metric>& metrics, Instant start,
                                                           Instant end, Duration step, Duration deadline_from_now) {
  const auto deadline = from_now(deadline_from_now);
  TRY_ASSIGN(const auto grid, checked_grid(start, end, step));
  std::vector<Query> queries;
  std::vector<Plan> plans;
  for (const auto& metric : metrics) {
    Plan plan{queries.size(), std::nullopt};
    const auto ranged = Query{expand_window(metric.query, rate_interval(step)), true, grid};
    if (metric.aggregate != model::Aggregate::kWindow) {
      queries.push_back(ranged);
    } else {
      queries.push_back({expand_window(metric.query, end - start), false, grid});
      if (needs_coverage(metric)) {
        plan.coverage = queries.size();
        queries.push_back(ranged);
      }
    }
    plans.push_back(plan);
  }
  TRY_ASSIGN(const auto answers, ask_all(telemetry_, client_, queries, deadline));
  ExplainedWindow result;
  result.window.start = start;
  result.window.end = end;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    auto judgement = judge(metrics[i], plans[i], answers, grid);
    if (!judgement.detail.empty()) result.reasons[metrics[i].name] = std::move(judgement.detail);
    result.window.samples[metrics[i].name] = judgement.sample;
  }
  return result;
}

Result<engine::WindowSamples> PrometheusSource::window(const std::vector<model::Metric>& metrics, Instant start,
                                                       Instant end, Duration step, Duration deadline_from_now) {
  TRY_ASSIGN(auto explained, explained_window(metrics, start, end, step, deadline_from_now));
  for (const auto& [name, sample] : explained.window.samples) {
    const auto reason = explained.reasons.find(name);
    troubles_->note(name, reason == explained.reasons.end() ? "" : reason->second, sample.status);
  }
  return std::move(explained.window);
}

Result<std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>>> PrometheusSource::series(
    const std::vector<model::Metric>& metrics, Instant start, Instant end, Duration step, Duration deadline_from_now) {
  const auto deadline = from_now(deadline_from_now);
  TRY_ASSIGN(const auto grid, checked_grid(start, end, step));
  std::vector<Query> queries;
  for (const auto& metric : metrics) {
    queries.push_back({expand_window(metric.query, rate_interval(step)), true, grid});
  }
  TRY_ASSIGN(auto answers, ask_all(telemetry_, client_, queries, deadline));
  std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>> result;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    auto& points = result[metrics[i].name];
    // Several series or a refused query: nothing to draw; window() says why.
    if (!answers[i] || answers[i]->series.size() != 1) continue;
    points = std::move(answers[i]->series.front());
    std::erase_if(points, [](const engine::SeriesPoint& point) { return !std::isfinite(point.value); });
  }
  return result;
}

}  // namespace trimtab::telemetry
