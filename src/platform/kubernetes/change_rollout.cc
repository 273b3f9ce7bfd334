// A change of the pod template, which replaces the replicas.
#include <algorithm>

#include "kubernetes/ownership.h"

#include "base/log.h"
#include "platform/kubernetes/change_work.h"
#include "platform/kubernetes/container_change.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;
using MonotonicClock = std::chrono::steady_clock;

const Json& template_container(const WorkloadReading& reading) {
  return *find_container(field(reading.workload, {"spec", "template", "spec"}), reading.container);
}

// What stood there before the last rolling change, word for word, when that is where this one goes. Not when somebody
// else wrote the same fields since: a new release's arguments are not to become the old one's.
std::optional<Json> way_back(ClusterAccess& access, const WorkloadReading& reading, const Change& change) {
  const ChangeState& state = reading.state;
  Json kept = Json::parse(state.before, nullptr, false);
  if (!kept.is_object() || state.before_mark != change.target.fingerprint()) return std::nullopt;
  const Json written = Json::parse(state.written, nullptr, false);
  const Json& present = template_container(reading);
  const Json now = owned_fields(present, kept, change.target, access.stack(), access.settings().flags_variable);
  for (const char* name : {"command", "args", "env"}) {
    if (written.is_object() && field(written, {name}) != field(now, {name})) return std::nullopt;
  }
  return kept;
}

Result<void> wait_for_all(ClusterAccess& access, WorkloadReading& reading, const Change& change) {
  const auto until = std::min(change.until, MonotonicClock::now() + access.settings().rollout_timeout);
  int last = -1;
  TRY_ASSIGN(
      reading, look_until(access, change, until, [&](const WorkloadReading& now) -> Result<bool> {
        TRY(check_template(access, now, change));
        const RolloutStatus status = rollout_status(now.workload, now.pods, now.container, change.request.decision);
        if (status.updated != last) {
          last = status.updated;
          tell(change,
               std::to_string(status.updated) + " of " + std::to_string(status.wanted) + " replicas are replaced",
               status.updated, status.wanted);
        }
        if (!status.failure.empty())
          return fail(unavailable("the new replicas do not become healthy: " + status.failure));
        // The pods must show it too: what an admission webhook changed on the way would not.
        const bool shown = missing_values(now.live.configuration, change.target).empty();
        return status.done && shown && status.updated >= status.wanted;
      }));
  return {};
}

Result<void> roll(ClusterAccess& access, WorkloadReading& reading, const Change& change, const Json& owned) {
  const std::string& decision = change.request.decision;
  TRY(access.apply_template(reading, owned, decision, false));
  const std::string held = held_by(reading.workload);
  const bool canary = wants_canary(access, reading, change);
  // By a canary that was cut short; one of this decision goes on.
  if (!held.empty() && (held != decision || !canary)) TRY(access.release_rollout(reading.name));
  if (canary) TRY(roll_canary(access, reading, change, change.until));
  return wait_for_all(access, reading, change);
}

// What is written to take a change back: the container's fields, and whose they were.
struct Old {
  Json owned;
  std::string decision;
};

// The old replicas are still there where the strategy keeps them; the template goes back to what they have, mark and
// all, or they would be replaced once more.
Result<void> put_back(ClusterAccess& access, const WorkloadReading& reading, const Old& old) {
  TRY(access.apply_template(reading, old.owned, old.decision, false));
  return access.release_rollout(reading.name);
}

Error give_up(ClusterAccess& access, const WorkloadReading& reading, const Change& change, const Old& old,
              const Error& why) {
  if (access.lost_lease()) return why;  // it is another's now
  if (why.code == Code::kCancelled) {
    // A rollout goes on by itself and is looked at again later. A held one would hold the team's own releases as well,
    // for as long as no Trimtab runs.
    const auto now = access.read();
    if (now && held_by(now->workload) == change.request.decision) {
      const auto back = put_back(access, *now, old);
      log::info("canary.interrupted", {{"workload", reading.name}, {"taken_back", back.has_value()}});
    }
    return why;
  }
  log::warning("rollout.given_up", {{"workload", reading.name}, {"reason", why.to_string()}});
  if (why.code == Code::kConflict) {
    const auto released = insist(access, change, [&] { return access.release_rollout(reading.name); });
    if (!released) log::warning("rollout.not_released", {{"error", released.error().to_string()}});
    return why;
  }
  if (change.request.roll_back) return why;
  const auto back = insist(access, change, [&] { return put_back(access, reading, old); });
  const std::string outcome =
      back ? "the template was put back" : "the template could not be put back: " + back.error().to_string();
  if (why.code == Code::kDenied) return denied(why.message, outcome);
  return unavailable(why.message, outcome);
}

}  // namespace

Result<void> check_template(ClusterAccess& access, const WorkloadReading& now, const Change& change) {
  const bool ours = template_decision(now.workload) == change.request.decision;
  if (ours && missing_values(read_container(template_container(now), {}, access.stack()), change.target).empty())
    return {};
  return fail(
      conflict("the pod template of " + now.name + " was changed by somebody else while the change was under way",
               "it is left as it is; look at the workload's managedFields"));
}

Result<void> change_by_rollout(ClusterAccess& access, WorkloadReading& reading, const Change& change) {
  const Json present = template_container(reading);
  const std::string& variable = access.settings().flags_variable;
  const std::string& decision = change.request.decision;
  TRY_ASSIGN(Json changed, changed_container(present, change.target, access.stack(), variable));
  if (auto kept = way_back(access, reading, change)) changed = *std::move(kept);
  const Json owned = owned_fields(changed, present, change.target, access.stack(), variable);
  const std::string applied = template_decision(reading.workload);
  const bool halted = is_paused(reading.workload) && !change.request.roll_back;
  // Asked for again after a crash, the template is the new one already.
  if (applied != decision) {
    if (halted) return fail(switched_off(reading));
    for (const std::string& other :
         kubernetes::other_managers(reading.workload, "trimtab", {"resources", "env", "command", "args"}))
      log::info("kubernetes.field_manager", {{"workload", reading.name}, {"takes_over_from", other}});
    TRY(access.check_admission(reading, changed, false));
    // A way back mends what is worse than a pod away.
    if (!change.request.roll_back) TRY(access.check_disruption(reading));
    TRY(access.apply_template(reading, owned, decision, true));
    ChangeState state = reading.state;
    state.before = present.dump();
    state.before_mark = read_container(present, {}, access.stack()).fingerprint();
    state.before_decision = applied;
    state.written = owned.dump();
    TRY(access.save_state(reading, state));
  }
  Json before = Json::parse(reading.state.before, nullptr, false);
  if (!before.is_object()) before = present;
  const Old old{owned_fields(before, changed, change.target, access.stack(), variable), reading.state.before_decision};
  const WorkloadReading began = reading;
  const auto rolled = halted ? Result<void>(fail(switched_off(reading))) : roll(access, reading, change, owned);
  if (rolled) return rolled;
  return fail(give_up(access, began, change, old, rolled.error()));
}

}  // namespace trimtab::platform
