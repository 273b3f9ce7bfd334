#include "cli/study_runner.h"

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/study_json.h"
#include "platform/command/command_platform.h"
#include "proc/subprocess.h"

namespace trimtab::cli {
namespace {

using std::chrono::seconds;

constexpr Duration kApplyDeadline = std::chrono::minutes(30);
constexpr Duration kSignOfLife = seconds(10);
constexpr std::size_t kShownOutput = 300;

std::string end_of(const std::string& said) {
  std::string end = said.substr(said.size() - std::min(said.size(), kShownOutput));
  while (!end.empty() && (end.back() == '\n' || end.back() == '\r' || end.back() == ' '))
    end.pop_back();
  return end;
}

class Runner {
 public:
  Runner(const StudyRun& run, engine::StudyState state) : run_(run), state_(std::move(state)) {}

  Result<engine::StudyState> to_the_end() {
    send(engine::StudyStarted{});
    {
      const std::jthread alive([this](const std::stop_token& stop) { show_life(stop); });
      while (const std::optional<engine::StudyCommand> command = take_command()) {
        std::visit([this](const auto& what) { carry_out(what); }, *command);
        if (run_.stop.stop_requested()) send(engine::StudyStopRequested{});
      }
    }
    if (trouble_) return fail(*trouble_);
    return state_;
  }

 private:
  std::optional<engine::StudyCommand> take_command() {
    const std::lock_guard lock(mutex_);
    if (trouble_) return std::nullopt;
    return std::exchange(command_, std::nullopt);
  }

  // The step is stored before its command can run.
  void send(engine::StudyEventKind event) {
    const std::lock_guard lock(mutex_);
    engine::StudyStep step =
        engine::step_study(run_.definition, std::move(state_), {run_.clock.now(), std::move(event)});
    state_ = std::move(step.state);
    if (step.command) command_ = std::move(step.command);
    if (engine::is_over(state_.phase)) command_.reset();
    std::vector<engine::StoredTrial> trials;
    for (const engine::Trial& trial : step.trials)
      trials.push_back({trial.number, engine::to_json(trial).dump()});
    const auto stored =
        run_.store.commit_study(run_.definition.name, engine::to_json(state_).dump(), run_.clock.now(), trials);
    if (!stored && !trouble_) trouble_ = stored.error();
    last_stored_ = run_.clock.now();
    if (run_.on_change) run_.on_change(state_);
  }

  void show_life(const std::stop_token& stop) {
    std::mutex waiting;
    std::condition_variable_any woken;
    std::unique_lock lock(waiting);
    while (!woken.wait_for(lock, stop, seconds(1), [&] { return stop.stop_requested(); })) {
      bool due = false;
      {
        const std::lock_guard state_lock(mutex_);
        due = run_.clock.now() - last_stored_ >= kSignOfLife;
        if (!due && run_.on_change) run_.on_change(state_);
      }
      if (due) send(engine::StudyAlive{});
    }
  }

  void carry_out(const engine::ApplyTrial& apply) {
    const auto live = run_.platform.apply(apply.request, {}, run_.stop, kApplyDeadline);
    if (run_.stop.stop_requested()) return;  // what came of it does not count
    send(engine::StudyApplied{live ? std::nullopt : std::optional(live.error())});
  }

  void carry_out(const engine::WarmUp& warm_up) {
    if (wait(warm_up.length)) send(engine::StudyWarm{});
  }

  void carry_out(const engine::RunLoad& /*load*/) {
    engine::StudyLoaded loaded;
    loaded.started = run_.clock.now();
    auto metrics = load();
    if (run_.stop.stop_requested()) return;
    if (metrics) {
      loaded.metrics = std::move(*metrics);
    } else {
      loaded.error = metrics.error();
    }
    send(std::move(loaded));
  }

  void carry_out(const engine::MeasureTrial& measure) {
    Instant start = measure.start;
    Instant end = measure.end;
    if (measure.wait) {
      start = run_.clock.now();
      if (!wait(*measure.wait)) return;
      end = run_.clock.now();
    }
    engine::StudyMeasured measured;
    auto metrics = query(start, end);
    if (metrics) {
      measured.metrics = std::move(*metrics);
    } else {
      measured.error = metrics.error();
    }
    send(std::move(measured));
  }

  // False when stopped meanwhile.
  bool wait(Duration length) {
    std::mutex waiting;
    std::condition_variable_any woken;
    std::unique_lock lock(waiting);
    woken.wait_for(lock, run_.stop, length, [this] { return run_.stop.stop_requested(); });
    return !run_.stop.stop_requested();
  }

  Result<model::Metrics> load() {
    const engine::LoadTest& test = run_.definition.trial.load;
    proc::CommandLine line;
    line.arguments = test.command;
    line.directory = run_.directory;
    {
      const std::lock_guard lock(mutex_);
      const engine::Trial& trial = state_.trials.back();
      line.environment = platform::configuration_environment(trial.configuration);
      line.environment["TRIMTAB_TRIAL"] = std::to_string(trial.number);
      line.environment["TRIMTAB_EXPERIMENT"] = std::to_string(trial.experiment);
    }
    proc::RunOptions options;
    options.deadline = test.timeout;
    options.stop = run_.stop;
    TRY_ASSIGN(const proc::ExitStatus status, proc::run(line, options));
    if (status.exit_code != 0) {
      const std::string& said = status.errors.empty() ? status.output : status.errors;
      return fail(
          unavailable(fmt::format("the load test ended with exit code {}: {}", status.exit_code, end_of(said))));
    }
    if (test.output_file.empty()) return engine::parse_output(status.output, test.metrics);
    const std::string path =
        test.output_file.starts_with('/') ? test.output_file : run_.directory + "/" + test.output_file;
    std::ifstream in(path, std::ios::binary);
    if (!in) return fail(unavailable("the load test left no file " + path));
    return engine::parse_output(std::string(std::istreambuf_iterator<char>(in), {}), test.metrics);
  }

  Result<model::Metrics> query(Instant start, Instant end) {
    const model::Application& application = run_.definition.application;
    if (!run_.metrics) return fail(unsupported("there is no source for metrics"));
    const Duration step = std::max<Duration>(seconds(1), (end - start) / 60);
    TRY_ASSIGN(const engine::WindowSamples window,
               run_.metrics->window(application.metrics, start, end, step, seconds(30)));
    model::Metrics metrics;
    for (const model::Metric& metric : application.metrics) {
      const auto found = window.samples.find(metric.name);
      const bool usable =
          found != window.samples.end() && found->second.status == engine::MetricSample::Status::kUsable;
      if (usable) {
        metrics[metric.name] = found->second.value;
      } else if (metric.required) {
        return fail(unavailable("Prometheus has no usable value of " + metric.name));
      }
    }
    return metrics;
  }

  const StudyRun& run_;
  std::mutex mutex_;  // of what follows
  engine::StudyState state_;
  std::optional<engine::StudyCommand> command_;
  Instant last_stored_;
  std::optional<Error> trouble_;
};

}  // namespace

Result<engine::StudyState> run_study(const StudyRun& run, engine::StudyState state) {
  return Runner(run, std::move(state)).to_the_end();
}

}  // namespace trimtab::cli
