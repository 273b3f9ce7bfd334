#include "engine/live_engine.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/live_step.h"

namespace trimtab::engine {
namespace {

// The adapter's own "deadline exceeded" should come first: it knows more.
constexpr Duration kGrace = std::chrono::seconds(10);
constexpr int kMostReads = 5;  // of an approved change before it fails; with the back-off about five minutes

Instant next_multiple(Instant at, Duration width) {
  const std::int64_t w = std::max<std::int64_t>(1, width.count());
  return {(at.us / w + 1) * w};
}

}  // namespace

LiveApplicationState initial_state(const model::Application& application, Instant at, std::uint64_t seed) {
  LiveApplicationState state;
  state.application = application.name;
  state.revision = application.revision;
  state.phase_since = at;
  state.mode = application.policy.mode;
  state.seed = seed;
  state.configuration_since = at;
  state.next_window = next_multiple(at, application.cadence.window);
  state.next_guard = at;
  state.next_proposal = at;
  state.status = "starting: reads the live configuration";
  return state;
}

StepResult step(const model::Application& application, LiveApplicationState state, const Event& event,
                const Collaborators& collaborators) {
  return LiveStep(application, collaborators, std::move(state), event.at).run(event);
}

StepResult LiveStep::run(const Event& event) {
  ++state_.sequence;
  adopt_document();
  std::visit([this](const auto& what) { handle(what); }, event.what);
  expire_commands();
  drive();
  describe();
  return {std::move(state_), std::move(commands_), std::move(records_)};
}

void LiveStep::adopt_document() {
  if (state_.revision == application_.revision) return;
  audit("application.changed", {}, "the application document was replaced");
  state_.revision = application_.revision;
  state_.left_alone.clear();
  state_.disobeyed.clear();
  supersede_open("the application document was replaced");
  update_costs();
}

void LiveStep::handle(const Tick&) {
  forget();
  expire_open();
  if (state_.phase == Phase::kStarting) return;
  plan_guard();
  plan_window();
  consider_proposal();
}

void LiveStep::handle(const MetricsArrived& arrived) {
  const auto command = take(arrived.command);
  if (!command) return ignored(arrived.command);
  const auto* query = std::get_if<QueryMetrics>(&command->command.what);
  if (query == nullptr) return ignored(arrived.command);
  trouble_over("metrics cannot be queried");
  if (query->purpose == QueryPurpose::kGuard) {
    guard_metrics(arrived.window);
  } else {
    observe(arrived.window);
    consider_proposal();
  }
}

void LiveStep::handle(const MetricsFailed& failed) {
  const auto command = take(failed.command);
  if (!command) return ignored(failed.command);
  const auto* query = std::get_if<QueryMetrics>(&command->command.what);
  if (query != nullptr && query->purpose == QueryPurpose::kObserve) ++state_.windows_refused;
  trouble("metrics cannot be queried: " + failed.error.to_string());
}

void LiveStep::handle(const LiveRead& read) {
  const auto command = take(read.command);
  if (!command) return ignored(read.command);
  trouble_over("the live configuration cannot be read");
  state_.live = read.live;
  if (state_.phase == Phase::kStarting) return start(read.live);
  watch_surroundings();
  guard_replicas();
  check_drift();
  validate_decision();
  query_window(command->issued);
}

void LiveStep::handle(const LiveReadFailed& failed) {
  const auto command = take(failed.command);
  if (!command) return ignored(failed.command);
  trouble("the live configuration cannot be read: " + failed.error.to_string());
  if (state_.phase == Phase::kStarting) return back_off();
  if (!state_.decision || under_way<Apply>() != nullptr) return;
  if (state_.decision->state == State::kVerifying || (state_.paused && state_.decision->state == State::kApproved))
    return;
  back_off();
  if (state_.decision->state == State::kApproved && state_.attempts >= kMostReads) {
    end_decision(State::kFailed, "failed", "live_unreadable: " + failed.error.to_string());
  }
}

void LiveStep::handle(const ApplyProgressed& progressed) {
  const auto* apply = under_way<Apply>();
  if (apply == nullptr || apply->command.id != progressed.command) return ignored(progressed.command);
  state_.status = status() + ": " + progressed.progress.step;
}

void LiveStep::handle(const ModeChanged& change) {
  if (change.mode == state_.mode) return;
  audit("mode.changed", {}, fmt::format("mode {} -> {}", model::to_string(state_.mode), model::to_string(change.mode)),
        change.actor);
  state_.mode = change.mode;
  if (change.mode == model::Mode::kObserve) supersede_open("the application is only observed now");
}

void LiveStep::handle(const PauseChanged& change) {
  if (change.paused == state_.paused) return;
  state_.paused = change.paused;
  const std::string why = change.reason.empty() ? change.actor : change.actor + ": " + change.reason;
  state_.pause_reason = change.paused ? why : "";
  audit(change.paused ? "application.paused" : "application.resumed", {},
        change.reason.empty() ? (change.paused ? "paused" : "resumed") : change.reason, change.actor);
  if (change.paused) return pause();
  state_.attempts = 0;
  state_.retry_at = at_;
  state_.guard_breaches = state_.guard_severe = state_.guard_troubles = 0;
  if (state_.phase == Phase::kStarting) return;
  if (!state_.decision || state_.decision->state == State::kApproved) {
    enter(Phase::kObserving);
  } else if (state_.decision->state == State::kVerifying) {
    enter(Phase::kVerifying);
  } else {
    enter(state_.decision->state == State::kApplying ? Phase::kApplying : Phase::kRollingBack);
  }
  // What happened meanwhile is read first; a roll back that waits is sent at the next event.
  resumed_ = true;
  if (under_way<Apply>() == nullptr) read_live();
}

void LiveStep::pause() {
  if (state_.phase == Phase::kStarting) return;
  if (!state_.decision || state_.decision->state == State::kApproved) return enter(Phase::kFrozen);
  if (state_.decision->state != State::kApplying) return;
  if (state_.roll_back_reason.empty()) state_.roll_back_reason = std::string(kWithdrawn) + state_.pause_reason;
  audit("change.withdrawn", state_.decision->id, "paused before it was live everywhere: it is put back");
  cut_short();
}

void LiveStep::handle(const Restarted&) {
  std::vector<CommandUnderWay> again;
  for (CommandUnderWay& one : state_.under_way) {
    // What was cut short is not sent again after a restart either, it is put back.
    const auto* apply = std::get_if<Apply>(&one.command.what);
    if (!state_.roll_back_reason.empty() && apply != nullptr && !apply->request.roll_back) continue;
    const Duration limit = one.deadline - one.issued;
    one.issued = at_;
    one.deadline = at_ + limit;
    commands_.push_back(one.command);
    again.push_back(std::move(one));
  }
  state_.under_way = std::move(again);
  audit("engine.restarted", state_.decision ? state_.decision->id : "",
        fmt::format("started again; {} commands under way issued anew", state_.under_way.size()));
}

// Issues whatever the state says must be under way and is not.
void LiveStep::drive() {
  if (!state_.paused) policy_decides();
  if (under_way<Apply>() != nullptr) return;
  const bool may_try = at_ >= state_.retry_at;
  if (state_.phase == Phase::kStarting) {
    if (may_try) read_live();
    return;
  }
  if (!state_.decision) return;
  if (state_.decision->state == State::kApplying && !state_.roll_back_reason.empty()) take_back();
  if (!may_try || state_.phase == Phase::kFrozen) return;
  switch (state_.decision->state) {
    case State::kApproved:
      if (in_change_window(policy(), at_)) read_live();
      break;
    case State::kApplying:
      read_live();  // the answer sends the change again
      break;
    case State::kRollingBack:
      if (!resumed_) send_roll_back();
      break;
    default:
      break;
  }
}

void LiveStep::issue(decltype(Command::what) what, Duration limit) {
  Command command{fmt::format("{}-{}-{}", state_.application, state_.sequence, ++issued_), std::move(what)};
  const bool answered =
      !std::holds_alternative<Notify>(command.what) && !std::holds_alternative<StopApply>(command.what);
  if (answered) state_.under_way.push_back({command, at_, at_ + limit});
  commands_.push_back(std::move(command));
}

void LiveStep::read_live() {
  if (under_way<ReadLive>() == nullptr && under_way<Apply>() == nullptr) issue(ReadLive{}, kReadLimit);
}

void LiveStep::notify(std::string severity, std::string text, const std::string& recommendation) {
  issue(Notify{std::move(severity), std::move(text), recommendation}, Duration::zero());
}

std::optional<CommandUnderWay> LiveStep::take(const std::string& command) {
  const auto found = std::ranges::find_if(state_.under_way, [&](const auto& one) { return one.command.id == command; });
  if (found == state_.under_way.end()) return std::nullopt;
  CommandUnderWay taken = std::move(*found);
  state_.under_way.erase(found);
  return taken;
}

bool LiveStep::querying(QueryPurpose purpose) const {
  return std::ranges::any_of(state_.under_way, [purpose](const CommandUnderWay& one) {
    const auto* query = std::get_if<QueryMetrics>(&one.command.what);
    return query != nullptr && query->purpose == purpose;
  });
}

void LiveStep::expire_commands() {
  std::vector<CommandUnderWay> late;
  for (const CommandUnderWay& one : state_.under_way) {
    if (at_ > one.deadline + kGrace) late.push_back(one);
  }
  for (const CommandUnderWay& one : late) {
    const Error error = deadline_exceeded("no answer by the deadline");
    if (std::holds_alternative<QueryMetrics>(one.command.what)) handle(MetricsFailed{one.command.id, error});
    if (std::holds_alternative<ReadLive>(one.command.what)) handle(LiveReadFailed{one.command.id, error});
    if (std::holds_alternative<Apply>(one.command.what)) handle(ApplyFailed{one.command.id, error, std::nullopt});
  }
}

void LiveStep::ignored(const std::string& command) {
  audit("event.ignored", {}, fmt::format("an answer came to \"{}\", which is not under way", command));
}

void LiveStep::audit(std::string action, std::string subject, std::string text, std::string actor) {
  records_.emplace_back(AuditEntry{at_, std::move(actor), std::move(action), std::move(subject), std::move(text)});
}

void LiveStep::enter(Phase phase) {
  if (state_.phase == phase) return;
  state_.phase = phase;
  state_.phase_since = at_;
}

}  // namespace trimtab::engine
