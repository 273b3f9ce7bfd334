#include "platform/local/replica_host.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <signal.h>

#include "base/log.h"

namespace trimtab::platform {
namespace {

using std::chrono::seconds;

// A restart is at once the first time, then waits 1, 2, 4 .. seconds, as long as it keeps ending.
constexpr auto kCrashWindow = seconds(60);
constexpr auto kLongestPause = seconds(30);
// What is left to running requests when a change is urgent.
constexpr auto kHurriedDrain = seconds(5);
constexpr auto kProbeDeadline = seconds(2);

int recent_exits(const ReplicaRecord& record, Instant now) {
  return static_cast<int>(std::count_if(record.exits.begin(), record.exits.end(),
                                        [&](Instant exit) { return now - exit <= kCrashWindow; }));
}

Duration pause_before(int exits) {
  if (exits <= 1) return Duration::zero();
  return std::min<Duration>(kLongestPause, seconds(1) * (1 << std::min(exits - 2, 10)));
}

const ServerStatus* find(const std::map<std::string, ServerStatus>& statuses, const std::string& name) {
  const auto found = statuses.find(name);
  return found == statuses.end() ? nullptr : &found->second;
}

}  // namespace

ReplicaHost::ReplicaHost(LocalSettings settings, Stack stack, proc::CgroupFileSystem groups, const Clock& clock)
    : settings_(std::move(settings)),
      stack_(std::move(stack)),
      groups_(std::move(groups)),
      clock_(clock),
      records_(settings_.state_directory) {
  if (!settings_.proxy_socket.empty()) proxy_.emplace(settings_.proxy_socket);
}

Result<void> ReplicaHost::set_proxy(const std::string& server, ServerState state) const {
  if (!proxy_) return {};
  return proxy_->set_state(settings_.proxy_backend, server, state);
}

Result<void> ReplicaHost::to_stage(ReplicaRecord& record, Stage stage) {
  record.stage = stage;
  record.stage_since = now();
  log::info("replica.stage", {{"replica", record.name}, {"stage", to_string(stage)}, {"pid", record.process.pid}});
  return records_.save(record);
}

Result<void> ReplicaHost::set_limits(const ReplicaRecord& record, const packs::Rendered& rendered,
                                     double least_cores) const {
  proc::CgroupLimits limits;
  if (const auto cpu = rendered.limits.find("cpu"); cpu != rendered.limits.end()) {
    limits.cpu_cores = std::max(cpu->second, least_cores);
  }
  if (const auto memory = rendered.limits.find("memory"); memory != rendered.limits.end()) {
    limits.memory_mib = memory->second;
  }
  return groups_.set_limits(group_of(record.name), limits);
}

Result<void> ReplicaHost::launch(const Slot& slot, const model::Configuration& asked, const std::string& decision) {
  ReplicaRecord record;
  record.name = slot.name;
  record.on_trial = true;
  record.decision = decision;
  record.asked = asked;
  TRY(groups_.create(group_of(slot.name)));
  TRY_ASSIGN(const proc::CgroupUse use, groups_.use(group_of(slot.name)));
  record.oom_kills_before = use.oom_kills;
  // Until it is ready the proxy must not send it anything, whatever it was told about this slot before.
  TRY(set_proxy(slot.name, ServerState::kMaintenance));
  // Known before it exists: when we are killed in between, the record is one of a process that is not there.
  TRY(to_stage(record, Stage::kStarting));
  return start_process(record);
}

Result<void> ReplicaHost::start_process(ReplicaRecord& record) {
  const Slot* slot = settings_.find_slot(record.name);
  if (slot == nullptr) return fail(invalid_input("there is no slot " + record.name + " any more", "platform.slots"));
  TRY_ASSIGN(const packs::Rendered rendered, stack_.render(record.asked));
  TRY(set_limits(record, rendered, settings_.start_cpu_cores.value_or(0)));
  // What an earlier Trimtab started and could not write down before it was killed holds the port.
  TRY_ASSIGN(const std::vector<int> strays, groups_.processes(group_of(record.name)));
  for (const int pid : strays) {
    const auto stray = proc::identify(pid);
    if (!stray) continue;
    log::info("replica.stray", {{"replica", record.name}, {"pid", pid}});
    TRY(proc::terminate(*stray, settings_.stop_timeout));
  }
  std::error_code ignored;
  std::filesystem::create_directories(settings_.log_directory, ignored);
  proc::DetachedOptions options;
  options.log_file = settings_.log_directory + "/" + record.name + ".log";
  options.cgroup_procs = groups_.procs_files(group_of(record.name));
  TRY_ASSIGN(record.process, proc::start_detached(replica_command(settings_, rendered, *slot), options));
  record.started = now();
  return to_stage(record, Stage::kStarting);
}

Result<void> ReplicaHost::advance(bool hurry) {
  TRY_ASSIGN(const std::vector<ReplicaRecord> records, records_.load());
  std::map<std::string, ServerStatus> proxy;
  if (proxy_ && !records.empty()) {
    // Without the proxy nothing goes into service, and draining lasts its longest; processes are kept up all the same.
    if (auto statuses = proxy_->statuses(settings_.proxy_backend)) proxy = std::move(*statuses);
  }
  // What fails for one replica (the proxy is being started again, say) is tried again at the next look, and must not
  // keep the others from being looked after.
  for (const ReplicaRecord& record : records)
    note(record.name, step(record, proxy, hurry));
  return {};
}

void ReplicaHost::note(const std::string& name, const Result<void>& done) {
  const std::string trouble = done ? std::string() : done.error().to_string();
  std::string& noted = noted_[name];
  if (!trouble.empty() && trouble != noted) log::warning("replica.step", {{"replica", name}, {"error", trouble}});
  noted = trouble;
}

Result<void> ReplicaHost::step(ReplicaRecord record, const std::map<std::string, ServerStatus>& proxy, bool hurry) {
  const ServerStatus* server = find(proxy, record.name);
  switch (record.stage) {
    case Stage::kStarting:
      return step_starting(std::move(record), server);
    case Stage::kServing:
      return step_serving(std::move(record), server);
    case Stage::kDraining:
      return step_draining(std::move(record), server, hurry);
    case Stage::kStandby:
      return step_standby(record, server);
    case Stage::kStopping:
      return step_stopping(record);
  }
  return {};
}

Result<void> ReplicaHost::step_starting(ReplicaRecord record, const ServerStatus* server) {
  if (!alive(record)) {
    if (record.on_trial) return {};  // the change decides
    if (record.process.valid()) return ended_by_itself(std::move(record));
    return now() < record.start_again_at ? Result<void>{} : start_process(record);
  }
  if (!answers(record, kProbeDeadline)) return {};
  TRY_ASSIGN(const packs::Rendered rendered, stack_.render(record.asked));
  TRY(set_limits(record, rendered, 0));
  if (proxy_) {
    if (server == nullptr) return {};
    if (!server->takes_requests()) return set_proxy(record.name, ServerState::kReady);  // looked at again next time
  }
  return to_stage(record, Stage::kServing);
}

Result<void> ReplicaHost::step_serving(ReplicaRecord record, const ServerStatus* server) {
  if (!alive(record)) return ended_by_itself(std::move(record));
  // A proxy that was started again knows nothing of what serves.
  if (server != nullptr && server->set_aside()) return set_proxy(record.name, ServerState::kReady);
  return {};
}

Result<void> ReplicaHost::step_draining(ReplicaRecord record, const ServerStatus* server, bool hurry) {
  const Duration longest = hurry ? std::min<Duration>(kHurriedDrain, settings_.drain_timeout) : settings_.drain_timeout;
  // The proxy may have refused at the time: asked again until it says so itself.
  if (server != nullptr && !server->set_aside()) TRY(set_proxy(record.name, ServerState::kDrain));
  const bool idle =
      !proxy_ || (server != nullptr && server->set_aside() && server->sessions == 0 && server->queued == 0);
  if (alive(record) && !idle && now() - record.stage_since < longest) return {};
  if (server != nullptr) TRY(set_proxy(record.name, ServerState::kMaintenance));
  if (record.keep_warm && alive(record)) return to_stage(record, Stage::kStandby);
  return retire(std::move(record));
}

Result<void> ReplicaHost::step_standby(const ReplicaRecord& record, const ServerStatus* server) {
  if (!alive(record)) return forget(record);
  if (server != nullptr && server->takes_requests()) TRY(set_proxy(record.name, ServerState::kMaintenance));
  if (now() - record.stage_since < settings_.standby) return {};
  TRY_ASSIGN(const ChangeRecord change, records_.load_change());
  return change.under_way.empty() ? retire(record) : Result<void>{};
}

Result<void> ReplicaHost::keep_warm_from_now() {
  TRY_ASSIGN(std::vector<ReplicaRecord> records, records_.load());
  for (ReplicaRecord& record : records) {
    if (record.stage != Stage::kStandby) continue;
    record.stage_since = now();
    TRY(records_.save(record));
  }
  return {};
}

Result<void> ReplicaHost::step_stopping(const ReplicaRecord& record) {
  if (!alive(record)) return forget(record);
  if (now() - record.stage_since < settings_.stop_timeout) {
    proc::send_signal(record.process, SIGTERM);  // again: we may have been killed before the first
    return {};
  }
  log::warning("replica.killed", {{"replica", record.name}, {"pid", record.process.pid}});
  proc::send_signal(record.process, SIGKILL);
  return {};
}

Result<void> ReplicaHost::ended_by_itself(ReplicaRecord record) {
  note(record.name, set_proxy(record.name, ServerState::kMaintenance));
  record.exits.push_back(now());
  if (record.exits.size() > kExitsKept) record.exits.erase(record.exits.begin());
  record.restarts += 1;
  record.start_again_at = now() + pause_before(recent_exits(record, now()));
  log::warning("replica.ended", {{"replica", record.name},
                                 {"pid", record.process.pid},
                                 {"restarts", record.restarts},
                                 {"last_words", last_words(record)}});
  record.process = {};
  return to_stage(record, Stage::kStarting);
}

Result<void> ReplicaHost::forget(const ReplicaRecord& record) {
  // The kernel needs a moment to empty a group whose process has just ended: tried again at the next step.
  if (auto removed = groups_.remove(group_of(record.name)); !removed) {
    TRY_ASSIGN(const std::vector<int> left, groups_.processes(group_of(record.name)));
    for (const int pid : left) {
      if (const auto id = proc::identify(pid)) proc::send_signal(*id, SIGKILL);
    }
    return {};
  }
  return records_.erase(record.name);
}

Result<void> ReplicaHost::drain(ReplicaRecord record, bool keep_warm) {
  record.on_trial = false;
  record.keep_warm = keep_warm && settings_.standby > Duration::zero() && record.stage == Stage::kServing;
  TRY(to_stage(record, Stage::kDraining));
  note(record.name, set_proxy(record.name, ServerState::kDrain));  // asked again at every step
  return {};
}

Result<void> ReplicaHost::recall(ReplicaRecord record) {
  TRY(set_proxy(record.name, ServerState::kReady));
  record.keep_warm = false;
  return to_stage(record, Stage::kServing);
}

Result<void> ReplicaHost::retire(ReplicaRecord record) {
  TRY(to_stage(record, Stage::kStopping));
  proc::send_signal(record.process, SIGTERM);
  return {};
}

Result<void> ReplicaHost::discard(const ReplicaRecord& record) {
  note(record.name, set_proxy(record.name, ServerState::kMaintenance));
  ReplicaRecord stopping = record;
  stopping.on_trial = false;
  TRY(to_stage(stopping, Stage::kStopping));
  TRY(proc::terminate(record.process, settings_.stop_timeout));
  return forget(stopping);
}

Result<void> ReplicaHost::ease(const ReplicaRecord& record, const model::Configuration& target) const {
  TRY_ASSIGN(const packs::Rendered rendered, stack_.render(target));
  TRY_ASSIGN(proc::CgroupLimits limits, groups_.limits(group_of(record.name)));
  const auto raise = [&](std::optional<double>& limit, const char* name) {
    const auto wanted = rendered.limits.find(name);
    if (limit && wanted != rendered.limits.end()) limit = std::max(*limit, wanted->second);
  };
  raise(limits.cpu_cores, "cpu");
  raise(limits.memory_mib, "memory");
  return groups_.set_limits(group_of(record.name), limits);
}

Result<void> ReplicaHost::change_limits(ReplicaRecord record, const model::Configuration& target,
                                        const std::string& decision) {
  const model::Configuration asked = record.asked.with(target);
  TRY_ASSIGN(const packs::Rendered rendered, stack_.render(asked));
  TRY(set_limits(record, rendered, 0));
  record.asked = asked;
  record.decision = decision;
  record.restarts = 0;  // counted since the last change
  record.exits.clear();
  if (const auto use = groups_.use(group_of(record.name))) record.oom_kills_before = use->oom_kills;
  TRY(records_.save(record));
  const model::Configuration live = live_configuration(record);
  for (const auto& [name, value] : target.entries()) {
    const model::Value* found = live.find(name);
    if (found != nullptr && *found != value) {
      return fail(unavailable("replica " + record.name + ": " + name + " did not take the new value"));
    }
  }
  return {};
}

}  // namespace trimtab::platform
