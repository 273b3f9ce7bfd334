// A SimulatedService seen through the engine's interfaces: its measurements as a MetricSource, itself as a Platform
// whose apply() lets simulated time pass.
#pragma once

#include <functional>

#include "simulation/simulated_service.h"

#include "engine/metric_source.h"

namespace trimtab::simulation {

// A metric is answered by the last part of its name ("container.cpu_used" -> cpu_used). The service outlives it.
class SimulatedTelemetry final : public engine::MetricSource {
 public:
  explicit SimulatedTelemetry(const SimulatedService& service) : service_(service) {}
  [[nodiscard]] Result<engine::WindowSamples> window(const std::vector<model::Metric>& metrics, Instant start,
                                                     Instant end, Duration step, Duration deadline_from_now) override;
  [[nodiscard]] Result<std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>>> series(
      const std::vector<model::Metric>& metrics, Instant start, Instant end, Duration step,
      Duration deadline_from_now) override;

 private:
  const SimulatedService& service_;
};

// `pass` lets one step pass (it calls service.advance with the arrivals of that moment). Both outlive the platform.
class SimulatedPlatform final : public engine::Platform {
 public:
  SimulatedPlatform(SimulatedService& service, std::function<void()> pass)
      : service_(service), pass_(std::move(pass)) {}
  [[nodiscard]] Result<engine::LiveState> read_live(Duration deadline_from_now) override;
  [[nodiscard]] Result<engine::LiveState> apply(const engine::ApplyRequest& request,
                                                const std::function<void(const engine::Progress&)>& progress,
                                                std::stop_token stop, Duration deadline_from_now) override;

 private:
  SimulatedService& service_;
  std::function<void()> pass_;
};

}  // namespace trimtab::simulation
