// LocalPlatform: replicas as processes of this machine under control groups, behind HAProxy. Changes are rolling: a new
// replica is started in a spare slot, becomes ready, gets requests; then an old one is drained and ended; and so on. No
// request fails. Changes of limits that need no restart are made in place.
//
// Supervision: while the object lives (unless told otherwise) a thread of its own looks every second, starts replicas
// again that ended by themselves (with growing pauses) and puts them back behind the proxy. read_live does one such
// step as well, so that without the thread a crash is still repaired by whoever looks.
//
// Thread safe. Other processes (`trimtab platform`) are kept apart by lock files in the state directory.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "engine/platform.h"
#include "packs/pack.h"
#include "platform/local/replica_host.h"
#include "platform/local/rollout.h"

namespace trimtab::platform {

struct LocalPlatformOptions {
  bool supervise = true;
  std::string cgroup_root = "/sys/fs/cgroup";
};

class LocalPlatform final : public engine::Platform {
 public:
  // Reads the block `platform:`. `clock` outlives the platform; `packs` only the call. Errors: kInvalidInput (the
  // block), kUnsupported (no control groups here). Nothing is started.
  [[nodiscard]] static Result<std::unique_ptr<LocalPlatform>> create(const model::Application& application,
                                                                     const packs::PackLibrary& packs,
                                                                     const Clock& clock,
                                                                     LocalPlatformOptions options = {});
  ~LocalPlatform() override;
  LocalPlatform(const LocalPlatform&) = delete;
  LocalPlatform& operator=(const LocalPlatform&) = delete;

  [[nodiscard]] Result<engine::LiveState> read_live(Duration deadline_from_now) override;
  [[nodiscard]] Result<engine::LiveState> apply(const engine::ApplyRequest& request,
                                                const std::function<void(const engine::Progress&)>& progress,
                                                std::stop_token stop, Duration deadline_from_now) override;

  // Brings up what is missing: with `configuration`, or with that of the replicas that are there already.
  [[nodiscard]] Result<engine::LiveState> start(const model::Configuration& configuration,
                                                const std::function<void(const engine::Progress&)>& progress,
                                                std::stop_token stop, Duration deadline_from_now);
  // Ends every replica, without draining, and removes the control groups.
  [[nodiscard]] Result<void> shut_down();

 private:
  using Report = std::function<void(const engine::Progress&)>;
  explicit LocalPlatform(std::unique_ptr<ReplicaHost> host);
  [[nodiscard]] Result<engine::LiveState> look();
  [[nodiscard]] Result<std::vector<ReplicaView>> view(const model::Configuration& target) const;
  [[nodiscard]] Result<bool> already_done(const engine::ApplyRequest& request);
  [[nodiscard]] Result<void> roll(const engine::ApplyRequest& request, const Report& report,
                                  const std::stop_token& stop, Duration deadline_from_now);
  [[nodiscard]] Result<bool> go_on(const engine::ApplyRequest& request, const Report& report);
  [[nodiscard]] Result<void> act(const RolloutStep& step, const engine::ApplyRequest& request);
  [[nodiscard]] Result<void> finish(const std::string& decision);
  [[nodiscard]] Result<void> give_up();
  [[nodiscard]] Result<void> discard_trials(const std::string& but_decision);
  [[nodiscard]] Result<void> ease(const model::Configuration& target);
  void supervise(const std::stop_token& stop);
  void pause(const std::stop_token& stop, Duration at_most);

  std::unique_ptr<ReplicaHost> host_;
  std::mutex mutex_;         // of host_
  std::mutex change_mutex_;  // one change at a time
  std::condition_variable_any wake_;
  std::mutex wake_mutex_;
  std::string last_step_;    // reported last, so that waiting is not reported again and again; of the change
  std::jthread supervisor_;  // last: it uses the others
};

}  // namespace trimtab::platform
