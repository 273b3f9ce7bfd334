// Carrying a decision out, and back.
#include <algorithm>

#include <fmt/format.h>

#include "engine/live_step.h"

namespace trimtab::engine {
namespace {

constexpr Duration kFirstBackOff = std::chrono::seconds(5);
constexpr Duration kLongestBackOff = std::chrono::minutes(5);
constexpr int kMostRollBacks = 6;  // attempts; with the back-off about five minutes
constexpr int kMostChecks = 8;     // of an approved change on an unhealthy application: about fifteen minutes
constexpr std::string_view kRollBackSuffix = "-rollback";

}  // namespace

void LiveStep::back_off() {
  Duration wait = kFirstBackOff;
  for (int i = 0; i < state_.attempts && wait < kLongestBackOff; ++i)
    wait *= 2;
  ++state_.attempts;
  state_.retry_at = at_ + std::min(wait, kLongestBackOff);
}

// The live configuration has just been read: is an approved change still what was approved?
void LiveStep::validate_decision() {
  if (!state_.decision || state_.paused || under_way<Apply>() != nullptr || state_.phase == Phase::kFrozen) return;
  if (state_.decision->state == State::kApplying) return send_apply();  // it was interrupted; the platform continues
  if (state_.decision->state != State::kApproved || !in_change_window(policy(), at_)) return;
  if (!may_begin(*state_.decision)) {
    state_.retry_at = at_ + cadence().guard_every;  // no attempt: it is not the application's fault
    return;
  }
  if (!state_.live.healthy && state_.decision->kind != "return") {
    back_off();
    if (state_.attempts >= kMostChecks) {
      end_decision(State::kFailed, "failed", "unhealthy: the application was not healthy when it should be changed");
    }
    return;
  }
  if (!same(state_.live.configuration, state_.decision->current)) {
    return end_decision(State::kFailed, "failed",
                        "stale: the live configuration changed after the approval; nothing was touched");
  }
  const auto valid = application_.space.validate(project(application_.space, state_.decision->target()));
  if (!valid) return end_decision(State::kFailed, "failed", "invalid: " + valid.error().to_string());
  state_.roll_back_reason.clear();
  state_.guard_breaches = state_.guard_severe = 0;
  transition(*state_.decision, State::kApplying, "trimtab", "applying", "validated against the live configuration");
  enter(Phase::kApplying);
  send_apply();
}

void LiveStep::send_apply() {
  ApplyRequest request;
  request.application = state_.application;
  request.decision = state_.decision->id;
  request.target = project(application_.space, state_.decision->target());
  request.expected_fingerprint = state_.live.configuration.fingerprint();
  issue(Apply{std::move(request)}, kApplyLimit);
}

void LiveStep::send_roll_back() {
  ApplyRequest request;
  request.application = state_.application;
  request.decision = state_.decision->id + std::string(kRollBackSuffix);
  request.target = state_.roll_back_target;
  request.roll_back = true;
  issue(Apply{std::move(request)}, kApplyLimit);
}

void LiveStep::handle(const Applied& done) {
  const auto command = take(done.command);
  const auto* apply = command ? std::get_if<Apply>(&command->command.what) : nullptr;
  if (apply == nullptr || !state_.decision) return ignored(done.command);
  state_.live = done.live;
  watch_surroundings();
  if (apply->request.roll_back) {
    rolled_back(done.live);
  } else {
    applied(done.live);
  }
}

void LiveStep::handle(const ApplyFailed& failed) {
  const auto command = take(failed.command);
  const auto* apply = command ? std::get_if<Apply>(&command->command.what) : nullptr;
  if (apply == nullptr || !state_.decision) return ignored(failed.command);
  if (failed.live) state_.live = *failed.live;
  watch_surroundings();
  if (apply->request.roll_back) {
    roll_back_failed(failed.error);
  } else {
    apply_failed(failed.error, failed.live);
  }
}

void LiveStep::applied(const LiveState& live) {
  const model::Configuration target = project(application_.space, state_.decision->target());
  if (!live.healthy || !same(live.configuration, target)) {
    const std::string what = live.trouble.empty() ? replica_trouble(live) : live.trouble;
    return apply_failed(
        unavailable("read back, the live configuration is not what was applied" + (what.empty() ? "" : ": " + what)),
        live);
  }
  now_live(live, "applied", state_.decision->id);
  transition(*state_.decision, State::kVerifying, "trimtab", "applied", "live and read back");
  enter(Phase::kVerifying);
  if (!state_.roll_back_reason.empty()) take_back();
}

// Ends the change under way where it is; its answer begins the way back.
void LiveStep::cut_short() {
  const auto* apply = under_way<Apply>();
  if (apply == nullptr) return;
  const std::string id = apply->command.id;
  issue(StopApply{id}, Duration::zero());
}

// Of a change that was withdrawn, or in which the guard saw a breach.
void LiveStep::take_back() {
  const std::string why = state_.roll_back_reason;
  if (why.starts_with(kWithdrawn)) return begin_roll_back("trimtab", why);
  blame(project(application_.space, state_.decision->target()), why, {});
  begin_roll_back("guard", why);
}

void LiveStep::apply_failed(const Error& error, const std::optional<LiveState>& live) {
  const std::string reason = "apply_failed: " + error.to_string();
  const bool untouched = live && live->healthy && same(live->configuration, state_.decision->current);
  // Refused before anything was touched: stale, or impossible to render.
  if (error.code == Code::kConflict || (error.code == Code::kInvalidInput && untouched)) {
    return end_decision(State::kFailed, "failed", reason);
  }
  if (error.code == Code::kCancelled && !state_.roll_back_reason.empty()) return take_back();
  // A configuration that did not come up is remembered; a Trimtab that was stopped or a node in trouble is not its
  // fault.
  if (error.code == Code::kInvalidInput || (error.code == Code::kUnavailable && is_calm())) {
    remember_failure(state_.decision->target(), reason, {});
  }
  begin_roll_back("trimtab", reason);
}

void LiveStep::begin_roll_back(const std::string& actor, const std::string& reason) {
  state_.roll_back_target = project(application_.space, state_.decision->current);
  state_.roll_back_reason = reason;
  if (same(state_.last_known_good, state_.decision->target())) state_.last_known_good = state_.roll_back_target;
  state_.attempts = 0;
  state_.retry_at = at_;
  state_.guard_breaches = state_.guard_severe = 0;
  transition(*state_.decision, State::kRollingBack, actor, "rolling_back", reason);
  notify("critical", fmt::format("{}: rolls back: {}", state_.application, reason), state_.decision->id);
  enter(Phase::kRollingBack);
}

void LiveStep::rolled_back(const LiveState& live) {
  if (!live.healthy || !same(live.configuration, state_.roll_back_target)) {
    return roll_back_failed(unavailable("read back, the previous configuration is not live and healthy" +
                                        (live.trouble.empty() ? "" : ": " + live.trouble)));
  }
  now_live(live, "rolled_back", state_.decision->id);
  const std::string reason = state_.roll_back_reason;
  state_.roll_back_reason.clear();
  end_decision(State::kRolledBack, "rolled_back", reason);
}

void LiveStep::roll_back_failed(const Error& error) {
  back_off();
  audit("rollback.retry", state_.decision->id, error.to_string());
  if (state_.attempts < kMostRollBacks) return;
  const std::string id = state_.decision->id;
  end_decision(State::kFailed, "failed", "roll_back_failed: " + error.to_string());
  enter(Phase::kFrozen);
  notify("critical", state_.application + ": the roll back failed, a person is needed: " + error.to_string(), id);
}

// The end of a decision other than being kept.
void LiveStep::end_decision(State to, const std::string& action, const std::string& reason) {
  transition(*state_.decision, to, "trimtab", action, reason);
  state_.decision.reset();
  state_.attempts = 0;
  state_.retry_at = at_;
  state_.next_proposal = at_ + cadence().decide_every;
  enter(state_.paused ? Phase::kFrozen : Phase::kObserving);
}

void LiveStep::now_live(const LiveState& live, const std::string& kind, const std::string& decision) {
  state_.live = live;
  state_.expected = live.configuration;
  state_.configuration_since = at_;
  state_.guard_breaches = state_.guard_severe = state_.guard_troubles = 0;
  state_.out_of_memory_seen = out_of_memory_kills(live);
  state_.restarts_seen = unexpected_exits(live);
  records_.emplace_back(ConfigurationChanged{at_, live.configuration, decision, kind});
  update_costs();
}

}  // namespace trimtab::engine
