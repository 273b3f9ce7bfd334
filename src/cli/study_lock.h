// StudyLock: one process runs a study; others know which one. A locked file beside the store, let go of by the kernel
// when the process ends, however it ends.
#pragma once

#include <string>

#include "base/result.h"

namespace trimtab::cli {

class StudyLock {
 public:
  // kConflict when another process runs the study; kUnavailable when the file cannot be made.
  [[nodiscard]] static Result<StudyLock> take(const std::string& directory, const std::string& study);
  StudyLock(StudyLock&& other) noexcept;
  StudyLock(const StudyLock&) = delete;
  StudyLock& operator=(const StudyLock&) = delete;
  StudyLock& operator=(StudyLock&&) = delete;
  ~StudyLock();

  // Asks the process that runs the study to stop. kNotFound when none does.
  [[nodiscard]] static Result<void> ask_to_stop(const std::string& directory, const std::string& study);

 private:
  explicit StudyLock(int file) : file_(file) {}
  int file_;
};

}  // namespace trimtab::cli
