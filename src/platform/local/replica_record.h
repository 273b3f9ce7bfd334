// What is remembered of each replica on disk, so that a Trimtab that was killed goes on where it was: one small JSON
// file a replica, replaced atomically, and one for the change under way.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/configuration.h"
#include "proc/subprocess.h"

namespace trimtab::platform {

enum class Stage {
  kStarting,  // not ready yet; gets no requests
  kServing,
  kDraining,  // gets no new requests, finishes those it has
  kStopping,  // told to end
  kStandby,   // replaced by a change, still warm: a roll back puts it back at once
};

struct ReplicaRecord {
  std::string name;  // of its slot
  Stage stage = Stage::kStarting;
  bool on_trial = false;   // started by a change that has not accepted it yet: not started again when it ends
  bool keep_warm = false;  // on standby once it is drained
  std::string decision;
  model::Configuration asked;
  proc::ProcessId process;
  Instant started;              // of the process
  Instant stage_since;          // of the stage
  Instant start_again_at;       // when a process that ended by itself is started again
  std::vector<Instant> exits;   // unexpected, the newest last; at most kExitsKept
  int restarts = 0;             // unexpected exits since the replica was made
  double oom_kills_before = 0;  // counter of its control group when the replica was made
};
inline constexpr std::size_t kExitsKept = 20;

// The change as a whole.
struct ChangeRecord {
  std::string under_way;  // decision; empty: none
  std::string completed;  // decision completed last
};

// A directory of records. Not thread safe; other processes are kept out by StateLock.
class RecordStore {
 public:
  explicit RecordStore(std::string directory) : directory_(std::move(directory)) {}

  // By name. kDataLoss: a file is damaged, its name is in the message.
  [[nodiscard]] Result<std::vector<ReplicaRecord>> load() const;
  [[nodiscard]] Result<void> save(const ReplicaRecord& record) const;
  [[nodiscard]] Result<void> erase(const std::string& name) const;
  [[nodiscard]] Result<ChangeRecord> load_change() const;  // empty when there is none
  [[nodiscard]] Result<void> save_change(const ChangeRecord& change) const;

 private:
  std::string directory_;
};

// Holds a lock file until destroyed; other processes (a command line beside the server) wait or are turned away.
class StateLock {
 public:
  enum class Wait { kNo, kYes };
  // kConflict: taken by another process (kNo only).
  [[nodiscard]] static Result<StateLock> take(const std::string& directory, const std::string& name, Wait wait);
  StateLock(StateLock&& other) noexcept;
  StateLock& operator=(StateLock&&) = delete;
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;
  ~StateLock();

 private:
  explicit StateLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

[[nodiscard]] std::string_view to_string(Stage stage);

}  // namespace trimtab::platform
