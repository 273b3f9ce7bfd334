// LiveStep: one step of the live engine. Private to the live_*.cc files; live_engine.h is the door.
// Events are handled first; then drive() issues what the state says must be under way. So a lost answer or a restart
// never strands a decision: the state alone says what comes next (docs/architecture/life-of-a-decision.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/live_collaborators.h"
#include "engine/live_facts.h"
#include "engine/live_limits.h"
#include "insight/comparison.h"

namespace trimtab::engine {

class LiveStep {
 public:
  LiveStep(const model::Application& application, const Collaborators& collaborators, LiveApplicationState state,
           Instant at)
      : application_(application), collaborators_(collaborators), state_(std::move(state)), at_(at) {}

  [[nodiscard]] StepResult run(const Event& event);

 private:
  using State = model::RecommendationState;
  using Windows = std::vector<const model::Observation*>;  // into the state; until the next one is remembered

  // live_engine.cc: events in general, commands and their deadlines
  void handle(const Tick&);
  void handle(const MetricsArrived&);
  void handle(const MetricsFailed&);
  void handle(const LiveRead&);
  void handle(const LiveReadFailed&);
  void handle(const ApplyProgressed&);
  void handle(const ModeChanged&);
  void handle(const PauseChanged&);
  void handle(const Restarted&);
  void pause();
  void adopt_document();
  void drive();
  void issue(decltype(Command::what) what, Duration limit);
  void read_live();
  void notify(std::string severity, std::string text, const std::string& recommendation = {});
  [[nodiscard]] std::optional<CommandUnderWay> take(const std::string& command);
  template <class T>
  [[nodiscard]] const CommandUnderWay* under_way() const;
  [[nodiscard]] bool querying(QueryPurpose purpose) const;
  void expire_commands();
  void ignored(const std::string& command);
  void audit(std::string action, std::string subject, std::string text, std::string actor = "trimtab");
  void enter(Phase phase);

  // live_observe.cc: windows of evidence
  void start(const LiveState& live);
  void plan_window();
  void query_window(Instant read_issued);
  void observe(const WindowSamples& window);
  void refuse(const std::string& reason);
  void trouble(const std::string& reason);
  void trouble_over(std::string_view kind);
  void learn_load(Instant end, double load);
  void update_costs();
  void check_drift();

  // live_calm.cc: trouble around the application
  void watch_surroundings();
  void watch_release();
  void blame(const model::Configuration& configuration, const std::string& why, const model::Metrics& metrics);
  [[nodiscard]] bool is_calm() const { return state_.disturbance.empty(); }
  [[nodiscard]] bool was_disturbed(Instant start) const;
  [[nodiscard]] bool may_begin(const model::Recommendation& decision) const;
  [[nodiscard]] std::string calm_again() const;

  // live_read_back.cc: what the runtimes say themselves
  [[nodiscard]] bool read_back(const WindowSamples& window);
  void leave_alone(const std::string& parameter, const std::string& why);
  [[nodiscard]] std::vector<std::string> untouchable(model::Mode least) const;
  // live_guard.cc: looks outside the cadence
  void plan_guard();
  void guard_replicas();
  void guard_metrics(const WindowSamples& window);
  void breach(const std::string& code, const std::string& reason, const model::Metrics& metrics, bool broken);
  void breach_not_ours(const std::string& code, const std::string& reason);
  [[nodiscard]] bool settling(Instant start) const;
  [[nodiscard]] bool last_kept_is_recent() const;
  [[nodiscard]] bool cannot_help_to_undo(const model::Recommendation& decision, bool broken) const;
  [[nodiscard]] double rollout_load() const;
  [[nodiscard]] bool is_busy_rollout(const model::Recommendation& decision) const;
  [[nodiscard]] double carried_load() const { return carried_load(state_.expected); }
  [[nodiscard]] double carried_load(const model::Configuration& configuration) const;
  [[nodiscard]] bool is_beyond_promise(const model::Recommendation& decision, double load) const;
  void overwhelmed(const std::string& code, const std::string& reason);
  [[nodiscard]] bool was_broken_before(const model::Recommendation& decision) const;
  [[nodiscard]] bool was_breached_before(const model::Recommendation& decision, double load) const;

  // live_propose.cc, live_return.cc, live_evidence.cc: what to change next
  void consider_proposal();
  void propose_gain();
  [[nodiscard]] bool search(model::Mode least);
  [[nodiscard]] Result<optimizer::SafeSearchResult> best_change(const std::vector<std::string>& frozen) const;
  void propose_return(const std::string& reason);
  [[nodiscard]] bool consider_way_back();
  void note_surge(const model::Recommendation& made);
  [[nodiscard]] double recurring_load() const;
  [[nodiscard]] std::vector<double> forecast_loads() const;
  [[nodiscard]] std::optional<model::Configuration> better_known(double load) const;
  [[nodiscard]] std::optional<model::Configuration> more_resources(bool in_place_only) const;
  [[nodiscard]] std::optional<model::Configuration> way_up(std::string& why) const;
  [[nodiscard]] bool is_in_place(const model::Configuration& from, const model::Configuration& to) const;
  [[nodiscard]] bool reacts_in_place() const;
  void offer(model::Recommendation recommendation);
  [[nodiscard]] model::Recommendation draft(const model::Configuration& target, std::string kind);
  void supersede_open(const std::string& reason);
  [[nodiscard]] optimizer::Problem problem() const;
  [[nodiscard]] optimizer::SafeSearchRequest request(const std::vector<std::string>& frozen) const;
  [[nodiscard]] std::vector<double> expected_loads() const;
  [[nodiscard]] bool breached_at_present() const;
  [[nodiscard]] model::Evidence evidence() const;
  [[nodiscard]] std::string summary(const model::Recommendation& recommendation) const;

  // live_decide.cc: people and policy
  void handle(const PersonDecided&);
  void edit(model::Recommendation& recommendation, const PersonDecided& decision);
  void skip(model::Recommendation& recommendation, const PersonDecided& decision);
  void after_edit(model::Recommendation& recommendation);
  void approve(const std::string& actor, const std::string& reason);
  void policy_decides();
  [[nodiscard]] bool is_quiet_enough(const model::Configuration& target) const;
  void expire_open();
  void transition(model::Recommendation& recommendation, State to, const std::string& actor, const std::string& action,
                  const std::string& reason);
  void changed(const model::Recommendation& recommendation);

  // live_apply.cc: carrying a decision out, and back
  void handle(const Applied&);
  void handle(const ApplyFailed&);
  void validate_decision();
  void send_apply();
  void send_roll_back();
  void applied(const LiveState& live);
  void apply_failed(const Error& error, const std::optional<LiveState>& live);
  void rolled_back(const LiveState& live);
  void roll_back_failed(const Error& error);
  void begin_roll_back(const std::string& actor, const std::string& reason);
  void cut_short();
  void take_back();
  void end_decision(State to, const std::string& action, const std::string& reason);
  void back_off();
  void now_live(const LiveState& live, const std::string& kind, const std::string& decision);

  // live_verify.cc: the verdict
  void judge();
  [[nodiscard]] model::Verdict compare(const Windows& after) const;
  void conclude(int windows, bool still_breached);
  void keep(const std::string& reason);
  [[nodiscard]] std::vector<insight::ComparedMetric> compared_metrics(const model::Recommendation& decision) const;
  // live_memory.cc: what is remembered
  void remember(model::Observation observation);
  void remember_failure(const model::Configuration& configuration, const std::string& reason,
                        const model::Metrics& metrics);
  void bar(const model::Configuration& configuration, const std::string& context, Duration length,
           const std::string& reason);
  void forget();
  [[nodiscard]] bool is_barred(const model::Configuration& configuration, double highest_load) const;
  [[nodiscard]] int windows_at(const model::Configuration& configuration) const;
  [[nodiscard]] Windows windows_since_change() const;
  // live_status.cc
  void describe();
  [[nodiscard]] std::string status() const;
  [[nodiscard]] std::string paused_status() const;
  [[nodiscard]] std::vector<std::string> waiting_for() const;
  [[nodiscard]] const model::Cadence& cadence() const { return application_.cadence; }
  [[nodiscard]] const model::Policy& policy() const { return application_.policy; }
  [[nodiscard]] bool same(const model::Configuration& a, const model::Configuration& b) const {
    return same_configuration(application_.space, a, b);
  }
  [[nodiscard]] double cost_of(const model::Configuration& configuration) const;

  const model::Application& application_;
  const Collaborators& collaborators_;
  LiveApplicationState state_;
  Instant at_;
  std::vector<Command> commands_;
  std::vector<Record> records_;
  int issued_ = 0;
  bool resumed_ = false;
  bool fresh_window_ = false;  // a usable window was observed in this step
};

template <class T>
const CommandUnderWay* LiveStep::under_way() const {
  for (const CommandUnderWay& one : state_.under_way) {
    if (std::holds_alternative<T>(one.command.what)) return &one;
  }
  return nullptr;
}

}  // namespace trimtab::engine
