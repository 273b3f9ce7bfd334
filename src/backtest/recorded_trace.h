// From an application's recorded series to the need of one container, as the sizers' replay takes it.
#pragma once

#include <optional>
#include <string>

#include "backtest/recorded_series.h"
#include "backtest/trace.h"

#include "model/application.h"

namespace trimtab::backtest {

// Of a component with the parameters cpu_limit and memory_limit: one replica with the mean CPU (cpu_used) and the
// greatest memory (memory_working_set) that was recorded, minute by minute from `start` to `end`. A point stands for
// the minutes since the one before it. What it reserves is cpu_request and memory_request where the baseline has them,
// else the limits. kInvalidInput: a series or a limit is missing, or has a gap of more than an hour.
[[nodiscard]] Result<Trace> recorded_trace(const model::Application& application, const std::string& component,
                                           const RecordedSeries& recorded, Instant start, Instant end);

// What a configuration gives the component's container: nullopt when it does not say.
struct ContainerSize {
  double cpu = 0;
  double memory_mib = 0;
  double cpu_limit = 0;
};
[[nodiscard]] std::optional<ContainerSize> container_size(const model::Configuration& configuration,
                                                          const std::string& component);

}  // namespace trimtab::backtest
