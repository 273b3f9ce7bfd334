#include "simulation/recording.h"

#include <algorithm>

#include "simulation/account.h"
#include "simulation/live_simulation.h"
#include "simulation/simulated_telemetry.h"
#include <fmt/format.h>

namespace trimtab::simulation {
namespace {

constexpr Duration kDeadline = std::chrono::minutes(1);

// Metrics of the whole window are asked for with $WINDOW$ of its length; of the others, every step stands for itself.
Duration span_of(const model::Metric& metric, const model::Cadence& cadence) {
  return metric.aggregate == model::Aggregate::kWindow ? cadence.window : cadence.step;
}

}  // namespace

Result<std::map<std::string, std::string>> record(const Scenario& scenario) {
  const ServiceModel model(scenario.service);
  const ScenarioLoad load = scenario_load(scenario);
  Scenario whole = scenario;
  whole.start = scenario.start - scenario.step * static_cast<std::int64_t>(load.history.size());
  TRY_ASSIGN(SimulatedService service, make_service(whole, model, whole.application.baseline));
  for (const auto* part : {&load.history, &load.run}) {
    for (const double arrivals : *part)
      service.advance(arrivals, scenario.step);
  }
  SimulatedTelemetry telemetry(service);
  const model::Cadence& cadence = scenario.application.cadence;
  const Duration step = std::max(cadence.step, scenario.step);
  std::map<std::string, std::string> answers;
  for (const model::Metric& metric : scenario.application.metrics) {
    std::string values;
    for (Instant at = whole.start + step; at <= service.now(); at = at + step) {
      const Instant start = std::max(whole.start, at - span_of(metric, cadence));
      TRY_ASSIGN(const engine::WindowSamples window, telemetry.window({metric}, start, at, step, kDeadline));
      const engine::MetricSample& sample = window.samples.at(metric.name);
      if (sample.points == 0) continue;
      values += fmt::format("{}[{},\"{:.6g}\"]", values.empty() ? "" : ",", at.us / 1'000'000, sample.value);
    }
    if (values.empty()) continue;
    answers[metric.name] = fmt::format(
        R"({{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{}]}}]}}}})",
        values);
  }
  return answers;
}

}  // namespace trimtab::simulation
