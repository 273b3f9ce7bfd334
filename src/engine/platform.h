// Platform: where an application runs and is changed. The engine plans; a platform reads the live state, carries out
// one change and reads it back. Implementations: local processes, Kubernetes, simulation.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/application.h"

namespace trimtab::engine {

struct ReplicaState {
  std::string name;
  bool ready = false;
  model::Configuration configuration;  // read from the live process and its limits, not from what was asked
  std::string identity;                // pid and start time, pod uid: changes on every restart
  int restarts = 0;                    // unexpected exits since the last change
  int out_of_memory_kills = 0;
  std::string trouble;  // "crash loop: exit code 1, 3 times in 60 s"; empty when healthy
};

struct LiveState {
  Instant at;
  model::Configuration configuration;  // what the healthy replicas agree on; a parameter they disagree on is absent
  std::string fingerprint;  // opaque; changes whenever anything relevant changed (resourceVersion and the like)
  std::string decision;     // id of the decision the platform last completed here; empty when none
  std::vector<ReplicaState> replicas;
  bool healthy = false;  // all wanted replicas ready with one configuration
  std::string trouble;
  // What goes on around the application that is neither its own nor Trimtab's doing: a node in trouble, a rollout by
  // somebody else. Empty when it is calm. Until then, and for the time to settle after it, nothing new begins.
  std::string disturbance;
  std::string release;  // what runs, as the platform names it: an image; empty: not known, or the replicas differ
};

struct ApplyRequest {
  std::string application;
  std::string decision;  // idempotency key: the same decision and target are carried out at most once
  model::Configuration target;
  std::string expected_fingerprint;  // of LiveState::configuration.fingerprint(); empty: whatever is live (roll back)
  bool roll_back = false;            // urgent: do not wait for slow drains longer than needed
};

struct Progress {
  std::string step;  // "replica shop-1: drained"
  int done = 0;
  int total = 0;
};

// Thread safe. Calls for one application are not made concurrently by the engine's shell.
class Platform {
 public:
  virtual ~Platform() = default;

  [[nodiscard]] virtual Result<LiveState> read_live(Duration deadline_from_now) = 0;

  // Brings every replica to `target`, one after the other, without losing requests; stops at the first replica that
  // does not become healthy and says so (kUnavailable), leaving the others as they were. Returns what is live
  // afterwards. Called again with the same decision after a crash of Trimtab it continues where it was. kConflict: the
  // live configuration is not the expected one. kInvalidInput: it cannot be rendered or would not fit.
  [[nodiscard]] virtual Result<LiveState> apply(const ApplyRequest& request,
                                                const std::function<void(const Progress&)>& progress,
                                                std::stop_token stop, Duration deadline_from_now) = 0;
};

}  // namespace trimtab::engine
