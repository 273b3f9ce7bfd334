#include <algorithm>

#include "kubernetes/ownership.h"

#include "base/log.h"
#include "platform/kubernetes/change_work.h"
#include "platform/kubernetes/container_change.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;
using MonotonicClock = std::chrono::steady_clock;

constexpr int kBrokenLooks = 30;  // in a row, while the API server is away: its restart takes some seconds

Error stopped() {
  return Error{Code::kCancelled, "the change was stopped before its end", {}, {}, {}};
}

const Json* find_pod(const WorkloadReading& reading, const std::string& name) {
  for (const Json& pod : reading.pods) {
    if (field_text(pod, {"metadata", "name"}) == name) return &pod;
  }
  return nullptr;
}

Json pod_resources(const Json& pod, const std::string& container) {
  const Json* found = find_container(field(pod, {"spec"}), container);
  return found == nullptr ? Json::object() : field(*found, {"resources"});
}

// One pod; on failure it is given back what it had.
Result<void> resize_pod(ClusterAccess& access, const WorkloadReading& reading, const Change& change,
                        const std::string& pod, const Json& resources) {
  const Json* before = find_pod(reading, pod);
  if (before == nullptr) return {};
  const Json old = pod_resources(*before, reading.container);
  const auto patched = access.resize(pod, reading.container, resources, false);
  if (!patched) {
    // QoS classes, limits that cannot be taken away, old servers: the replicas have to be replaced.
    const Code code = patched.error().code;
    if (code == Code::kNotFound && !access.read()) return fail(patched.error());
    if (code == Code::kInvalidInput || code == Code::kNotFound || code == Code::kUnsupported) {
      return fail(unsupported(patched.error().message));
    }
    return patched;
  }
  std::string failure;
  const auto until = std::min(change.until, MonotonicClock::now() + access.settings().resize_timeout);
  const auto ended = look_until(access, change, until, [&](const WorkloadReading& now) -> Result<bool> {
    const Json* live = find_pod(now, pod);
    if (live == nullptr) return true;  // replaced meanwhile; its successor is looked at by the next reading
    const ResizeStatus status = resize_status(*live, reading.container, resources);
    if (!status.failure.empty()) failure = status.failure;
    if (!status.failure.empty() && !status.waits) return fail(unsupported(status.failure));
    return status.done;
  });
  if (ended) return {};
  const auto reverted = access.resize(pod, reading.container, old, false);
  if (!reverted) log::warning("resize.not_taken_back", {{"pod", pod}, {"error", reverted.error().to_string()}});
  const Code code = ended.error().code;
  if (code == Code::kDeadlineExceeded || code == Code::kUnsupported) {
    return fail(unsupported("replica " + pod + ": " + (failure.empty() ? "the resize did not take effect" : failure)));
  }
  return fail(ended.error());
}

void take_back(ClusterAccess& access, const WorkloadReading& before, const std::vector<std::string>& pods) {
  for (const std::string& pod : pods) {
    const Json old = pod_resources(*find_pod(before, pod), before.container);
    const auto back = access.resize(pod, before.container, old, false);
    if (!back) log::warning("resize.not_taken_back", {{"pod", pod}, {"error", back.error().to_string()}});
  }
}

Json rendered_resources(const WorkloadReading& reading, const Json& changed, const ClusterAccess& access,
                        const Change& change) {
  const Json* present = find_container(field(reading.workload, {"spec", "template", "spec"}), reading.container);
  return field(owned_fields(changed, *present, change.request.target, access.stack(), access.settings().flags_variable),
               {"resources"});
}

Result<void> roll(ClusterAccess& access, WorkloadReading& reading, const Change& change, const Json& owned) {
  const std::string& decision = change.request.decision;
  TRY(access.apply_template(reading, owned, decision, false));
  TRY(access.release_rollout(reading.name));  // held by a canary that was cut short
  const bool canary = wants_canary(access, reading, change);
  if (canary) TRY(roll_canary(access, reading, change, change.until));
  const auto until = std::min(change.until, MonotonicClock::now() + access.settings().rollout_timeout);
  int last = -1;
  TRY_ASSIGN(reading, look_until(access, change, until, [&](const WorkloadReading& now) -> Result<bool> {
               const RolloutStatus status = rollout_status(now.workload, now.pods, now.container, decision);
               if (status.updated != last) {
                 last = status.updated;
                 tell(
                     change,
                     std::to_string(status.updated) + " of " + std::to_string(status.wanted) + " replicas are replaced",
                     status.updated, status.wanted);
               }
               if (!status.failure.empty())
                 return fail(unavailable("the new replicas do not become healthy: " + status.failure));
               // The pods must show it too: what an admission webhook changed on the way would not.
               const bool shown = missing_values(now.live.configuration, change.request.target).empty();
               return status.done && shown && status.updated >= status.wanted;
             }));
  return {};
}

}  // namespace

void tell(const Change& change, std::string step, int done, int total) {
  if (change.report) change.report({std::move(step), done, total});
}

Result<WorkloadReading> look_until(ClusterAccess& access, const Change& change, Steady until,
                                   const std::function<Result<bool>(const WorkloadReading&)>& done, Duration every) {
  for (int broken = 0;;) {
    auto reading = access.read();
    if (reading) {
      broken = 0;
      TRY_ASSIGN(const bool finished, done(*reading));
      if (finished) return reading;
    } else if (!properties(reading.error().code).retryable || ++broken > kBrokenLooks) {
      return fail(reading.error());
    }
    if (MonotonicClock::now() >= until) return fail(deadline_exceeded("the change took too long"));
    if (!access.pause(every, change.stop)) return fail(stopped());
    const auto held = access.lease().hold();
    if (!held && held.error().code == Code::kConflict && broken == 0) return fail(held.error());
  }
}

Result<void> change_in_place(ClusterAccess& access, WorkloadReading& reading, const Change& change) {
  const Json* present = find_container(field(reading.workload, {"spec", "template", "spec"}), reading.container);
  TRY_ASSIGN(const Json changed,
             changed_container(*present, change.request.target, access.stack(), access.settings().flags_variable));
  TRY(access.check_admission(reading, changed, true));
  const Json resources = rendered_resources(reading, changed, access, change);
  const WorkloadReading before = reading;
  std::vector<std::string> done;
  const int total = static_cast<int>(reading.pods.size());
  for (const Json& pod : before.pods) {
    const std::string name = field_text(pod, {"metadata", "name"});
    auto resized = resize_pod(access, before, change, name, resources);
    if (resized) {
      done.push_back(name);
      tell(change, "replica " + name + ": changed in place", static_cast<int>(done.size()), total);
      if (done.size() == 1 && wants_canary(access, before, change)) {
        resized = watch_canary(access, before, change,
                               [&](const Json& one) { return field_text(one, {"metadata", "name"}) == name; });
      }
    }
    if (!resized) {
      // The others go back as well: half a change would be two configurations.
      if (resized.error().code != Code::kCancelled) take_back(access, before, done);
      return resized;
    }
  }
  TRY_ASSIGN(reading, access.read());
  ChangeState state = reading.state;
  state.live = resources.dump();
  return access.save_state(reading, state);
}

Result<void> change_by_rollout(ClusterAccess& access, WorkloadReading& reading, const Change& change) {
  const Json* present = find_container(field(reading.workload, {"spec", "template", "spec"}), reading.container);
  const model::Configuration& target = change.request.target;
  const std::string& variable = access.settings().flags_variable;
  TRY_ASSIGN(Json changed, changed_container(*present, target, access.stack(), variable));
  // The way back is exact: what stood there before, word for word.
  const Json kept = Json::parse(reading.state.before, nullptr, false);
  if (kept.is_object() && reading.state.before_mark == target.fingerprint()) changed = kept;
  const Json owned = owned_fields(changed, *present, target, access.stack(), variable);
  const auto others = kubernetes::other_managers(reading.workload, "trimtab", {"resources", "env", "command", "args"});
  for (const std::string& other : others)
    log::info("kubernetes.field_manager", {{"workload", reading.name}, {"takes_over_from", other}});
  TRY(access.check_admission(reading, changed, false));
  TRY(access.apply_template(reading, owned, change.request.decision, true));
  // Asked for again after a crash, the template may be the new one already.
  const std::string applied =
      field_text(reading.workload, {"spec", "template", "metadata", "annotations", "trimtab.dev/decision"});
  const Json before = applied == change.request.decision && kept.is_object() ? kept : *present;
  if (applied != change.request.decision) {
    ChangeState state = reading.state;
    state.before = before.dump();
    state.before_mark = read_container(before, {}, access.stack()).fingerprint();
    state.before_decision = applied;
    TRY(access.save_state(reading, state));
  }
  const std::string old_decision = reading.state.before_decision;
  const auto rolled = roll(access, reading, change, owned);
  if (rolled || rolled.error().code == Code::kCancelled) return rolled;
  log::warning("rollout.given_up", {{"workload", reading.name}, {"reason", rolled.error().to_string()}});
  // The old replicas are still there where the strategy keeps them; the template goes back to what they have, mark and
  // all, or they would be replaced once more.
  const Json back = owned_fields(before, changed, target, access.stack(), variable);
  TRY(access.apply_template(reading, back, old_decision, false));
  TRY(access.release_rollout(reading.name));
  return fail(unavailable(rolled.error().message, "the template was put back"));
}

}  // namespace trimtab::platform
