#include "simulation/live_simulation.h"

#include <algorithm>
#include <deque>

#include "simulation/account.h"
#include "simulation/oracle.h"
#include "simulation/simulated_telemetry.h"
#include "simulation/usage_policy.h"
#include <fmt/format.h>

#include "engine/live_recall.h"

namespace trimtab::simulation {
namespace {

constexpr Duration kDeadline = std::chrono::minutes(1);
// An engine that answers an event with commands without end would hang the run.
constexpr int kMostEventsPerStep = 1000;

class LiveRun {
 public:
  LiveRun(const Scenario& scenario, SimulatedService& service, const LiveSimulationOptions& options)
      : application_(scenario.application),
        service_(service),
        telemetry_(service),
        account_(scenario, std::string(kTrimtab)),
        options_(options),
        state_(engine::initial_state(application_, scenario.start, scenario.seed)) {}

  // What monitoring knows at enrolment, one point a window.
  void recall(const std::vector<double>& history, Duration step, Instant start) {
    const engine::RecallQuery query = engine::recall_query(application_, start);
    std::vector<engine::SeriesPoint> points;
    const auto per_point = std::max<std::int64_t>(1, query.step / step);
    const auto count = static_cast<std::int64_t>(history.size());
    for (std::int64_t first = 0; first + per_point <= count; first += per_point) {
      double sum = 0;
      for (std::int64_t i = 0; i < per_point; ++i)
        sum += history[static_cast<std::size_t>(first + i)];
      const Instant at = start - step * (count - first - per_point);
      if (at >= query.start) points.push_back({at, sum / static_cast<double>(per_point)});
    }
    engine::recall_loads(state_, application_, points);
  }

  Result<void> pass(double load, Duration step) {
    service_.advance(load, step);
    account_.book(service_);
    if (!applying_.empty() && !service_.changing()) report_outcome();
    push(engine::Tick{});
    for (int count = 0; !events_.empty(); ++count) {
      if (count == kMostEventsPerStep) return fail(internal_error("the engine does not come to rest"));
      const engine::Event event = std::move(events_.front());
      events_.pop_front();
      engine::StepResult result = engine::step(application_, std::move(state_), event);
      if (options_.on_step) options_.on_step(event, result);
      state_ = std::move(result.state);
      for (const engine::Record& record : result.records)
        write(record);
      for (const engine::Command& command : result.commands)
        std::visit([&](const auto& what) { carry_out(command.id, what); }, command.what);
    }
    return {};
  }

  [[nodiscard]] RunOutcome close() { return account_.close(service_); }

 private:
  template <class What>
  void push(What what) {
    events_.push_back({service_.now(), std::move(what)});
  }

  void carry_out(const std::string& id, const engine::QueryMetrics& query) {
    auto window = telemetry_.window(application_.metrics, query.start, query.end, application_.cadence.step, kDeadline);
    if (window) {
      push(engine::MetricsArrived{id, std::move(*window)});
    } else {
      push(engine::MetricsFailed{id, window.error()});
    }
  }
  void carry_out(const std::string& id, const engine::ReadLive& /*read*/) {
    push(engine::LiveRead{id, service_.live()});
  }
  void carry_out(const std::string& id, const engine::Apply& apply) {
    const auto begun = service_.begin(apply.request);
    if (!begun) {
      push(engine::ApplyFailed{id, begun.error(), service_.live()});
      return;
    }
    applying_ = id;
    (apply.request.roll_back ? account_.outcome().roll_backs : account_.outcome().changes) += 1;
    account_.note(service_.now(),
                  (apply.request.roll_back ? "rolls back to: " : "applies: ") + apply.request.target.to_string());
    if (!service_.changing()) report_outcome();
  }
  void carry_out(const std::string& /*id*/, const engine::Notify& /*notify*/) {}
  // A simulated change ends within its step: there is none to cut short.
  void carry_out(const std::string& /*id*/, const engine::StopApply& /*stop*/) {}

  void report_outcome() {
    const auto outcome = service_.outcome();
    if (outcome) {
      push(engine::Applied{applying_, *outcome});
    } else {
      push(engine::ApplyFailed{applying_, outcome.error(), service_.live()});
    }
    applying_.clear();
  }

  void write(const engine::Record& record) {
    if (const auto* audit = std::get_if<engine::AuditEntry>(&record)) {
      account_.note(audit->at, audit->action + ": " + audit->text);
    }
  }

  const model::Application& application_;
  SimulatedService& service_;
  SimulatedTelemetry telemetry_;
  Account account_;
  const LiveSimulationOptions& options_;
  engine::LiveApplicationState state_;
  std::deque<engine::Event> events_;
  std::string applying_;  // id of the Apply command under way
};

}  // namespace

Result<RunOutcome> run_live(const Scenario& scenario, const ServiceModel& model, const ScenarioLoad& load,
                            const LiveSimulationOptions& options) {
  TRY_ASSIGN(SimulatedService service, make_service(scenario, model, scenario.application.baseline));
  LiveRun run(scenario, service, options);
  const std::vector<double>& loads = load.run;
  run.recall(load.history, scenario.step, scenario.start);
  const int per_hour = std::max(1, static_cast<int>(std::chrono::hours(1) / scenario.step));
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (options.stop.stop_requested()) return fail(Error{Code::kCancelled, "stopped by request", {}, {}, {}});
    TRY(run.pass(loads[i], scenario.step));
    const int done = static_cast<int>(i) + 1;
    if (options.on_progress && done % per_hour == 0) options.on_progress(done, static_cast<int>(loads.size()));
  }
  return run.close();
}

ScenarioLoad scenario_load(const Scenario& scenario) {
  // From a Monday at midnight, so that the run starts at the hour and on the weekday it says.
  const Duration week = scenario.load.day * 7;
  const Duration hour = Duration(scenario.start.us % scenario.load.day.count());
  const std::int64_t weeks = (scenario.history + week - Duration(1)) / week;
  const auto before = static_cast<std::int64_t>((week * weeks + hour) / scenario.step);
  std::vector<double> all = arrivals(scenario.load, scenario.step, static_cast<int>(before) + steps_of(scenario));
  const auto kept = static_cast<std::int64_t>(scenario.history / scenario.step);
  ScenarioLoad load;
  load.history.assign(all.begin() + (before - kept), all.begin() + before);
  load.run.assign(all.begin() + before, all.end());
  return load;
}

const RunOutcome* Comparison::find(std::string_view policy) const {
  const auto found = std::ranges::find(outcomes, policy, &RunOutcome::policy);
  return found == outcomes.end() ? nullptr : &*found;
}

double Comparison::saving(const RunOutcome& outcome) const {
  const RunOutcome* baseline = find(kStatic);
  return baseline && baseline->cost_month > 0 ? 1 - outcome.cost_month / baseline->cost_month : 0;
}

double Comparison::share_of_oracle(const RunOutcome& outcome) const {
  const RunOutcome* oracle = find(kOracle);
  return oracle && saving(*oracle) > 0 ? saving(outcome) / saving(*oracle) : 0;
}

double Comparison::end_share_of_oracle(const RunOutcome& outcome) const {
  const RunOutcome* baseline = find(kStatic);
  const RunOutcome* oracle = find(kOracle);
  if (!baseline || !oracle || baseline->cost_month <= oracle->cost_month) return 0;
  return (baseline->cost_month - outcome.cost_end) / (baseline->cost_month - oracle->cost_month);
}

Result<Comparison> compare(const Scenario& scenario, const LiveSimulationOptions& options) {
  const ServiceModel model(scenario.service);
  const ScenarioLoad load = scenario_load(scenario);
  const std::vector<double>& loads = load.run;
  Comparison comparison;
  comparison.scenario = scenario.name;
  comparison.seed = scenario.seed;
  comparison.currency = scenario.application.prices.currency;
  comparison.days = to_seconds(scenario.length) / to_seconds(scenario.load.day);
  comparison.step_minutes = to_seconds(scenario.step) / 60;
  const auto take = [&](Result<RunOutcome> outcome) -> Result<void> {
    if (!outcome) return fail(outcome.error());
    comparison.outcomes.push_back(std::move(*outcome));
    return {};
  };
  TRY(take(run_static(scenario, model, loads, scenario.application.baseline, std::string(kStatic))));
  TRY(take(run_usage_rule(scenario, model, loads, right_size_rule())));
  TRY(take(run_usage_rule(scenario, model, loads, vpa_rule())));
  TRY(take(run_live(scenario, model, load, options)));
  TRY(take(run_oracle(scenario, model, loads)));
  return comparison;
}

}  // namespace trimtab::simulation
