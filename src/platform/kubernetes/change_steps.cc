// What every change is made of: looks, the lease, the kill switch.
#include "platform/kubernetes/change_work.h"

namespace trimtab::platform {
namespace {

using MonotonicClock = std::chrono::steady_clock;

constexpr int kBrokenLooks = 30;  // in a row, while the API server is away: its restart takes some seconds
constexpr Duration kBetweenTries = std::chrono::seconds(1);

Error stopped() {
  return Error{Code::kCancelled, "the change was stopped before its end", {}, {}, {}};
}

// A server that has just come back refuses for a moment what it allows as soon as it has read the roles.
bool may_pass(const Error& error) {
  return properties(error.code).retryable || error.code == Code::kDenied;
}

// The lease first: what is read and done next rests on it.
Result<WorkloadReading> look(ClusterAccess& access) {
  TRY(access.keep_lease());
  return access.read();
}

}  // namespace

Error switched_off(const WorkloadReading& reading) {
  return denied("changes of " + reading.name + " are paused (annotation " + kPausedAnnotation + ")",
                "remove the annotation to go on");
}

void tell(const Change& change, std::string step, int done, int total) {
  if (change.report) change.report({std::move(step), done, total});
}

Result<WorkloadReading> look_until(ClusterAccess& access, const Change& change, Steady until,
                                   const std::function<Result<bool>(const WorkloadReading&)>& done, Duration every) {
  for (int broken = 0;;) {
    auto reading = look(access);
    if (reading) {
      broken = 0;
      if (is_paused(reading->workload) && !change.request.roll_back) return fail(switched_off(*reading));
      TRY_ASSIGN(const bool finished, done(*reading));
      if (finished) return reading;
    } else if (!may_pass(reading.error()) || ++broken > kBrokenLooks) {
      return fail(reading.error());
    }
    if (MonotonicClock::now() >= until) return fail(deadline_exceeded("the change took too long"));
    if (!access.pause(every, change.stop)) return fail(stopped());
  }
}

Result<void> insist(ClusterAccess& access, const Change& change, const std::function<Result<void>()>& write) {
  for (int broken = 0;;) {
    const auto kept = access.keep_lease();
    if (access.lost_lease()) return kept;
    auto done = kept ? write() : kept;
    if (done || !may_pass(done.error()) || ++broken > kBrokenLooks) return done;
    if (!access.pause(kBetweenTries, change.stop)) return done;
  }
}

}  // namespace trimtab::platform
