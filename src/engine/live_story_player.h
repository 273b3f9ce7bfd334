// Plays the live engine against the simulated world of live_story.h: commands are carried out at once, answers come
// back as events, and the journal of what was said and done is kept for the test to ask. Tests only.
#pragma once

#include "engine/live_story.h"
#include "json/json.h"

namespace trimtab::engine::story {

class Player {
 public:
  explicit Player(model::Application document = shop(), ProposalSearch search = cutting_cpu())
      : application(std::move(document)),
        collaborators{std::move(search), fixed_prediction},
        state(initial_state(application, now, 1)) {}

  // One event and everything that follows from it at this moment.
  void send(decltype(Event::what) what) {
    step_once(std::move(what));
    while (!waiting.empty()) {
      const Command command = waiting.front();
      waiting.pop_front();
      carry_out(command);
    }
  }
  void step_once(decltype(Event::what) what) {
    const bool crashes = ++steps == crash_step;
    StepResult result = step(application, state, Event{now, std::move(what)}, collaborators);
    EXPECT_EQ(result.state.sequence, state.sequence + 1);
    if (crashes && crash == Crash::kBeforeCommit) return restart();
    state = std::move(result.state);
    for (Record& record : result.records)
      keep(record);
    for (const Command& command : result.commands) {
      const auto* apply = std::get_if<Apply>(&command.what);
      EXPECT_FALSE(state.paused && apply != nullptr && !apply->request.roll_back);
      if (!crashes) waiting.push_back(command);
      if (crashes && crash == Crash::kAfterCommand && apply != nullptr) (void)world.apply(apply->request, now);
    }
    if (crashes) restart();
  }
  // kill -9 and a new start: what was not committed and every answer on its way is lost.
  void restart() {
    std::vector<model::Observation> observations_stored = std::move(state.observations);
    state = live_application_state_from_json(json::parse(to_json(state).dump()).value()).value();
    state.observations = std::move(observations_stored);
    waiting.clear();
    held.clear();
    step_once(Restarted{});
  }
  void carry_out(const Command& command) {
    if (const auto* query = std::get_if<QueryMetrics>(&command.what)) {
      if (world.metrics_error) return step_once(MetricsFailed{command.id, *world.metrics_error});
      return step_once(MetricsArrived{command.id, world.window(*query)});
    }
    if (std::holds_alternative<ReadLive>(command.what)) {
      if (world.live_error) return step_once(LiveReadFailed{command.id, *world.live_error});
      return step_once(LiveRead{command.id, world.read(now)});
    }
    if (const auto* apply = std::get_if<Apply>(&command.what)) {
      applies.push_back(apply->request);
      if (hold_applies) return held.push_back(command);
      const auto live = world.apply(apply->request, now);
      if (live) return step_once(Applied{command.id, *live});
      return step_once(ApplyFailed{command.id, live.error(), world.read(now)});
    }
    if (const auto* stopped = std::get_if<StopApply>(&command.what)) {
      const auto found = std::ranges::find(held, stopped->command, &Command::id);
      if (found == held.end() || ignore_stops) return;
      held.erase(found);
      return step_once(ApplyFailed{stopped->command, Error{Code::kCancelled, "stopped", {}, {}, {}}, world.read(now)});
    }
    notes.push_back(std::get<Notify>(command.what).text);
  }
  void release() {
    hold_applies = false;
    std::vector<Command> commands = std::move(held);
    held.clear();
    for (const Command& command : commands) {
      if (!applies.empty()) applies.pop_back();
      waiting.push_back(command);
    }
    send(Tick{});
  }

  void run(Duration length) {
    for (const Instant end = now + length; now < end;) {
      now = now + seconds(5);
      send(Tick{});
    }
  }
  // Until the condition holds; fails the test after `most`.
  template <class Condition>
  void run_until(Condition condition, Duration most = hours(2)) {
    const Instant end = now + most;
    while (!condition() && now < end)
      run(seconds(5));
    EXPECT_TRUE(condition()) << "status: " << state.status
                             << "; waiting for: " << (state.waiting_for.empty() ? "" : state.waiting_for.front());
  }
  void run_until_proposed() {
    run_until([this] { return state.open.has_value(); });
  }
  // Proposed, approved by ann and live.
  std::string approve() {
    run_until_proposed();
    if (!state.open) return {};
    const std::string id = state.open->id;
    send(PersonDecided{PersonDecided::Action::kApprove, id, "ann", "looks right", {}});
    return id;
  }
  void decide(PersonDecided::Action action, Configuration edits = {}, std::string reason = "") {
    send(PersonDecided{action, state.open ? state.open->id : "none", "ann", std::move(reason), std::move(edits)});
  }

  [[nodiscard]] int count(std::string_view action) const {
    return static_cast<int>(std::ranges::count(audits, action, &AuditEntry::action));
  }
  [[nodiscard]] std::string text_of(std::string_view action) const {
    const auto found = std::ranges::find(audits, action, &AuditEntry::action);
    return found == audits.end() ? "" : found->text;
  }
  [[nodiscard]] RecommendationState state_of(const std::string& id) const { return recommendations.at(id).state; }
  [[nodiscard]] double cpu() const { return world.live.number("container.cpu_limit").value_or(0); }

  model::Application application;
  Collaborators collaborators;
  World world;
  Instant now{1'764'000'000'000'000};
  LiveApplicationState state;
  enum class Crash { kBeforeCommit, kAfterCommit, kAfterCommand } crash = Crash::kAfterCommit;
  int steps = 0;
  int crash_step = -1;
  bool hold_applies = false;
  bool ignore_stops = false;  // a change that ends before it is stopped
  std::vector<Command> held;
  std::deque<Command> waiting;
  std::vector<ApplyRequest> applies;
  std::vector<AuditEntry> audits;
  std::map<std::string, model::Recommendation> recommendations;
  std::vector<ConfigurationChanged> changes;
  std::vector<std::string> notes;
  int observations = 0;

 private:
  void keep(const Record& record) {
    if (const auto* entry = std::get_if<AuditEntry>(&record)) audits.push_back(*entry);
    if (const auto* change = std::get_if<ConfigurationChanged>(&record)) changes.push_back(*change);
    if (std::holds_alternative<ObservationAdded>(record)) ++observations;
    if (const auto* changed = std::get_if<RecommendationChanged>(&record)) {
      const model::Recommendation& now_is = changed->recommendation;
      const auto known = recommendations.find(now_is.id);
      const bool same = known != recommendations.end() && known->second.state == now_is.state;
      EXPECT_TRUE(known == recommendations.end() || same || model::may_follow(known->second.state, now_is.state));
      EXPECT_TRUE(known != recommendations.end() || now_is.state == RecommendationState::kProposed);
      recommendations[now_is.id] = now_is;
    }
  }
};

}  // namespace trimtab::engine::story
