#include "engine/study_engine.h"

#include <algorithm>

#include <fmt/format.h>

namespace trimtab::engine {
namespace {

// Experiments, the baseline among them, after which failing in one way throughout is taken for a broken test.
constexpr int kSameFailures = 3;

class Step {
 public:
  Step(const StudyDefinition& study, StudyState state, const StudySearch& search, Instant at)
      : study_(study), search_(search), at_(at) {
    step_.state = std::move(state);
  }

  StudyStep run(const StudyEventKind& event) {
    StudyState& state = step_.state;
    ++state.sequence;
    state.alive = at_;
    std::visit([this](const auto& what) { handle(what); }, event);
    return std::move(step_);
  }

 private:
  void handle(const StudyStarted& /*started*/) {
    StudyState& state = step_.state;
    // A finished study goes on when its budget was raised.
    if (state.phase == StudyPhase::kFinished && state.experiments >= budget_of(study_, state)) return;
    state.stop_requested = false;
    Trial* trial = under_way();
    if (!trial) return next();
    // Interrupted: nothing of it counts, it begins anew.
    begin(*trial);
  }

  void handle(const StudyApplied& applied) {
    if (step_.state.phase == StudyPhase::kReverting) return reverted(applied);
    if (step_.state.phase != StudyPhase::kApplying) return;
    if (applied.error) return failed("the configuration could not be applied: " + applied.error->to_string());
    if (study_.trial.warm_up <= Duration::zero()) return load();
    enter(StudyPhase::kWarmingUp, "warms up");
    step_.command = WarmUp{study_.trial.warm_up};
  }

  void handle(const StudyWarm& /*warm*/) {
    if (step_.state.phase == StudyPhase::kWarmingUp) load();
  }

  void handle(const StudyLoaded& loaded) {
    StudyState& state = step_.state;
    if (state.phase != StudyPhase::kLoading) return;
    if (loaded.error) return failed(loaded.error->to_string());
    state.load_started = loaded.started;
    state.load_ended = at_;
    state.load_metrics = loaded.metrics;
    measure();
  }

  void handle(const StudyMeasured& measured) {
    StudyState& state = step_.state;
    if (state.phase != StudyPhase::kMeasuring) return;
    if (measured.error) return failed("not measured: " + measured.error->to_string());
    for (const auto& [name, value] : measured.metrics)
      state.load_metrics[name] = value;
    complete();
  }

  void handle(const StudyStopRequested& /*stop*/) {
    StudyState& state = step_.state;
    if (is_over(state.phase)) return;
    state.stop_requested = true;
    enter(StudyPhase::kStopped, "stopped by request; resume goes on with the trial that was under way");
  }

  void handle(const StudyAlive& /*alive*/) {}

  void enter(StudyPhase phase, const std::string& what) {
    StudyState& state = step_.state;
    state.phase = phase;
    state.phase_since = at_;
    const Trial* trial = under_way();
    state.status = trial && !is_over(phase) ? fmt::format("experiment {} of {}, trial {}: {}", trial->experiment,
                                                          budget_of(study_, state), trial->number, what)
                                            : what;
  }

  Trial* under_way() {
    std::vector<Trial>& trials = step_.state.trials;
    return !trials.empty() && !trials.back().finished() ? &trials.back() : nullptr;
  }

  // Starts or restarts a trial.
  void begin(Trial& trial) {
    trial.started = at_;
    step_.state.load_metrics.clear();
    ApplyRequest request;
    request.application = study_.application.name;
    request.decision = fmt::format("{}-{}-{}", study_.name, trial.number, trial.attempt);
    request.target = trial.configuration;
    step_.trials.push_back(trial);
    enter(StudyPhase::kApplying, "applies the configuration");
    step_.command = ApplyTrial{std::move(request)};
  }

  void load() {
    if (study_.trial.load.command.empty()) {
      enter(StudyPhase::kMeasuring, "measures");
      step_.command = MeasureTrial{study_.trial.window, {}, {}};
      return;
    }
    enter(StudyPhase::kLoading, "runs the load test");
    step_.command = RunLoad{};
  }

  void measure() {
    const StudyState& state = step_.state;
    if (study_.application.metrics.empty()) return complete();
    const Instant earliest = state.load_started + study_.trial.skip;
    const Instant end = state.load_ended;
    if (earliest >= end) {
      return failed(fmt::format("the load test ended after {}, before the measurement began (measure.skip is {})",
                                format_duration(end - state.load_started), format_duration(study_.trial.skip)));
    }
    enter(StudyPhase::kMeasuring, "measures");
    step_.command = MeasureTrial{std::nullopt, std::max(earliest, end - study_.trial.window), end};
  }

  void complete() {
    Trial* trial = under_way();
    trial->metrics = std::move(step_.state.load_metrics);
    step_.state.load_metrics.clear();
    if (const auto goal = study_.problem.objective.goal_value(0, trial->metrics, trial->configuration); !goal) {
      return failed("the goal has no value: " + goal.error().to_string());
    }
    end(*trial);
  }

  void failed(const std::string& why) {
    Trial* trial = under_way();
    trial->failure = why;
    if (trial->attempt <= study_.trial.retries) {
      ++trial->attempt;
      return begin(*trial);
    }
    trial->failed = true;
    trial->metrics.clear();
    end(*trial);
  }

  void end(Trial& trial) {
    if (!trial.failed) trial.failure.clear();
    trial.ended = at_;
    step_.state.spent += at_ - trial.started;
    step_.trials.push_back(trial);
    if (trial.failed && nothing_runs()) return finish(nothing_runs_text());
    next();
  }

  // Every experiment so far failed, and in the same way: that is no property of the configurations, but a load test
  // that cannot start, a wrong address, an environment that is down. Trying more would spend the budget and learn
  // nothing.
  [[nodiscard]] bool nothing_runs() const {
    const std::vector<Trial>& trials = step_.state.trials;
    return static_cast<int>(trials.size()) >= kSameFailures && std::ranges::all_of(trials, [&](const Trial& trial) {
             return trial.failed && trial.failure == trials.front().failure;
           });
  }

  [[nodiscard]] std::string nothing_runs_text() const {
    return fmt::format("all {} experiments failed in the same way, so it ended early ({})", step_.state.experiments,
                       step_.state.trials.front().failure);
  }

  // The next trial: a repeat of the experiment, or a new one, or the end.
  void next() {
    StudyState& state = step_.state;
    const bool none = state.trials.empty();
    const Trial last = none ? Trial{} : state.trials.back();
    const auto of_experiment = std::ranges::count(state.trials, last.experiment, &Trial::experiment);
    Trial trial;
    trial.number = last.number + 1;
    if (!none && !last.failed && of_experiment < study_.trial.repeats) {
      trial.experiment = last.experiment;
      trial.configuration = last.configuration;
      trial.why = last.why;
    } else {
      const StudyEvidence evidence = StudyEvidence::of_choice(study_, state);
      state.changes = evidence.changes();
      if (state.experiments >= budget_of(study_, state)) return finish("the budget of experiments is used up");
      if (study_.budget.time && state.spent >= *study_.budget.time) return finish("the budget of time is used up");
      auto suggestion = search_(evidence.problem(), evidence.request());
      if (!suggestion) {
        return enter(StudyPhase::kFailed, "no further configuration: " + suggestion.error().to_string());
      }
      trial.experiment = ++state.experiments;
      trial.configuration = std::move(suggestion->configuration);
      trial.why = std::move(suggestion->why);
    }
    state.trials.push_back(std::move(trial));
    begin(state.trials.back());
  }

  void finish(const std::string& why) {
    StudyState& state = step_.state;
    if (study_.problem.baseline.empty() || state.trials.empty())
      return enter(nothing_runs() ? StudyPhase::kFailed : StudyPhase::kFinished, why);
    enter(StudyPhase::kReverting, why + "; goes back to the baseline");
    ApplyRequest request;
    request.application = study_.application.name;
    request.decision = fmt::format("{}-revert-{}", study_.name, state.trials.back().number);
    request.target = study_.problem.baseline;
    request.roll_back = true;
    step_.command = ApplyTrial{std::move(request)};
  }

  void reverted(const StudyApplied& applied) {
    if (nothing_runs()) {
      return enter(StudyPhase::kFailed,
                   nothing_runs_text() +
                       (applied.error ? "; the baseline could not be put back: " + applied.error->to_string()
                                      : "; the baseline is back") +
                       ". Correct what is wrong and resume");
    }
    enter(StudyPhase::kFinished, applied.error
                                     ? "finished; the baseline could not be put back: " + applied.error->to_string()
                                     : "finished; the baseline is back");
  }

  const StudyDefinition& study_;
  const StudySearch& search_;
  Instant at_;
  StudyStep step_;
};

}  // namespace

bool is_over(StudyPhase phase) {
  return phase == StudyPhase::kFinished || phase == StudyPhase::kFailed || phase == StudyPhase::kStopped;
}

StudyState initial_study_state(const StudyDefinition& study, Instant at, int budget) {
  StudyState state;
  state.created = state.phase_since = state.alive = at;
  state.budget = budget > 0 ? budget : study.budget.experiments;
  state.status = "new";
  return state;
}

StudyStep step_study(const StudyDefinition& study, StudyState state, const StudyEvent& event,
                     const StudySearch& search) {
  return Step(study, std::move(state), search, event.at).run(event.what);
}

std::optional<Duration> time_left(const StudyDefinition& study, const StudyState& state, Instant now) {
  if (is_over(state.phase)) return Duration::zero();
  int finished = 0;
  for (const Trial& trial : state.trials)
    finished += trial.finished() ? 1 : 0;
  if (finished == 0) return std::nullopt;
  const double trial_s = to_seconds(state.spent) / finished;
  // Repeats are skipped after failures: the trials an experiment took so far say more than the plan.
  const double per_experiment =
      std::max(1.0, static_cast<double>(state.trials.size()) / std::max(1, state.experiments));
  const double trials_left = std::max(0.0, budget_of(study, state) * per_experiment - static_cast<double>(finished));
  double left_s = trials_left * trial_s;
  const double under_way_s =
      !state.trials.empty() && !state.trials.back().finished() ? to_seconds(now - state.trials.back().started) : 0;
  left_s = std::max(0.0, left_s - std::min(under_way_s, trial_s));
  if (study.budget.time)
    left_s = std::min(left_s, std::max(0.0, to_seconds(*study.budget.time - state.spent)) + trial_s);
  return duration_from_seconds(left_s);
}

}  // namespace trimtab::engine
