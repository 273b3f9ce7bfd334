#include "platform/local/local_platform.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include <signal.h>

#include "base/log.h"
#include "base/random.h"

namespace trimtab::platform {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using MonotonicClock = std::chrono::steady_clock;

constexpr auto kLookEvery = milliseconds(200);      // during a change
constexpr auto kSuperviseEvery = seconds(1);        // otherwise
constexpr const char* kStepsLock = "steps.lock";    // held for one step
constexpr const char* kChangeLock = "change.lock";  // held for a whole change

// Limits come back from the kernel as quotients, so numbers are compared with a relative 1e-9.
bool same(const model::Value& a, const model::Value& b) {
  if (!a.is_number() || !b.is_number()) return a == b;
  return std::abs(a.number() - b.number()) <= 1e-9 * std::max(1.0, std::abs(b.number()));
}

std::vector<std::string> differences(const model::Configuration& live, const model::Configuration& asked,
                                     const model::Configuration& target) {
  std::vector<std::string> names;
  for (const auto& [name, value] : target.entries()) {
    const model::Value* found = live.find(name);
    if (found == nullptr) found = asked.find(name);  // a value that no process shows
    if (found == nullptr || !same(*found, value)) names.push_back(name);
  }
  return names;
}

// Entries that all have alike.
model::Configuration agreement(const std::vector<model::Configuration>& configurations) {
  if (configurations.empty()) return {};
  model::Configuration agreed;
  for (const auto& [name, value] : configurations.front().entries()) {
    const bool alike =
        std::all_of(configurations.begin(), configurations.end(), [&, &n = name, &v = value](const auto& c) {
          const model::Value* found = c.find(n);
          return found != nullptr && same(*found, v);
        });
    if (alike) agreed.set(name, value);
  }
  return agreed;
}

bool all_alike(const std::vector<model::Configuration>& configurations, const model::Configuration& agreed) {
  return std::all_of(configurations.begin(), configurations.end(),
                     [&](const auto& each) { return each.size() == agreed.size(); });
}

std::string fingerprint(const std::vector<model::Configuration>& configurations, const model::Configuration& agreed) {
  if (all_alike(configurations, agreed)) return agreed.fingerprint();
  std::set<std::string> distinct;
  for (const auto& each : configurations)
    distinct.insert(each.fingerprint());
  std::string joined;
  for (const auto& each : distinct)
    joined += (joined.empty() ? "" : "+") + each;
  return joined;
}

void add_trouble(std::string& trouble, const std::string& more) {
  if (more.empty()) return;
  trouble += (trouble.empty() ? "" : "; ") + more;
}

std::string step_text(const RolloutStep& step) {
  switch (step.kind) {
    case RolloutStep::Kind::kDone:
      return "done";
    case RolloutStep::Kind::kWait:
      return step.name.empty() ? "waiting for a replica to end"
                               : "replica " + step.name + ": waiting until it is ready";
    case RolloutStep::Kind::kLaunch:
      return "replica " + step.name + ": started";
    case RolloutStep::Kind::kChangeLimits:
      return "replica " + step.name + ": limits changed in place";
    case RolloutStep::Kind::kAccept:
      return "replica " + step.name + ": ready, takes requests";
    case RolloutStep::Kind::kDrain:
      return "replica " + step.name + ": draining";
    case RolloutStep::Kind::kRecall:
      return "replica " + step.name + ": still warm, takes requests again";
    case RolloutStep::Kind::kRetire:
      return "replica " + step.name + ": no longer kept warm, its slot is needed";
    case RolloutStep::Kind::kGiveUp:
      return "replica " + step.name + ": given up, " + step.reason;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<LocalPlatform>> LocalPlatform::create(const model::Application& application,
                                                             const packs::PackLibrary& packs, const Clock& clock,
                                                             LocalPlatformOptions options) {
  TRY_ASSIGN(LocalSettings settings, read_local_settings(application));
  TRY_ASSIGN(Stack stack, Stack::create(application, packs));
  if (stack.has_autoscaler()) {
    return fail(invalid_input("processes have no autoscaler whose settings could be changed", "parameters",
                              "leave the parameters of the pack hpa out, or use platform: {kind: kubernetes}"));
  }
  TRY_ASSIGN(proc::CgroupFileSystem groups, proc::CgroupFileSystem::detect(options.cgroup_root));
  auto host = std::make_unique<ReplicaHost>(std::move(settings), std::move(stack), std::move(groups), clock);
  std::unique_ptr<LocalPlatform> platform(new LocalPlatform(std::move(host)));
  if (options.supervise) {
    platform->supervisor_ =
        std::jthread([self = platform.get()](const std::stop_token& stop) { self->supervise(stop); });
  }
  return platform;
}

LocalPlatform::LocalPlatform(std::unique_ptr<ReplicaHost> host) : host_(std::move(host)) {}

LocalPlatform::~LocalPlatform() = default;

void LocalPlatform::pause(const std::stop_token& stop, Duration at_most) {
  std::unique_lock lock(wake_mutex_);
  wake_.wait_for(lock, stop, at_most, [] { return false; });
}

void LocalPlatform::supervise(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      const std::lock_guard lock(mutex_);
      const auto state = StateLock::take(host_->settings().state_directory, kStepsLock, StateLock::Wait::kNo);
      if (state) {
        if (auto advanced = host_->advance(); !advanced) {
          log::warning("replicas.supervision", {{"error", advanced.error().to_string()}});
        }
      }
    }
    pause(stop, kSuperviseEvery);
  }
}

Result<engine::LiveState> LocalPlatform::read_live(Duration) {
  {
    const std::lock_guard lock(mutex_);
    const auto state = StateLock::take(host_->settings().state_directory, kStepsLock, StateLock::Wait::kNo);
    if (state) TRY(host_->advance());
  }
  return look();
}

// Asks the replicas without holding the lock: one that is too busy to answer must not delay the change that helps it.

Result<engine::LiveState> LocalPlatform::look() {
  std::unique_lock lock(mutex_);
  TRY_ASSIGN(const std::vector<ReplicaRecord> records, host_->records().load());
  TRY_ASSIGN(const ChangeRecord change, host_->records().load_change());
  lock.unlock();
  engine::LiveState live;
  live.at = host_->now();
  live.decision = change.completed;
  std::vector<model::Configuration> serving;
  int ready = 0;
  for (const ReplicaRecord& record : records) {
    if (record.on_trial || (record.stage != Stage::kStarting && record.stage != Stage::kServing)) continue;
    engine::ReplicaState replica = host_->read(record);
    if (record.stage == Stage::kServing && !replica.configuration.empty()) serving.push_back(replica.configuration);
    ready += replica.ready ? 1 : 0;
    if (!replica.trouble.empty()) add_trouble(live.trouble, replica.name + ": " + replica.trouble);
    live.replicas.push_back(std::move(replica));
  }
  live.configuration = agreement(serving);
  live.fingerprint = fingerprint(serving, live.configuration);
  const bool alike = all_alike(serving, live.configuration);
  if (!alike) add_trouble(live.trouble, "the replicas run with different values");
  if (ready < host_->settings().replicas) {
    add_trouble(live.trouble,
                std::to_string(ready) + " of " + std::to_string(host_->settings().replicas) + " replicas are ready");
  }
  live.healthy = ready >= host_->settings().replicas && alike && change.under_way.empty();
  return live;
}

Result<std::vector<ReplicaView>> LocalPlatform::view(const model::Configuration& target) const {
  TRY_ASSIGN(const std::vector<ReplicaRecord> records, host_->records().load());
  std::vector<ReplicaView> views;
  for (const ReplicaRecord& record : records) {
    ReplicaView replica;
    replica.name = record.name;
    replica.stage = record.stage;
    replica.alive = host_->alive(record);
    replica.on_trial = record.on_trial;
    replica.started = record.process.valid();
    replica.age = host_->now() - record.started;
    // While it starts its CPU limit may be a raised one.
    const bool settled = replica.alive && (record.stage == Stage::kServing || record.stage == Stage::kStandby);
    const auto differing =
        differences(settled ? host_->live_configuration(record) : model::Configuration{}, record.asked, target);
    replica.at_target = differing.empty();
    replica.in_place = settled && !differing.empty() && host_->stack().change_live(differing);
    views.push_back(std::move(replica));
  }
  return views;
}

Result<bool> LocalPlatform::already_done(const engine::ApplyRequest& request) {
  TRY(host_->stack().render(request.target));
  std::unique_lock lock(mutex_);
  TRY_ASSIGN(const ChangeRecord change, host_->records().load_change());
  lock.unlock();
  if (change.completed == request.decision && change.under_way.empty()) return true;
  if (change.under_way == request.decision || request.expected_fingerprint.empty()) return false;
  TRY_ASSIGN(const engine::LiveState live, look());
  if (live.configuration.fingerprint() != request.expected_fingerprint) {
    return fail(conflict("the live configuration is no longer the one that the change was made for",
                         "look at it again: " + live.configuration.to_string()));
  }
  return false;
}

Result<engine::LiveState> LocalPlatform::apply(const engine::ApplyRequest& request,
                                               const std::function<void(const engine::Progress&)>& progress,
                                               std::stop_token stop, Duration deadline_from_now) {
  const std::lock_guard change_lock(change_mutex_);
  TRY_ASSIGN(const StateLock lock,
             StateLock::take(host_->settings().state_directory, kChangeLock, StateLock::Wait::kNo));
  TRY_ASSIGN(const bool done, already_done(request));
  if (!done) TRY(roll(request, progress, stop, deadline_from_now));
  return look();
}

Result<void> LocalPlatform::roll(const engine::ApplyRequest& request, const Report& report, const std::stop_token& stop,
                                 Duration deadline_from_now) {
  const auto until = MonotonicClock::now() + deadline_from_now;
  last_step_.clear();
  {
    const std::lock_guard lock(mutex_);
    TRY_ASSIGN(ChangeRecord change, host_->records().load_change());
    change.under_way = request.decision;
    TRY(host_->records().save_change(change));
    TRY(discard_trials(request.decision));
    if (request.roll_back) TRY(ease(request.target));
  }
  for (;;) {
    if (stop.stop_requested()) {  // goes on when the same decision is asked for again
      Error stopped;
      stopped.code = Code::kCancelled;
      stopped.message = "the change was stopped before its end";
      return fail(stopped);
    }
    auto finished = go_on(request, report);
    if (finished && *finished) return {};
    if (finished && MonotonicClock::now() >= until) {
      finished = fail(deadline_exceeded("the change did not end within " + format_duration(deadline_from_now)));
    }
    if (!finished) {
      TRY(give_up());
      return fail(finished.error());
    }
    pause(stop, kLookEvery);
  }
}

Result<bool> LocalPlatform::go_on(const engine::ApplyRequest& request, const Report& report) {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(const StateLock state,
             StateLock::take(host_->settings().state_directory, kStepsLock, StateLock::Wait::kYes));
  TRY(host_->advance(request.roll_back));
  TRY_ASSIGN(const std::vector<ReplicaView> views, view(request.target));
  RolloutLimits limits;
  limits.replicas = host_->settings().replicas;
  limits.start_timeout = host_->settings().start_timeout;
  limits.old_first = request.roll_back;
  for (const Slot& slot : host_->settings().slots)
    limits.slots.push_back(slot.name);
  const RolloutStep step = next_step(views, limits);
  const std::string text = step_text(step);
  if (report && text != last_step_) report({text, count_done(views), limits.replicas});
  last_step_ = text;
  TRY(act(step, request));
  return step.kind == RolloutStep::Kind::kDone;
}

Result<void> LocalPlatform::act(const RolloutStep& step, const engine::ApplyRequest& request) {
  using Kind = RolloutStep::Kind;
  if (step.kind == Kind::kWait) return {};
  if (step.kind == Kind::kDone) return finish(request.decision);
  if (step.kind == Kind::kLaunch)
    return host_->launch(*host_->settings().find_slot(step.name), request.target, request.decision);
  TRY_ASSIGN(const std::vector<ReplicaRecord> records, host_->records().load());
  const auto found = std::find_if(records.begin(), records.end(), [&](const auto& r) { return r.name == step.name; });
  if (found == records.end()) return {};
  // What a roll back replaces is not wanted back.
  if (step.kind == Kind::kDrain) return host_->drain(*found, !request.roll_back);
  if (step.kind == Kind::kRecall) return host_->recall(*found);
  if (step.kind == Kind::kRetire) return host_->retire(*found);
  if (step.kind == Kind::kChangeLimits) return host_->change_limits(*found, request.target, request.decision);
  if (step.kind == Kind::kGiveUp) {
    return fail(unavailable("replica " + step.name + " was given up: " + step.reason +
                                "; last line of its log: " + host_->last_words(*found),
                            "the other replicas serve as before"));
  }
  ReplicaRecord accepted = *found;
  accepted.on_trial = false;
  return host_->records().save(accepted);
}

Result<void> LocalPlatform::finish(const std::string& decision) {
  TRY(host_->keep_warm_from_now());
  return host_->records().save_change({.under_way = {}, .completed = decision});
}

Result<void> LocalPlatform::give_up() {
  const std::lock_guard lock(mutex_);
  TRY(discard_trials({}));
  TRY_ASSIGN(ChangeRecord change, host_->records().load_change());
  change.under_way.clear();
  return host_->records().save_change(change);
}

// What serves badly is helped at once where its limits are the reason; replacing it takes half a minute.
Result<void> LocalPlatform::ease(const model::Configuration& target) {
  TRY_ASSIGN(const std::vector<ReplicaRecord> records, host_->records().load());
  for (const ReplicaRecord& record : records) {
    if (record.stage != Stage::kServing || !host_->alive(record)) continue;
    if (auto eased = host_->ease(record, target); !eased) {
      log::warning("replica.ease", {{"replica", record.name}, {"error", eased.error().to_string()}});
    }
  }
  return {};
}

Result<void> LocalPlatform::discard_trials(const std::string& but_decision) {
  TRY_ASSIGN(const std::vector<ReplicaRecord> records, host_->records().load());
  for (const ReplicaRecord& record : records) {
    if (!record.on_trial || record.decision == but_decision) continue;
    if (record.stage == Stage::kServing && host_->alive(record)) {
      TRY(host_->drain(record, false));  // it has requests already
    } else {
      TRY(host_->discard(record));
    }
  }
  return {};
}

Result<engine::LiveState> LocalPlatform::start(const model::Configuration& configuration, const Report& progress,
                                               std::stop_token stop, Duration deadline_from_now) {
  TRY_ASSIGN(engine::LiveState live, read_live(seconds(10)));
  // Enough serve, in whatever state a change is: that is the server's affair.
  const auto ready = std::count_if(live.replicas.begin(), live.replicas.end(), [](const auto& r) { return r.ready; });
  if (ready >= host_->settings().replicas) return live;
  engine::ApplyRequest request;
  request.decision = "start-" + std::to_string(host_->now().us);
  request.target = configuration;
  if (!live.configuration.empty()) request.target = configuration.with(live.configuration);
  return apply(request, progress, std::move(stop), deadline_from_now);
}

Result<void> LocalPlatform::shut_down() {
  const std::lock_guard change_lock(change_mutex_);
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(const StateLock change,
             StateLock::take(host_->settings().state_directory, kChangeLock, StateLock::Wait::kNo));
  TRY_ASSIGN(const StateLock state,
             StateLock::take(host_->settings().state_directory, kStepsLock, StateLock::Wait::kYes));
  TRY_ASSIGN(const std::vector<ReplicaRecord> records, host_->records().load());
  for (const ReplicaRecord& record : records)
    proc::send_signal(record.process, SIGTERM);  // to all, then each is waited for
  for (const ReplicaRecord& record : records)
    TRY(host_->discard(record));
  // What could not be forgotten yet because its group was still emptying.
  for (int look = 0; look < 50; ++look) {
    TRY(host_->advance());
    TRY_ASSIGN(const auto left, host_->records().load());
    if (left.empty()) break;
    pause({}, kLookEvery);
  }
  TRY(host_->records().save_change({}));
  return host_->remove_parent();
}

}  // namespace trimtab::platform
