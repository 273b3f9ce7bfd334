#include "cli/study_lock.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "proc/subprocess.h"

namespace trimtab::cli {
namespace {

std::string lock_file(const std::string& directory, const std::string& study) {
  return directory + "/study-" + study + ".lock";
}

// The process that wrote the file, "pid start-ticks".
proc::ProcessId holder(int file) {
  std::array<char, 64> text{};
  proc::ProcessId id;
  if (::pread(file, text.data(), text.size() - 1, 0) <= 0) return id;
  if (std::sscanf(text.data(), "%d %lld", &id.pid, &id.start_ticks) != 2) return {};
  return id;
}

}  // namespace

Result<StudyLock> StudyLock::take(const std::string& directory, const std::string& study) {
  const std::string path = lock_file(directory, study);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return fail(unavailable(fmt::format("cannot open {}: {}", path, std::strerror(errno))));
  StudyLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    return fail(conflict(fmt::format("the study {} is being run by process {}", study, holder(file).pid),
                         "wait for it, or run: trimtab study stop " + study));
  }
  const auto self = proc::identify(::getpid());
  const std::string text = fmt::format("{} {}\n", ::getpid(), self ? self->start_ticks : 0);
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return fail(unavailable("cannot write " + path));
  }
  return lock;
}

StudyLock::StudyLock(StudyLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

StudyLock::~StudyLock() {
  if (file_ >= 0) ::close(file_);
}

Result<void> StudyLock::ask_to_stop(const std::string& directory, const std::string& study) {
  const int file = ::open(lock_file(directory, study).c_str(), O_RDWR | O_CLOEXEC);
  const StudyLock closes(file);
  if (file < 0 || ::flock(file, LOCK_EX | LOCK_NB) == 0) {
    return fail(not_found("no process runs the study " + study, "run: trimtab study list"));
  }
  const proc::ProcessId id = holder(file);
  if (!id.valid() || !proc::is_alive(id)) return fail(not_found("no process runs the study " + study));
  proc::send_signal(id, SIGTERM);
  return {};
}

}  // namespace trimtab::cli
