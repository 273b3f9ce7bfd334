#include "platform/local/rollout.h"

#include <algorithm>

namespace trimtab::platform {
namespace {

using Kind = RolloutStep::Kind;

bool leaves(const ReplicaView& replica) {
  return replica.stage == Stage::kDraining || replica.stage == Stage::kStopping;
}

// Warm, at the target and not serving: it can serve again at once.
bool can_be_recalled(const ReplicaView& replica) {
  return replica.stage == Stage::kStandby && replica.alive && replica.at_target;
}

bool is_done(const ReplicaView& replica) {
  return replica.stage == Stage::kServing && replica.alive && replica.at_target && !replica.on_trial;
}

// The step a replica on trial calls for.
RolloutStep judge_trial(const ReplicaView& trial, const RolloutLimits& limits) {
  // We were stopped between writing down that it is to start and writing down its process.
  if (!trial.started) return {Kind::kLaunch, trial.name, {}};
  if (!trial.alive) return {Kind::kGiveUp, trial.name, "its process ended before it was ready"};
  if (trial.stage == Stage::kServing) {
    if (trial.at_target) return {Kind::kAccept, trial.name, {}};
    return {Kind::kGiveUp, trial.name, "it runs with other values than asked for"};
  }
  if (trial.age > limits.start_timeout) {
    return {Kind::kGiveUp, trial.name, "it was not ready within " + format_duration(limits.start_timeout)};
  }
  return {Kind::kWait, trial.name, {}};
}

// A slot is needed: a replica on standby goes. Else the step that is taken without one.
RolloutStep make_room(const std::vector<ReplicaView>& replicas, RolloutStep otherwise) {
  for (const ReplicaView& replica : replicas) {
    if (replica.stage == Stage::kStandby) return {Kind::kRetire, replica.name, {}};
  }
  return otherwise;
}

std::string free_slot(const std::vector<ReplicaView>& replicas, const RolloutLimits& limits) {
  for (const std::string& slot : limits.slots) {
    const bool taken =
        std::any_of(replicas.begin(), replicas.end(), [&](const ReplicaView& replica) { return replica.name == slot; });
    if (!taken) return slot;
  }
  return {};
}

// The one to go first: what is dead or not ready before what serves, what is old before what is at the target.
const ReplicaView* least_useful(const std::vector<ReplicaView>& replicas, bool old_only) {
  const ReplicaView* chosen = nullptr;
  const auto worth = [](const ReplicaView& replica) {
    return (replica.at_target ? 4 : 0) + (replica.stage == Stage::kServing ? 2 : 0) + (replica.alive ? 1 : 0);
  };
  for (const ReplicaView& replica : replicas) {
    if (leaves(replica) || replica.stage == Stage::kStandby || replica.on_trial || (old_only && replica.at_target))
      continue;
    if (chosen == nullptr || worth(replica) < worth(*chosen)) chosen = &replica;
  }
  return chosen;
}

}  // namespace

int count_done(const std::vector<ReplicaView>& replicas) {
  return static_cast<int>(std::count_if(replicas.begin(), replicas.end(), is_done));
}

RolloutStep next_step(const std::vector<ReplicaView>& replicas, const RolloutLimits& limits) {
  if (count_done(replicas) < limits.replicas) {
    const auto warm = std::find_if(replicas.begin(), replicas.end(), can_be_recalled);
    if (warm != replicas.end()) return {Kind::kRecall, warm->name, {}};
  }
  bool wait = false;
  std::string trial;
  int present = 0;
  for (const ReplicaView& replica : replicas) {
    if (leaves(replica)) {
      wait = true;
      continue;
    }
    if (replica.stage == Stage::kStandby) continue;
    ++present;
    if (!replica.on_trial) continue;
    RolloutStep step = judge_trial(replica, limits);
    if (step.kind != Kind::kWait) return step;
    trial = replica.name;
    wait = true;
  }
  const std::string slot = free_slot(replicas, limits);
  const ReplicaView* old = least_useful(replicas, true);
  // While slots are free all new ones come first: less falls on those that nobody knows yet. What a roll back replaces
  // is known to be bad, and goes first.
  const bool room = !slot.empty() && !limits.old_first && count_done(replicas) < limits.replicas;
  if (room && !wait && old != nullptr && !old->in_place) return {Kind::kLaunch, slot, {}};
  if (present > limits.replicas && count_done(replicas) >= limits.replicas) {
    return {Kind::kDrain, least_useful(replicas, false)->name, {}};
  }
  // Missing ones are started together: when nothing serves there is nothing to protect.
  if (present < limits.replicas && !slot.empty()) return {Kind::kLaunch, slot, {}};
  if (present < limits.replicas && !wait) return make_room(replicas, {});
  if (wait) return {Kind::kWait, trial, {}};
  if (present > limits.replicas) return {Kind::kDrain, least_useful(replicas, false)->name, {}};
  for (const ReplicaView& replica : replicas) {
    if (!replica.at_target && replica.in_place && replica.alive && replica.stage != Stage::kStandby)
      return {Kind::kChangeLimits, replica.name, {}};
  }
  if (old != nullptr) {
    return slot.empty() ? make_room(replicas, {Kind::kDrain, old->name, {}}) : RolloutStep{Kind::kLaunch, slot, {}};
  }
  // All are at the target; one that ended by itself is being started again by the supervision.
  return count_done(replicas) >= limits.replicas ? RolloutStep{Kind::kDone, {}, {}} : RolloutStep{};
}

}  // namespace trimtab::platform
