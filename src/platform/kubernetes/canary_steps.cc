#include <algorithm>

#include "base/log.h"
#include "platform/kubernetes/change_work.h"

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;
using MonotonicClock = std::chrono::steady_clock;

constexpr Duration kShortestPeriod = std::chrono::seconds(5);  // of looks at the metrics; a scrape is rarely sooner
// A container is up in half a second; when it has no readiness probe its Deployment goes on at once.
constexpr Duration kUntilThere = std::chrono::milliseconds(100);
constexpr int kLooks = 4;     // at least
constexpr int kPatience = 2;  // times its watch, for a canary that is not ready

// The ready replicas of a reading in two groups.
struct Groups {
  std::vector<std::string> canary;
  std::vector<std::string> control;
  model::Configuration canary_values;
  model::Configuration control_values;
  std::string trouble;  // of the canary
  int restarts = 0;     // of the canary
  bool gone = true;     // there is none, ready or not
};

Groups groups_of(const WorkloadReading& reading, const std::function<bool(const Json&)>& is_canary) {
  Groups groups;
  for (std::size_t i = 0; i < reading.pods.size(); ++i) {
    const engine::ReplicaState& replica = reading.live.replicas[i];
    const bool mine = is_canary(reading.pods[i]);
    if (mine) groups.gone = false;
    if (mine) groups.restarts += replica.restarts;
    if (mine && !replica.trouble.empty()) groups.trouble = replica.name + ": " + replica.trouble;
    if (mine && replica.out_of_memory_kills > 0) groups.trouble = replica.name + " was killed: out of memory";
    if (!replica.ready) continue;
    (mine ? groups.canary : groups.control).push_back(replica.name);
    (mine ? groups.canary_values : groups.control_values) = replica.configuration;
  }
  return groups;
}

}  // namespace

// One replica has no control group.
bool wants_canary(const ClusterAccess& access, const WorkloadReading& reading, const Change& change) {
  return change.canary != nullptr && access.settings().canary > Duration(0) &&
         field_int(reading.workload, {"spec", "replicas"}, 1) > 1;
}

Result<void> watch_canary(ClusterAccess& access, const WorkloadReading& reading, const Change& change,
                          const std::function<bool(const Json&)>& is_canary) {
  const auto began = MonotonicClock::now();
  const Instant settled = access.now() + change.settle;
  const Duration total = change.settle + access.settings().canary;
  Instant next_look = settled;
  const bool rolled = template_decision(reading.workload) == change.request.decision;
  const int restarts = groups_of(reading, is_canary).restarts;
  tell(change, "one replica has the new values and is watched beside the others for " + format_duration(total), 1,
       static_cast<int>(reading.pods.size()));
  const auto watched = look_until(access, change, change.until, [&](const WorkloadReading& now) -> Result<bool> {
    if (rolled) TRY(check_template(access, now, change));
    const Groups groups = groups_of(now, is_canary);
    const auto lasted = MonotonicClock::now() - began;
    // A rollout makes another; in place there is none any more. That says nothing about its values.
    if (groups.gone && !rolled) return fail(conflict("the canary's replica was removed while it was watched"));
    if (!groups.trouble.empty()) return fail(unavailable("the canary is in trouble: " + groups.trouble));
    // A held rollout has no deadline of its own.
    if (groups.canary.empty() && lasted >= kPatience * total)
      return fail(unavailable("the canary does not stay ready"));
    if (groups.restarts > restarts) return fail(unavailable("the canary ended unexpectedly"));
    if (access.now() >= next_look) {
      next_look = access.now() + std::max<Duration>(kShortestPeriod, access.settings().canary / kLooks);
      const std::string worse = change.canary->look(groups.canary, groups.control, groups.canary_values,
                                                    groups.control_values, settled, access.now());
      if (!worse.empty()) return fail(unavailable("the canary is worse than the others: " + worse));
    }
    return lasted >= total && !groups.canary.empty();
  });
  if (!watched) return fail(watched.error());
  const std::string& seen = change.canary->seen();
  tell(change, "the canary is as good as the others: " + (seen.empty() ? "healthy; no SLO can be told by pod" : seen),
       1, static_cast<int>(reading.pods.size()));
  log::info("canary.passed", {{"workload", reading.name}, {"seen", seen}});
  return {};
}

Result<void> roll_canary(ClusterAccess& access, const WorkloadReading& reading, const Change& change, Steady until) {
  const std::string& decision = change.request.decision;
  const auto is_canary = [&](const Json& pod) { return pod_decision(pod) == decision; };
  const auto deadline = std::min(until, MonotonicClock::now() + access.settings().rollout_timeout);
  const auto failing = [&](const WorkloadReading& now) -> Result<RolloutStatus> {
    TRY(check_template(access, now, change));
    RolloutStatus status = rollout_status(now.workload, now.pods, now.container, decision);
    if (status.failure.empty()) return status;
    return fail(unavailable("the new replicas do not become healthy: " + status.failure));
  };
  // As soon as its first pod is there. A surge above one may have made more: then those are the canary.
  const auto there = look_until(
      access, change, deadline,
      [&](const WorkloadReading& now) -> Result<bool> {
        TRY(failing(now));
        return std::any_of(now.pods.begin(), now.pods.end(), is_canary);
      },
      kUntilThere);
  if (!there) return fail(there.error());
  TRY(access.hold_rollout(reading.name, decision));
  TRY_ASSIGN(const WorkloadReading ready,
             look_until(access, change, deadline, [&](const WorkloadReading& now) -> Result<bool> {
               TRY_ASSIGN(const RolloutStatus status, failing(now));
               return status.updated > 0;
             }));
  if (std::all_of(ready.pods.begin(), ready.pods.end(), is_canary)) {
    log::warning("canary.too_late",
                 {{"workload", reading.name}, {"reason", "every replica has the new values already"}});
    return access.release_rollout(reading.name);
  }
  TRY(watch_canary(access, ready, change, is_canary));
  TRY(access.keep_lease());
  return access.release_rollout(reading.name);
}

}  // namespace trimtab::platform
