// What to do next in a rolling change: a pure decision from what is seen of the replicas. Called again after every
// look, so that a change goes on from any point, also after Trimtab was killed.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "platform/local/replica_record.h"

namespace trimtab::platform {

// One replica as the rollout sees it.
struct ReplicaView {
  std::string name;
  Stage stage = Stage::kStarting;
  bool alive = false;
  bool on_trial = false;
  Duration age{};          // since its process was started
  bool at_target = false;  // live configuration (asked, while it starts) is the target
  bool in_place = false;   // differs only in what can change without a restart
  bool started = true;     // its process was written down, whether or not it still is alive
};

struct RolloutStep {
  enum class Kind {
    kDone,
    kWait,          // for readiness, draining or an end
    kLaunch,        // a new replica in slot `name`
    kChangeLimits,  // of replica `name`, in place
    kAccept,        // replica `name` on trial serves with the target
    kDrain,         // replica `name`
    kRecall,        // replica `name` on standby takes requests again
    kRetire,        // replica `name` on standby ends now: its slot is needed
    kGiveUp,        // replica `name` on trial failed, see `reason`
  } kind = Kind::kWait;
  std::string name;
  std::string reason;
};

struct RolloutLimits {
  int replicas = 1;
  std::vector<std::string> slots;  // all, in order
  Duration start_timeout{};
  bool old_first = false;  // more replicas than needed: the old ones go before further new ones start
};

[[nodiscard]] RolloutStep next_step(const std::vector<ReplicaView>& replicas, const RolloutLimits& limits);
// Replicas that already serve with the target.
[[nodiscard]] int count_done(const std::vector<ReplicaView>& replicas);

}  // namespace trimtab::platform
