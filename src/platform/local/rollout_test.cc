#include "platform/local/rollout.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace trimtab::platform {
namespace {

using Kind = RolloutStep::Kind;
using std::chrono::seconds;

const RolloutLimits kTwoOfThree{.replicas = 2, .slots = {"s-1", "s-2", "s-3"}, .start_timeout = seconds(60)};

ReplicaView serving(std::string name, bool at_target) {
  return {std::move(name), Stage::kServing, true, false, seconds(500), at_target, false};
}
ReplicaView trial(std::string name, Stage stage = Stage::kStarting) {
  return {std::move(name), stage, true, true, seconds(5), true, false};
}

void expect_step(const std::vector<ReplicaView>& replicas, Kind kind, const std::string& name) {
  const RolloutStep step = next_step(replicas, kTwoOfThree);
  EXPECT_EQ(static_cast<int>(step.kind), static_cast<int>(kind)) << step.name << " " << step.reason;
  EXPECT_EQ(step.name, name);
}

TEST(Rollout, StartsTheNewOneBeforeTheOldOneGoes) {
  expect_step({serving("s-1", false), serving("s-2", false)}, Kind::kLaunch, "s-3");
  expect_step({serving("s-1", false), serving("s-2", false), trial("s-3")}, Kind::kWait, "s-3");
  expect_step({serving("s-1", false), serving("s-2", false), trial("s-3", Stage::kServing)}, Kind::kAccept, "s-3");
  expect_step({serving("s-1", false), serving("s-2", false), serving("s-3", true)}, Kind::kDrain, "s-1");
  ReplicaView draining = serving("s-1", false);
  draining.stage = Stage::kDraining;
  expect_step({draining, serving("s-2", false), serving("s-3", true)}, Kind::kWait, "");
  draining.stage = Stage::kStopping;
  expect_step({draining, serving("s-2", false), serving("s-3", true)}, Kind::kWait, "");
  expect_step({serving("s-2", false), serving("s-3", true)}, Kind::kLaunch, "s-1");
  expect_step({serving("s-1", true), serving("s-2", false), serving("s-3", true)}, Kind::kDrain, "s-2");
  expect_step({serving("s-1", true), serving("s-3", true)}, Kind::kDone, "");
}

TEST(Rollout, StartsAllThatAreMissingTogether) {
  expect_step({}, Kind::kLaunch, "s-1");
  expect_step({trial("s-1")}, Kind::kLaunch, "s-2");
  expect_step({trial("s-1"), trial("s-2")}, Kind::kWait, "s-2");
}

TEST(Rollout, GivesUpOnATrialThatEndsComesLateOrRunsWithOtherValues) {
  ReplicaView dead = trial("s-3");
  dead.alive = false;
  expect_step({serving("s-1", false), serving("s-2", false), dead}, Kind::kGiveUp, "s-3");
  ReplicaView unwritten = dead;  // the death was ours, not its: it is started again
  unwritten.started = false;
  expect_step({serving("s-1", false), serving("s-2", false), unwritten}, Kind::kLaunch, "s-3");
  ReplicaView late = trial("s-3");
  late.age = seconds(61);
  expect_step({serving("s-1", false), serving("s-2", false), late}, Kind::kGiveUp, "s-3");
  ReplicaView other = trial("s-3", Stage::kServing);
  other.at_target = false;
  expect_step({serving("s-1", false), serving("s-2", false), other}, Kind::kGiveUp, "s-3");
}

TEST(Rollout, ChangesInPlaceWhatNeedsNoRestart) {
  ReplicaView one = serving("s-1", false);
  one.in_place = true;
  ReplicaView two = serving("s-2", true);
  expect_step({one, two}, Kind::kChangeLimits, "s-1");
}

TEST(Rollout, RecallsWhatIsStillWarmBeforeAnythingElse) {
  ReplicaView warm = serving("s-1", true);
  warm.stage = Stage::kStandby;
  expect_step({warm, serving("s-2", false), serving("s-3", false)}, Kind::kRecall, "s-1");
  expect_step({serving("s-1", true), serving("s-2", true), serving("s-3", false)}, Kind::kDrain, "s-3");
  ReplicaView draining = serving("s-4", false);  // all surplus goes at once
  draining.stage = Stage::kDraining;
  expect_step({serving("s-1", true), serving("s-2", true), serving("s-3", false), draining}, Kind::kDrain, "s-3");
  warm.alive = false;  // or gone, or of another configuration
  expect_step({warm, serving("s-2", false), serving("s-3", false)}, Kind::kRetire, "s-1");
  warm.alive = true;
  warm.at_target = false;
  expect_step({warm, serving("s-2", false), serving("s-3", false)}, Kind::kRetire, "s-1");
  expect_step({warm, serving("s-2", true), serving("s-3", true)}, Kind::kDone, "");
}

TEST(Rollout, WithEnoughSlotsAllNewOnesComeFirst) {
  RolloutLimits four = kTwoOfThree;
  four.slots.push_back("s-4");
  const std::vector<ReplicaView> half{serving("s-1", false), serving("s-2", false), serving("s-3", true)};
  RolloutStep step = next_step(half, four);
  EXPECT_EQ(step.kind, Kind::kLaunch);
  EXPECT_EQ(step.name, "s-4");
  std::vector<ReplicaView> all = half;
  all.push_back(serving("s-4", true));
  step = next_step(all, four);
  EXPECT_EQ(step.kind, Kind::kDrain);
  four.old_first = true;
  EXPECT_EQ(next_step(half, four).kind, Kind::kDrain);
}

TEST(Rollout, DrainsWhatIsDeadBeforeWhatServes) {
  ReplicaView dead = serving("s-2", false);
  dead.alive = false;
  dead.stage = Stage::kStarting;
  expect_step({serving("s-1", false), dead, serving("s-3", true)}, Kind::kDrain, "s-2");
}

TEST(Rollout, WaitsForOneAtTheTargetThatIsBeingStartedAgain) {
  ReplicaView crashed = serving("s-2", true);
  crashed.stage = Stage::kStarting;
  expect_step({serving("s-1", true), crashed}, Kind::kWait, "");
}

TEST(Rollout, WithoutASpareSlotDrainsFirst) {
  RolloutLimits tight{.replicas = 2, .slots = {"s-1", "s-2"}, .start_timeout = seconds(60)};
  RolloutStep step = next_step({serving("s-1", false), serving("s-2", false)}, tight);
  EXPECT_EQ(step.kind, Kind::kDrain);
  EXPECT_EQ(step.name, "s-1");
  step = next_step({serving("s-2", false)}, tight);
  EXPECT_EQ(step.kind, Kind::kLaunch);
  EXPECT_EQ(step.name, "s-1");
}

void move_on(std::vector<ReplicaView>& replicas, bool keep_warm) {
  std::erase_if(replicas, [&](const ReplicaView& r) {
    return r.stage == Stage::kStopping || (r.stage == Stage::kDraining && !keep_warm);
  });
  for (ReplicaView& replica : replicas) {
    if (replica.stage == Stage::kDraining) replica.stage = Stage::kStandby;
    if (replica.stage == Stage::kStarting) replica.stage = Stage::kServing;
  }
}

// Whatever it starts from, following the steps ends with all replicas at the target, and at no time fewer than
// `replicas` serve when that many served at the start.
TEST(Rollout, AlwaysEndsAndNeverServesWithFewer) {
  for (int start = 0; start < 54; ++start) {  // each slot: absent, old, at the target; twice
    const bool keep_warm = start >= 27;
    std::vector<ReplicaView> replicas;
    int code = start % 27;
    for (const std::string& slot : kTwoOfThree.slots) {
      if (code % 3 != 0) replicas.push_back(serving(slot, code % 3 == 2));
      code /= 3;
    }
    const auto count_serving = [&] {
      return std::count_if(replicas.begin(), replicas.end(),
                           [](const ReplicaView& r) { return r.stage == Stage::kServing && !r.on_trial; });
    };
    const bool full = count_serving() >= kTwoOfThree.replicas;
    bool done = false;
    for (int turn = 0; turn < 100 && !done; ++turn) {
      const RolloutStep step = next_step(replicas, kTwoOfThree);
      const auto found =
          std::find_if(replicas.begin(), replicas.end(), [&](const auto& r) { return r.name == step.name; });
      switch (step.kind) {
        case Kind::kDone:
          done = true;
          break;
        case Kind::kLaunch:
          replicas.push_back(trial(step.name));
          break;
        case Kind::kAccept:
          found->on_trial = false;
          break;
        case Kind::kDrain:
          found->stage = Stage::kDraining;
          break;
        case Kind::kRecall:
          found->stage = Stage::kServing;
          break;
        case Kind::kRetire:
          found->stage = Stage::kStopping;
          break;
        case Kind::kWait:  // the world moves on: drained ones go or stay warm, started ones become ready
          move_on(replicas, keep_warm);
          break;
        default:
          FAIL() << "start " << start;
      }
      if (full) {
        ASSERT_GE(count_serving(), kTwoOfThree.replicas) << "start " << start;
      }
    }
    EXPECT_TRUE(done) << "start " << start;
    EXPECT_EQ(count_done(replicas), 2) << "start " << start;
    std::erase_if(replicas, [](const ReplicaView& r) { return r.stage == Stage::kStandby; });
    EXPECT_EQ(replicas.size(), 2u) << "start " << start;
  }
}

}  // namespace
}  // namespace trimtab::platform
