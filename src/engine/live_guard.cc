// The guard: looks outside the cadence, and rolls back at once what breaks the application.
#include <algorithm>

#include <fmt/format.h>

#include "engine/live_step.h"

namespace trimtab::engine {
namespace {

// rate() needs a few points: Prometheus advises four times the resolution.
constexpr int kGuardPoints = 4;
constexpr int kLeastGuardPoints = 2;
constexpr int kSevereWhileSettling = 2;  // warm-up is slow for a while; one look may catch just that
constexpr int kTroubledReads = 2;
constexpr int kCrashLoop = 2;  // unexpected exits since the last change

}  // namespace

void LiveStep::plan_guard() {
  if (at_ < state_.next_guard) return;
  state_.next_guard = at_ + cadence().guard_every;
  read_live();
  if (querying(QueryPurpose::kGuard)) return;
  const Duration length = std::min(std::max(cadence().step * kGuardPoints, cadence().guard_every), cadence().window);
  const Duration timeout = application_.telemetry.timeout;
  // What was measured while replicas went away one by one says nothing about the configuration that is live now.
  Instant start = at_ - length;
  if (under_way<Apply>() == nullptr) start = std::max(start, state_.configuration_since);
  if (at_ - start < cadence().step * kLeastGuardPoints) return;
  issue(QueryMetrics{QueryPurpose::kGuard, start, at_}, timeout > Duration::zero() ? timeout : kQueryLimit);
}

bool LiveStep::settling(Instant start) const {
  return start < state_.configuration_since + cadence().settle;
}

// Kills, exits and troubles that the platform reports.
void LiveStep::guard_replicas() {
  if (under_way<Apply>() != nullptr) return;
  const int kills = out_of_memory_kills(state_.live);
  const int exits = unexpected_exits(state_.live);
  // The counters start anew with a change; a smaller number is one of those.
  const int new_kills = kills - std::min(kills, state_.out_of_memory_seen);
  const int new_exits = exits - std::min(exits, state_.restarts_seen);
  state_.out_of_memory_seen = kills;
  const std::string trouble = replica_trouble(state_.live);
  state_.guard_troubles = trouble.empty() ? 0 : state_.guard_troubles + 1;
  if (new_kills > 0) {
    state_.restarts_seen = exits;
    return breach("out_of_memory", fmt::format("{} processes were killed for lack of memory", new_kills), {}, true);
  }
  if (new_exits >= kCrashLoop) {
    state_.restarts_seen = exits;
    return breach("crash_loop", fmt::format("{} unexpected exits since the last change", new_exits), {}, true);
  }
  state_.restarts_seen = std::min(state_.restarts_seen, exits);
  if (state_.guard_troubles == kTroubledReads) breach("replica_trouble", trouble, {}, true);
}

void LiveStep::guard_metrics(const WindowSamples& window) {
  const model::Metrics metrics = usable_metrics(window);
  const SloLook look = look_at_slos(application_.objective, metrics, state_.expected);
  // Only what could be measured is judged: nothing is concluded from gaps.
  for (const auto& [name, value] : look.values)
    state_.slo_last[name] = value;
  if (!look.breached) {
    if (!look.complete) return;
    state_.guard_breaches = state_.guard_severe = 0;
    if (state_.breach_announced) {
      state_.breach_announced = false;
      audit("slo.recovered", {}, "every SLO holds again");
    }
    return;
  }
  const bool unsettled = under_way<Apply>() != nullptr || settling(window.start);
  state_.guard_severe = look.severe ? state_.guard_severe + 1 : 0;
  if (!unsettled) ++state_.guard_breaches;
  const bool tripped = unsettled ? state_.guard_severe >= kSevereWhileSettling
                                 : look.severe || state_.guard_breaches >= policy().guard_breaches;
  if (!tripped) return;
  const auto load = metrics.find(application_.load_metric);
  if (load != metrics.end()) state_.load_now = load->second;
  breach(std::string(kSlow), look.text, metrics, false);
}

// `broken`: killed, crashing or in trouble, rather than slow.
void LiveStep::breach(const std::string& code, const std::string& reason, const model::Metrics& metrics, bool broken) {
  const std::string why = code + ": " + reason;
  const std::string subject = state_.decision ? state_.decision->id : "";
  const bool guarded = state_.decision && state_.decision->state != State::kApproved;
  if (state_.paused && !guarded) return breach_not_ours(code, reason + " (paused: nothing is done)");
  if (state_.phase == Phase::kFrozen) return breach_not_ours(code, reason);
  if (state_.decision) {
    switch (state_.decision->state) {
      case State::kApplying:
        // With a replica away the others carry its load: slowness in a busy moment is the rollout's. If it is not, it
        // will still be there when the change has ended.
        if (!state_.roll_back_reason.empty() || (!broken && is_busy_rollout(*state_.decision))) return;
        state_.roll_back_reason = why;
        audit("guard.breach", subject, why + "; the change under way is cut short and put back", "guard");
        return cut_short();
      case State::kVerifying:
        if (!broken && is_beyond_promise(*state_.decision, state_.load_now)) return overwhelmed(code, reason);
        // A change meant to end a breach is not undone because the breach has not ended yet.
        if (cannot_help_to_undo(*state_.decision, broken)) {
          if (broken) {
            remember_failure(state_.decision->target(), why, metrics);
            end_decision(State::kFailed, "failed", why + "; the configuration before was no better");
          }
          return breach_not_ours(code, reason);
        }
        audit("guard.breach", subject, why, "guard");
        blame(state_.decision->target(), why, metrics);
        return begin_roll_back("guard", why);
      case State::kApproved:
        if (state_.decision->kind != "return") {
          end_decision(State::kSuperseded, "superseded", why + ", before anything was changed");
        }
        return breach_not_ours(code, reason);
      default:
        return;
    }
  }
  const bool surge = state_.last_kept && !broken && is_beyond_promise(*state_.last_kept, state_.load_now);
  const bool excused = surge || (!broken && !is_calm());
  if (!excused && last_kept_is_recent() && !cannot_help_to_undo(*state_.last_kept, broken)) {
    const model::Recommendation& kept = *state_.last_kept;
    if (!broken && kept.kind != "manual" && !is_in_place(kept.target(), kept.current) && reacts_in_place() &&
        rollout_load() > carried_load() && more_resources(true)) {
      // Undoing it would restart replicas that are short already: more in place first, and the configuration is barred.
      remember_failure(kept.target(), why, metrics);
      state_.last_kept.reset();
      return breach_not_ours(code, reason);
    }
    state_.decision = std::move(*state_.last_kept);
    state_.last_kept.reset();
    audit("guard.breach", state_.decision->id, why, "guard");
    remember_failure(state_.decision->target(), why, metrics);
    return begin_roll_back("guard", why);
  }
  if (broken) remember_failure(state_.expected, why, metrics);
  breach_not_ours(code, reason);
}

void LiveStep::breach_not_ours(const std::string& code, const std::string& reason) {
  if (!state_.breach_announced) {
    state_.breach_announced = true;
    audit(code == kSlow ? "slo.breach" : "guard." + code, state_.decision ? state_.decision->id : "", reason, "guard");
    notify("critical", fmt::format("{}: {}", state_.application, reason));
  }
  propose_return(code + ": " + reason);
}

// A kept change has proven itself only at the loads since: it stays under suspicion for a whole cycle of the load, or,
// when no cycle is known, for four times the longest verification.
bool LiveStep::last_kept_is_recent() const {
  if (!state_.last_kept || !same(state_.last_kept->target(), state_.expected)) return false;
  Duration suspicion = (cadence().settle + cadence().window * cadence().verify_windows_max) * 4;
  if (const auto cycle = insight::find_cycle(state_.loads)) suspicion = std::max(suspicion, *cycle);
  return at_ - state_.kept_at <= suspicion;
}

// Slowness after more resources were given to end a breach does not come from them.
bool LiveStep::cannot_help_to_undo(const model::Recommendation& decision, bool broken) const {
  // Slow before is still better than broken now: only what broke before, too, is no better.
  if (broken) return was_broken_before(decision);
  const bool up = decision.kind == "return" && decision.cost_proposed >= decision.cost_current;
  return up || was_breached_before(decision, state_.load_now);
}

// The load that would be on every replica if one of them were away, in terms of the whole application's load.
double LiveStep::rollout_load() const {
  const auto replicas = static_cast<double>(state_.live.replicas.size());
  return replicas > 1 ? state_.load_now * replicas / (replicas - 1) : state_.load_now;
}

bool LiveStep::is_busy_rollout(const model::Recommendation& decision) const {
  return !is_in_place(decision.current, project(application_.space, decision.target())) &&
         rollout_load() > carried_load();
}

// A change promises that the SLOs hold up to a load. A breach above it is the load's fault: nothing is learned against
// the configuration. What a person put in promises nothing.
bool LiveStep::is_beyond_promise(const model::Recommendation& decision, double load) const {
  if (!decision.confidence && decision.kind != "back" && decision.kind != "return") return false;
  if (application_.load_metric.empty()) return false;
  return load > std::max(decision.evidence.load_expected, carried_load(decision.target()));
}

// A surge came while a change was verified. Where undoing it only means more in place it is undone, without blame; else
// replicas are not restarted in the middle of a surge: the change is given up as it is, and what relieves is raised.
void LiveStep::overwhelmed(const std::string& code, const std::string& reason) {
  const model::Recommendation& decision = *state_.decision;
  const std::string why = fmt::format("{}: {}; {:.4g} requests/s are more than the change was made for ({:.4g})", code,
                                      reason, state_.load_now, decision.evidence.load_expected);
  audit("guard.surge", decision.id, why, "guard");
  if (decision.cost_proposed < decision.cost_current && is_in_place(decision.target(), decision.current)) {
    return begin_roll_back("guard", why);
  }
  end_decision(State::kFailed, "failed", why);
  breach_not_ours(code, reason);
}

// The highest load at which the configuration met every SLO.
double LiveStep::carried_load(const model::Configuration& configuration) const {
  double highest = 0;
  for (const model::Observation& seen : state_.observations) {
    if (seen.load <= highest || !same(seen.configuration, configuration)) continue;
    if (is_good(application_.objective, seen)) highest = seen.load;
  }
  return highest;
}

// Whether the configuration before the change was killed, crashed or in trouble itself.
bool LiveStep::was_broken_before(const model::Recommendation& decision) const {
  return std::ranges::any_of(state_.observations, [&](const model::Observation& seen) {
    return seen.failed && !seen.failure.starts_with(kSlow) && same(seen.configuration, decision.current);
  });
}

// Whether the configuration before the change breached at such a load, too, in at least half of the comparable windows.
bool LiveStep::was_breached_before(const model::Recommendation& decision, double load) const {
  constexpr double kLeast = 0.8;  // comparable: a little less load or at most a tenth more
  constexpr double kMost = 1.1;
  int windows = 0;
  int breached = 0;
  for (const model::Observation& seen : state_.observations) {
    if (seen.load < kLeast * load || seen.load > kMost * load || !same(seen.configuration, decision.current)) continue;
    ++windows;
    if (!is_good(application_.objective, seen)) ++breached;
  }
  if (windows == 0) return decision.kind == "return";
  return 2 * breached >= windows;
}

}  // namespace trimtab::engine
