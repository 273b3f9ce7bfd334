#include "simulation/live_simulation.h"

#include <algorithm>

#include "simulation/account.h"
#include "simulation/live_driver.h"
#include "simulation/oracle.h"
#include "simulation/simulated_telemetry.h"
#include "simulation/usage_policy.h"
#include <fmt/format.h>

#include "engine/live_recall.h"

namespace trimtab::simulation {
namespace {

constexpr Duration kDeadline = std::chrono::minutes(1);

// The service model as the engine's world; what is applied goes into the account.
class ServiceWorld final : public DrivenWorld {
 public:
  ServiceWorld(const model::Application& application, SimulatedService& service, Account& account)
      : application_(application), service_(service), telemetry_(service), account_(account) {}

  [[nodiscard]] Instant now() const override { return service_.now(); }
  [[nodiscard]] Result<engine::WindowSamples> window(Instant start, Instant end) override {
    return telemetry_.window(application_.metrics, start, end, application_.cadence.step, kDeadline);
  }
  [[nodiscard]] engine::LiveState live() const override { return service_.live(); }
  [[nodiscard]] Result<void> begin(const engine::ApplyRequest& request) override {
    TRY(service_.begin(request));
    (request.roll_back ? account_.outcome().roll_backs : account_.outcome().changes) += 1;
    account_.note(service_.now(), (request.roll_back ? "rolls back to: " : "applies: ") + request.target.to_string());
    return {};
  }
  [[nodiscard]] bool changing() const override { return service_.changing(); }
  [[nodiscard]] Result<engine::LiveState> outcome() const override { return service_.outcome(); }

 private:
  const model::Application& application_;
  SimulatedService& service_;
  SimulatedTelemetry telemetry_;
  Account& account_;
};

class LiveRun {
 public:
  LiveRun(const Scenario& scenario, SimulatedService& service, const LiveSimulationOptions& options)
      : application_(scenario.application),
        service_(service),
        account_(scenario, std::string(kTrimtab)),
        world_(application_, service, account_),
        driver_(application_, world_, scenario.seed, [this, &options](const auto& event, const auto& result) {
          if (options.on_step) options.on_step(event, result);
          for (const engine::Record& record : result.records)
            write(record);
        }) {}

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
    driver_.recall(points);
  }

  Result<void> pass(double load, Duration step) {
    service_.advance(load, step);
    account_.book(service_);
    return driver_.pass();
  }

  [[nodiscard]] RunOutcome close() { return account_.close(service_); }

 private:
  void write(const engine::Record& record) {
    if (const auto* audit = std::get_if<engine::AuditEntry>(&record)) {
      account_.note(audit->at, audit->action + ": " + audit->text);
    }
  }

  const model::Application& application_;
  SimulatedService& service_;
  Account account_;
  ServiceWorld world_;
  LiveDriver driver_;
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
