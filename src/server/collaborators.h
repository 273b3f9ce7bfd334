// What the live runner is given: how documents are read, and which metric source and platform an application has.
// Factories, so that tests and simulations bring their own. All are called from several threads.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/live_engine.h"
#include "engine/metric_source.h"
#include "engine/platform.h"
#include "model/application.h"

namespace trimtab::server {

using Step =
    std::function<engine::StepResult(const model::Application&, engine::LiveApplicationState, const engine::Event&)>;

struct Collaborators {
  std::function<Result<model::Application>(const std::string& document, const std::string& file)> read;
  std::function<Result<std::unique_ptr<engine::MetricSource>>(const model::Application&)> metrics;
  std::function<Result<std::unique_ptr<engine::Platform>>(const model::Application&)> platform;
  Step step = [](const model::Application& application, engine::LiveApplicationState state,
                 const engine::Event& event) { return engine::step(application, std::move(state), event); };
};

}  // namespace trimtab::server
