#include "proc/subprocess.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/file_descriptor.h"
#include "proc/program.h"

namespace trimtab::proc {
namespace {

using MonotonicClock = std::chrono::steady_clock;

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(unavailable(with_errno("a pipe could not be made", errno)));
  Pipe made{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
  ::fcntl(made.read.get(), F_SETFL, O_NONBLOCK);
  return made;
}

// A file in memory: the child reads it to its end at its own pace, and nobody can block on a full pipe.
Result<FileDescriptor> input_file(const std::string& input) {
  FileDescriptor file(::memfd_create("stdin", MFD_CLOEXEC));
  if (!file.open()) return fail(unavailable(with_errno("no memory for the standard input", errno)));
  std::size_t written = 0;
  while (written < input.size()) {
    const ssize_t n = ::write(file.get(), input.data() + written, input.size() - written);
    if (n < 0) return fail(unavailable(with_errno("no memory for the standard input", errno)));
    written += static_cast<std::size_t>(n);
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

struct SpawnAttributes {
  posix_spawnattr_t attributes{};
  posix_spawn_file_actions_t actions{};
  SpawnAttributes() {
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&actions);
  }
  ~SpawnAttributes() {
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
};

Result<int> spawn(const ExecImage& image, const std::string& directory, int in, int out, int err) {
  SpawnAttributes spawn;
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setflags(&spawn.attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawnattr_setsigmask(&spawn.attributes, &none);
  ::posix_spawnattr_setsigdefault(&spawn.attributes, &all);
  ::posix_spawn_file_actions_adddup2(&spawn.actions, in, 0);
  ::posix_spawn_file_actions_adddup2(&spawn.actions, out, 1);
  ::posix_spawn_file_actions_adddup2(&spawn.actions, err, 2);
  ::posix_spawn_file_actions_addclosefrom_np(&spawn.actions, 3);
  if (!directory.empty()) ::posix_spawn_file_actions_addchdir_np(&spawn.actions, directory.c_str());
  int pid = 0;
  const int failure = ::posix_spawn(&pid, image.file(), &spawn.actions, &spawn.attributes, image.argv(), image.envp());
  if (failure == ENOENT || failure == ENOTDIR || failure == EACCES) {
    return fail(not_found(with_errno(std::string(image.file()) + " could not be started", failure)));
  }
  if (failure != 0) {
    return fail(unavailable(with_errno(std::string(image.file()) + " could not be started", failure)));
  }
  return pid;
}

// Watches one child until it has ended and its output is read.
class Watch {
 public:
  Watch(int pid, FileDescriptor output, FileDescriptor errors, const RunOptions& options)
      : pid_(pid),
        pid_fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        output_(std::move(output)),
        errors_(std::move(errors)),
        options_(options),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        deadline_(MonotonicClock::now() + options.deadline) {}

  Result<ExitStatus> to_the_end() {
    const std::stop_callback on_stop(options_.stop, [this] {
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
    });
    for (;;) {
      react_to_time();
      if (ended_ && !output_.open() && !errors_.open()) break;
      wait_for_something();
    }
    reap();
    if (reason_ == Reason::kDeadline) {
      return fail(deadline_exceeded("the command did not end within " + format_duration(options_.deadline)));
    }
    if (reason_ == Reason::kStopped) {
      Error stopped;
      stopped.code = Code::kCancelled;
      stopped.message = "the command was stopped";
      return fail(stopped);
    }
    return std::move(status_);
  }

 private:
  enum class Reason { kNone, kDeadline, kStopped };

  void react_to_time() {
    const auto now = MonotonicClock::now();
    if (reason_ == Reason::kNone && !ended_) {
      if (options_.stop.stop_requested()) reason_ = Reason::kStopped;
      if (now >= deadline_) reason_ = Reason::kDeadline;
      if (reason_ != Reason::kNone) {
        ::kill(-pid_, SIGTERM);
        kill_at_ = now + options_.grace;
      }
    }
    if (kill_at_ && now >= *kill_at_) {
      // The leader is not reaped yet, so its number still names this group and no other. What left the group with a
      // session of its own may still hold the pipes: not waited for.
      ::kill(-pid_, SIGKILL);
      kill_at_.reset();
      if (ended_) {
        output_.close();
        errors_.close();
      } else {
        kill_at_ = now + options_.grace;
      }
    }
  }

  void wait_for_something() {
    std::array<pollfd, 4> polled{pollfd{output_.get(), POLLIN, 0}, pollfd{errors_.get(), POLLIN, 0},
                                 pollfd{ended_ ? -1 : pid_fd_.get(), POLLIN, 0},
                                 pollfd{reason_ == Reason::kNone ? wake_.get() : -1, POLLIN, 0}};
    ::poll(polled.data(), polled.size(), wait_ms());
    if (polled[0].revents != 0) drain(output_, status_.output, true);
    if (polled[1].revents != 0) drain(errors_, status_.errors, false);
    if (!ended_ && polled[2].revents != 0) {
      ended_ = true;
      // Descendants that still hold the pipes get the grace to finish writing.
      if (!kill_at_) kill_at_ = MonotonicClock::now() + options_.grace;
    }
  }

  [[nodiscard]] int wait_ms() const {
    auto until = ended_ ? MonotonicClock::time_point::max() : deadline_;
    if (reason_ != Reason::kNone) until = MonotonicClock::time_point::max();
    if (kill_at_) until = std::min(until, *kill_at_);
    if (until == MonotonicClock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - MonotonicClock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, 60'000));
  }

  void drain(FileDescriptor& from, std::string& into, bool is_output) {
    std::array<char, 64 * 1024> buffer{};
    for (;;) {
      const ssize_t n = ::read(from.get(), buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) return from.close();
      const std::string_view piece(buffer.data(), static_cast<std::size_t>(n));
      const std::size_t room = options_.max_output_bytes - std::min(options_.max_output_bytes, into.size());
      into.append(piece.substr(0, room));
      if (piece.size() > room) status_.output_truncated = true;
      if (is_output && options_.on_output) options_.on_output(piece);
    }
  }

  void reap() {
    int raw = 0;
    while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(raw)) {
      status_.signal = WTERMSIG(raw);
      status_.exit_code = 128 + status_.signal;
    } else {
      status_.exit_code = WEXITSTATUS(raw);
    }
  }

  int pid_;
  FileDescriptor pid_fd_;
  FileDescriptor output_;
  FileDescriptor errors_;
  const RunOptions& options_;
  FileDescriptor wake_;
  MonotonicClock::time_point deadline_;
  std::optional<MonotonicClock::time_point> kill_at_;
  bool ended_ = false;
  Reason reason_ = Reason::kNone;
  ExitStatus status_;
};

}  // namespace

Result<ExitStatus> run(const CommandLine& command, const RunOptions& options) {
  TRY_ASSIGN(const ExecImage image, ExecImage::create(command));
  TRY_ASSIGN(const FileDescriptor input, input_file(command.input));
  TRY_ASSIGN(Pipe output, make_pipe());
  TRY_ASSIGN(Pipe errors, make_pipe());
  TRY_ASSIGN(const int pid, spawn(image, command.directory, input.get(), output.write.get(), errors.write.get()));
  output.write.close();
  errors.write.close();
  Watch watch(pid, std::move(output.read), std::move(errors.read), options);
  return watch.to_the_end();
}

}  // namespace trimtab::proc
