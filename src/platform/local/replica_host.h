// ReplicaHost: the replicas of one application on this machine: starts them in slots under control groups, puts them
// behind the proxy, drains and ends them. It never waits: `advance` moves every replica as far as it can go now, and is
// called again and again (by the supervision, and while a change is carried out). What it knows is on disk, so a
// Trimtab that was killed goes on where it was.
//
//   draining --idle, kept warm--> standby --recall()--> serving; --its time is over--> stopping
//   starting --ready--> serving --drain()--> draining --idle or too late--> stopping --gone--> (no record)
//   starting or serving --ended by itself--> starting, after a growing pause
//
// Not thread safe: the caller holds a lock.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "engine/platform.h"
#include "net/http_client.h"
#include "platform/local/haproxy_client.h"
#include "platform/local/local_settings.h"
#include "platform/local/replica_record.h"
#include "platform/local/stack.h"
#include "proc/cgroup.h"

namespace trimtab::platform {

class ReplicaHost {
 public:
  // `clock` outlives the host.
  ReplicaHost(LocalSettings settings, Stack stack, proc::CgroupFileSystem groups, const Clock& clock);

  [[nodiscard]] const LocalSettings& settings() const { return settings_; }
  [[nodiscard]] const Stack& stack() const { return stack_; }
  [[nodiscard]] const RecordStore& records() const { return records_; }
  [[nodiscard]] Instant now() const { return clock_.now(); }

  // Starts a replica on trial in a slot without a record.
  [[nodiscard]] Result<void> launch(const Slot& slot, const model::Configuration& asked, const std::string& decision);
  // One step of every replica. Costs one question to the proxy and one probe for each that starts; at most seconds.
  // `hurry`: running requests get at most a few seconds more.
  [[nodiscard]] Result<void> advance(bool hurry = false);
  // `keep_warm`: afterwards on standby for settings().standby rather than ended at once.
  [[nodiscard]] Result<void> drain(ReplicaRecord record, bool keep_warm);
  // Puts a replica on standby back into service.
  [[nodiscard]] Result<void> recall(ReplicaRecord record);
  // The time of those on standby begins when the change is complete: until then all of them stay.
  [[nodiscard]] Result<void> keep_warm_from_now();
  // Tells a drained replica to end.
  [[nodiscard]] Result<void> retire(ReplicaRecord record);
  // Ends it without draining and forgets it. For one that never served, or at shutdown; waits for its end.
  [[nodiscard]] Result<void> discard(const ReplicaRecord& record);
  // Raises the limits of a running replica to those of `target` where they are lower: first aid until it is replaced.
  [[nodiscard]] Result<void> ease(const ReplicaRecord& record, const model::Configuration& target) const;
  // Changes the limits of a running replica and reads them back; kUnavailable when they did not take.
  [[nodiscard]] Result<void> change_limits(ReplicaRecord record, const model::Configuration& target,
                                           const std::string& decision);

  [[nodiscard]] bool alive(const ReplicaRecord& record) const { return proc::is_alive(record.process); }
  // From the process's command line and its control group's limits; absent values could not be read.
  [[nodiscard]] model::Configuration live_configuration(const ReplicaRecord& record) const;
  [[nodiscard]] engine::ReplicaState read(const ReplicaRecord& record) const;
  [[nodiscard]] bool answers(const ReplicaRecord& record, Duration deadline) const;
  // The last lines that it wrote, shortened: why it ended, most likely.
  [[nodiscard]] std::string last_words(const ReplicaRecord& record) const;
  // Removes the parent control group; replicas must be gone.
  [[nodiscard]] Result<void> remove_parent() const { return groups_.remove(settings_.cgroup); }

 private:
  [[nodiscard]] std::string group_of(const std::string& name) const { return settings_.cgroup + "/" + name; }
  [[nodiscard]] Result<void> start_process(ReplicaRecord& record);
  [[nodiscard]] Result<void> set_limits(const ReplicaRecord& record, const packs::Rendered& rendered,
                                        double least_cores) const;
  [[nodiscard]] Result<void> step(ReplicaRecord record, const std::map<std::string, ServerStatus>& proxy, bool hurry);
  [[nodiscard]] Result<void> step_starting(ReplicaRecord record, const ServerStatus* server);
  [[nodiscard]] Result<void> step_serving(ReplicaRecord record, const ServerStatus* server);
  [[nodiscard]] Result<void> step_draining(ReplicaRecord record, const ServerStatus* server, bool hurry);
  [[nodiscard]] Result<void> step_standby(const ReplicaRecord& record, const ServerStatus* server);
  [[nodiscard]] Result<void> step_stopping(const ReplicaRecord& record);
  [[nodiscard]] Result<void> ended_by_itself(ReplicaRecord record);
  [[nodiscard]] Result<void> forget(const ReplicaRecord& record);
  [[nodiscard]] Result<void> to_stage(ReplicaRecord& record, Stage stage);
  // Logs a failure once, not at every look.
  void note(const std::string& name, const Result<void>& done);
  [[nodiscard]] Result<void> set_proxy(const std::string& server, ServerState state) const;

  LocalSettings settings_;
  Stack stack_;
  proc::CgroupFileSystem groups_;
  const Clock& clock_;
  RecordStore records_;
  std::optional<HaproxyClient> proxy_;
  net::HttpClient http_;
  std::map<std::string, std::string> noted_;  // last failure of each replica's step
};

}  // namespace trimtab::platform
