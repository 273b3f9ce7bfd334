#include "simulation/simulated_telemetry.h"

#include <algorithm>

namespace trimtab::simulation {
namespace {

using engine::MetricSample;

std::string_view last_part(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

// Shares of requests are weighted with the requests of their step, as counters are.
bool is_share_of_requests(std::string_view name) {
  return name == "errors";
}

struct Steps {
  const StepTruth* begin;
  const StepTruth* end;
};

// Steps that end in (start, end].
Steps steps_of(const std::vector<StepTruth>& history, Instant start, Instant end) {
  const auto ends_later = [](Instant at, const StepTruth& step) { return at < step.end; };
  const auto first = std::upper_bound(history.begin(), history.end(), start, ends_later);
  const auto last = std::upper_bound(first, history.end(), end, ends_later);
  return {history.data() + (first - history.begin()), history.data() + (last - history.begin())};
}

MetricSample sample(const model::Metric& metric, Steps steps, int expected) {
  const std::string_view name = last_part(metric.name);
  MetricSample result;
  result.points_expected = expected;
  double sum = 0;
  double weights = 0;
  double highest = 0;
  double lowest = 0;
  double last = 0;
  for (const StepTruth* step = steps.begin; step != steps.end; ++step) {
    const auto found = step->measured.find(name);
    if (found == step->measured.end()) continue;
    const double weight = is_share_of_requests(name) ? step->arrivals : 1;
    last = found->second;
    highest = result.points == 0 ? last : std::max(highest, last);
    lowest = result.points == 0 ? last : std::min(lowest, last);
    sum += weight * last;
    weights += weight;
    ++result.points;
    result.newest = step->end;
  }
  if (result.points == 0) {
    result.status = MetricSample::Status::kMissing;
    if (!metric.default_value) return result;
    result.status = MetricSample::Status::kUsable;
    result.value = *metric.default_value;
    return result;
  }
  const bool counted = metric.role == model::MetricRole::kOutOfMemory || metric.role == model::MetricRole::kRestarts;
  switch (metric.aggregate) {
    case model::Aggregate::kMax:
      result.value = highest;
      break;
    case model::Aggregate::kMin:
      result.value = lowest;
      break;
    case model::Aggregate::kLast:
      result.value = last;
      break;
    case model::Aggregate::kSum:
      result.value = sum;
      break;
    case model::Aggregate::kWindow:
    case model::Aggregate::kMean:
      result.value = counted ? sum : (weights > 0 ? sum / weights : last);
      break;
  }
  return result;
}

}  // namespace

Result<engine::WindowSamples> SimulatedTelemetry::window(const std::vector<model::Metric>& metrics, Instant start,
                                                         Instant end, Duration step, Duration /*deadline_from_now*/) {
  engine::WindowSamples result;
  result.start = start;
  result.end = end;
  const Steps steps = steps_of(service_.history(), start, end);
  const int expected = std::max(1, static_cast<int>((end - start) / std::max(step, Duration(1))));
  for (const model::Metric& metric : metrics)
    result.samples[metric.name] = sample(metric, steps, expected);
  return result;
}

Result<std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>>> SimulatedTelemetry::series(
    const std::vector<model::Metric>& metrics, Instant start, Instant end, Duration step,
    Duration /*deadline_from_now*/) {
  std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>> result;
  for (const model::Metric& metric : metrics) {
    auto& points = result[metric.name];
    for (Instant at = start; at < end; at = at + std::max(step, Duration(1))) {
      const MetricSample value = sample(metric, steps_of(service_.history(), at, at + step), 1);
      if (value.points > 0) points.push_back({at + step, value.value});
    }
  }
  return result;
}

Result<engine::LiveState> SimulatedPlatform::read_live(Duration /*deadline_from_now*/) {
  return service_.live();
}

Result<engine::LiveState> SimulatedPlatform::apply(const engine::ApplyRequest& request,
                                                   const std::function<void(const engine::Progress&)>& progress,
                                                   std::stop_token stop, Duration deadline_from_now) {
  TRY(service_.begin(request));
  const Instant deadline = service_.now() + deadline_from_now;
  while (service_.changing()) {
    if (stop.stop_requested()) return fail(Error{Code::kCancelled, "stopped by request", {}, {}, {}});
    if (service_.now() >= deadline) return fail(deadline_exceeded("the change did not end in time"));
    pass_();
    if (progress) progress({"replicas are replaced", 0, static_cast<int>(service_.live().replicas.size())});
  }
  return service_.outcome();
}

}  // namespace trimtab::simulation
