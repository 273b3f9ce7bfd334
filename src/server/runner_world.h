// The simulated world of the engine's stories behind the runner: metric source, platform and a clock that only the test
// moves. Tests only.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/live_story.h"
#include "server/live_runner.h"

namespace trimtab::server {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  void advance(Duration by) { now_ = now_ + by; }
  void set(Instant at) { now_ = at; }

 private:
  Instant now_{1'764'000'000'000'000};
};

class WorldSource final : public engine::MetricSource {
 public:
  explicit WorldSource(engine::story::World& world) : world_(world) {}
  Result<engine::WindowSamples> window(const std::vector<model::Metric>&, Instant start, Instant end, Duration,
                                       Duration) override {
    if (world_.metrics_error) return fail(*world_.metrics_error);
    return world_.window({engine::QueryPurpose::kObserve, start, end});
  }
  Result<std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>>> series(
      const std::vector<model::Metric>& metrics, Instant start, Instant, Duration, Duration) override {
    std::map<std::string, std::vector<engine::SeriesPoint>, std::less<>> found;
    for (const model::Metric& metric : metrics)
      found[metric.name] = {{start, 1.0}};
    return found;
  }

 private:
  engine::story::World& world_;
};

class WorldPlatform final : public engine::Platform {
 public:
  WorldPlatform(engine::story::World& world, const Clock& clock) : world_(world), clock_(clock) {}
  Result<engine::LiveState> read_live(Duration) override {
    if (world_.live_error) return fail(*world_.live_error);
    return world_.read(clock_.now());
  }
  Result<engine::LiveState> apply(const engine::ApplyRequest& request,
                                  const std::function<void(const engine::Progress&)>& progress, std::stop_token stop,
                                  Duration) override {
    progress({"replica shop-1: changed", 1, 2});
    if (const auto amid = std::exchange(world_.amid_apply, {})) amid();
    if (stop.stop_requested()) return fail(Error{Code::kCancelled, "stopped between two replicas", {}, {}, {}});
    return world_.apply(request, clock_.now());
  }

 private:
  engine::story::World& world_;
  const Clock& clock_;
};

// Every document is the story's shop; its text counts only for the revision. "bad" cannot be read.
inline Collaborators world_collaborators(engine::story::World& world, const Clock& clock,
                                         model::Application application = engine::story::shop()) {
  Collaborators made;
  made.read = [application](const std::string& document, const std::string& file) -> Result<model::Application> {
    if (document == "bad") return fail(Error{Code::kInvalidInput, "is bad", "name", "", {file, 1, 1}});
    model::Application read = application;
    read.source_text = document;
    read.revision = document;
    return read;
  };
  made.metrics = [&world](const model::Application&) -> Result<std::unique_ptr<engine::MetricSource>> {
    return std::make_unique<WorldSource>(world);
  };
  made.platform = [&world, &clock](const model::Application&) -> Result<std::unique_ptr<engine::Platform>> {
    return std::make_unique<WorldPlatform>(world, clock);
  };
  made.step = [](const model::Application& document, engine::LiveApplicationState state, const engine::Event& event) {
    return engine::step(document, std::move(state), event,
                        {engine::story::cutting_cpu(), engine::story::fixed_prediction});
  };
  return made;
}

// A runner without threads on the world above.
class Play {
 public:
  Play(engine::Store& to_store, engine::story::World& with_world,
       model::Application application = engine::story::shop())
      : store(to_store), world(with_world), application_(std::move(application)) {
    start();
  }
  void start() {
    runner = LiveRunner::start(store, clock, world_collaborators(world, clock, application_),
                               {Threading::kNone, CrashPoint()})
                 .value();
  }
  void stop() { runner.reset(); }
  // In steps of five seconds until the condition holds; false after `most`.
  template <class Condition>
  bool run_until(Condition condition, Duration most = std::chrono::hours(1)) {
    for (const Instant end = clock.now() + most; clock.now() < end;) {
      if (condition()) return true;
      clock.advance(std::chrono::seconds(5));
      runner->run_due();
    }
    return condition();
  }
  [[nodiscard]] engine::LiveApplicationState state() { return runner->application("shop").value().state; }

  engine::Store& store;
  engine::story::World& world;
  ManualClock clock;
  std::unique_ptr<LiveRunner> runner;

 private:
  model::Application application_;
};

}  // namespace trimtab::server
