#include "simulation/live_driver.h"

#include <utility>
#include <variant>

#include "engine/live_recall.h"

namespace trimtab::simulation {
namespace {

// An engine that answers an event with commands without end would hang the run.
constexpr int kMostEventsPerStep = 1000;

}  // namespace

LiveDriver::LiveDriver(const model::Application& application, DrivenWorld& world, std::uint64_t seed, OnStep on_step)
    : application_(application),
      world_(world),
      on_step_(std::move(on_step)),
      state_(engine::initial_state(application, world.now(), seed)) {}

void LiveDriver::recall(const std::vector<engine::SeriesPoint>& points) {
  engine::recall_loads(state_, application_, points);
}

Result<void> LiveDriver::pass() {
  if (!applying_.empty() && !world_.changing()) report_outcome();
  push(engine::Tick{});
  for (int count = 0; !events_.empty(); ++count) {
    if (count == kMostEventsPerStep) return fail(internal_error("the engine does not come to rest"));
    const engine::Event event = std::move(events_.front());
    events_.pop_front();
    engine::StepResult result = engine::step(application_, std::move(state_), event);
    if (on_step_) on_step_(event, result);
    state_ = std::move(result.state);
    for (const engine::Command& command : result.commands)
      std::visit([&](const auto& what) { carry_out(command.id, what); }, command.what);
  }
  return {};
}

template <class What>
void LiveDriver::push(What what) {
  events_.push_back({world_.now(), std::move(what)});
}

void LiveDriver::carry_out(const std::string& id, const engine::QueryMetrics& query) {
  auto window = world_.window(query.start, query.end);
  if (window) {
    push(engine::MetricsArrived{id, std::move(*window)});
  } else {
    push(engine::MetricsFailed{id, window.error()});
  }
}

void LiveDriver::carry_out(const std::string& id, const engine::ReadLive& /*read*/) {
  push(engine::LiveRead{id, world_.live()});
}

void LiveDriver::carry_out(const std::string& id, const engine::Apply& apply) {
  const auto begun = world_.begin(apply.request);
  if (!begun) {
    push(engine::ApplyFailed{id, begun.error(), world_.live()});
    return;
  }
  applying_ = id;
  if (!world_.changing()) report_outcome();
}

// Changes are cut short by a pause only, and nobody pauses a simulated application.
void LiveDriver::carry_out(const std::string& /*id*/, const engine::StopApply& /*stop*/) {}

void LiveDriver::carry_out(const std::string& /*id*/, const engine::Notify& /*notify*/) {}

void LiveDriver::report_outcome() {
  const auto outcome = world_.outcome();
  if (outcome) {
    push(engine::Applied{applying_, *outcome});
  } else {
    push(engine::ApplyFailed{applying_, outcome.error(), world_.live()});
  }
  applying_.clear();
}

}  // namespace trimtab::simulation
