// Drives the live engine through simulated time: ticks go in, commands are carried out in a world whose time the caller
// lets pass. The same step() that runs in production; deterministic in the world.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/live_engine.h"

namespace trimtab::simulation {

// What the engine's commands meet: a service model, or a recording. Never blocks.
class DrivenWorld {
 public:
  virtual ~DrivenWorld() = default;
  [[nodiscard]] virtual Instant now() const = 0;
  [[nodiscard]] virtual Result<engine::WindowSamples> window(Instant start, Instant end) = 0;
  [[nodiscard]] virtual engine::LiveState live() const = 0;
  // Starts a change that goes on while time passes; at most one at a time.
  [[nodiscard]] virtual Result<void> begin(const engine::ApplyRequest& request) = 0;
  [[nodiscard]] virtual bool changing() const = 0;
  // Of the change that began last, once it is over.
  [[nodiscard]] virtual Result<engine::LiveState> outcome() const = 0;
};

class LiveDriver {
 public:
  // Called after every step of the engine, before its commands are carried out; may be empty.
  using OnStep = std::function<void(const engine::Event&, const engine::StepResult&)>;

  // `application` and `world` outlive the driver.
  LiveDriver(const model::Application& application, DrivenWorld& world, std::uint64_t seed, OnStep on_step);

  // What monitoring knows at enrolment, one point a window; before the first pass.
  void recall(const std::vector<engine::SeriesPoint>& points);
  // After the world's time has passed: one tick, and all that follows from it now.
  [[nodiscard]] Result<void> pass();
  [[nodiscard]] const engine::LiveApplicationState& state() const { return state_; }

 private:
  template <class What>
  void push(What what);
  void carry_out(const std::string& id, const engine::QueryMetrics& query);
  void carry_out(const std::string& id, const engine::ReadLive& read);
  void carry_out(const std::string& id, const engine::Apply& apply);
  void carry_out(const std::string& id, const engine::StopApply& stop);
  void carry_out(const std::string& id, const engine::Notify& notify);
  void report_outcome();

  const model::Application& application_;
  DrivenWorld& world_;
  OnStep on_step_;
  engine::LiveApplicationState state_;
  std::deque<engine::Event> events_;
  std::string applying_;  // id of the Apply command under way
};

}  // namespace trimtab::simulation
