// StudyStore: what a study remembers, so that it goes on after Ctrl-C or kill -9 and can be shown while it runs. Trials
// are appended in one transaction each. Thread safe, and safe between processes (SQLite in WAL mode).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace trimtab::engine {

struct StoredStudy {
  std::string name;
  std::string document;  // source text
  Instant created;
  Instant updated;
  std::string state;  // JSON of the study engine's state, without trials
};

struct StoredTrial {
  int number = 0;     // from 1, in the order of starting
  std::string trial;  // JSON
};

class StudyStore {
 public:
  virtual ~StudyStore() = default;

  // Creates or replaces the study and forgets trials it had.
  [[nodiscard]] virtual Result<void> put_study(const StoredStudy& study) = 0;
  [[nodiscard]] virtual Result<std::vector<StoredStudy>> studies() = 0;
  [[nodiscard]] virtual Result<StoredStudy> study(const std::string& name) = 0;
  // One transaction: the new state, and the trials it came with (replaced by number).
  [[nodiscard]] virtual Result<void> commit_study(const std::string& name, const std::string& state, Instant at,
                                                  const std::vector<StoredTrial>& trials) = 0;
  [[nodiscard]] virtual Result<std::vector<StoredTrial>> trials(const std::string& name) = 0;
};

}  // namespace trimtab::engine
