// Processes that outlive us: a double fork, so that the process belongs to init and never becomes our zombie. Between
// fork and exec only async-signal-safe calls are made, on memory prepared before (posix_spawn cannot join a control
// group before exec in glibc 2.36).
#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/file_descriptor.h"
#include "proc/program.h"
#include "proc/subprocess.h"

namespace trimtab::proc {
namespace {

struct Report {  // from the child to us through a pipe
  int pid = 0;
  int step = 0;  // which step failed, 0: none
  int number = 0;
};
constexpr int kStepFork = 1;
constexpr int kStepGroup = 2;
constexpr int kStepDirectory = 3;
constexpr int kStepExec = 4;

struct Plan {
  const ExecImage* image = nullptr;
  const char* directory = nullptr;  // nullptr: the present one
  int null = -1;
  int log = -1;
  std::vector<int> groups;
  int report = -1;
};

void tell(const Plan& plan, int step, int number) {
  const Report report{::getpid(), step, number};
  [[maybe_unused]] const ssize_t n = ::write(plan.report, &report, sizeof report);
}

[[noreturn]] void become(const Plan& plan) {
  for (const int group : plan.groups) {
    if (::write(group, "0", 1) != 1) {  // "0": whoever writes
      tell(plan, kStepGroup, errno);
      ::_exit(127);
    }
  }
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) {
    tell(plan, kStepDirectory, errno);
    ::_exit(127);
  }
  for (int number = 1; number < NSIG; ++number)
    ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(plan.null, 0);
  ::dup2(plan.log, 1);
  ::dup2(plan.log, 2);
  tell(plan, 0, 0);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(plan.image->file(), plan.image->argv(), plan.image->envp());
  tell(plan, kStepExec, errno);
  ::_exit(127);
}

[[noreturn]] void detach(const Plan& plan) {
  ::setsid();
  const int pid = ::_Fork();
  if (pid == 0) become(plan);
  if (pid < 0) tell(plan, kStepFork, errno);
  ::_exit(0);
}

Result<FileDescriptor> open_file(const std::string& path, int flags) {
  FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0640));
  if (!file.open()) return fail(unavailable(with_errno(path + " could not be opened", errno)));
  return file;
}

std::string describe(const Report& report, const ExecImage& image, const CommandLine& command) {
  switch (report.step) {
    case kStepGroup:
      return with_errno("the process could not join its control group", report.number);
    case kStepDirectory:
      return with_errno("the directory " + command.directory + " could not be entered", report.number);
    case kStepExec:
      return with_errno(std::string(image.file()) + " could not be started", report.number);
    default:
      return with_errno("no process could be made", report.number);
  }
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    if (colon > 0) parts.emplace_back(text.substr(0, colon));
    text.remove_prefix(std::min(colon + 1, text.size()));
  }
  return parts;
}

// The reports of one start: one from before exec, a second only when exec failed.
Result<ProcessId> read_reports(int fd, const ExecImage& image, const CommandLine& command) {
  Report last;
  Report report;
  for (;;) {
    const ssize_t n = ::read(fd, &report, sizeof report);
    if (n < 0 && errno == EINTR) continue;
    if (n != sizeof report) break;  // end of file: exec closed it
    last = report;
  }
  if (last.pid == 0) return fail(unavailable("the process ended before it was started"));
  if (last.step != 0) {
    Error error = unavailable(describe(last, image, command));
    if (last.step == kStepExec && (last.number == ENOENT || last.number == EACCES)) error.code = Code::kNotFound;
    return fail(error);
  }
  // A process that ended at once is known by its pid and no start time: it is never alive.
  return identify(last.pid).value_or(ProcessId{last.pid, 0});
}

}  // namespace

Result<ProcessId> start_detached(const CommandLine& command, const DetachedOptions& options) {
  TRY_ASSIGN(const ExecImage image, ExecImage::create(command));
  TRY_ASSIGN(const FileDescriptor null, open_file("/dev/null", O_RDWR));
  FileDescriptor log;
  if (!options.log_file.empty()) {
    TRY_ASSIGN(log, open_file(options.log_file, O_WRONLY | O_CREAT | O_APPEND));
  }
  std::vector<FileDescriptor> groups;
  Plan plan;
  for (const std::string& path : split(options.cgroup_procs)) {
    TRY_ASSIGN(FileDescriptor group, open_file(path, O_WRONLY));
    plan.groups.push_back(group.get());
    groups.push_back(std::move(group));
  }
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(unavailable(with_errno("a pipe could not be made", errno)));
  const FileDescriptor reader(ends[0]);
  FileDescriptor writer(ends[1]);
  plan.image = &image;
  plan.directory = command.directory.empty() ? nullptr : command.directory.c_str();
  plan.null = null.get();
  plan.log = log.open() ? log.get() : null.get();
  plan.report = writer.get();
  const int pid = ::_Fork();
  if (pid == 0) detach(plan);
  if (pid < 0) return fail(unavailable(with_errno("no process could be made", errno)));
  writer.close();
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return read_reports(reader.get(), image, command);
}

}  // namespace trimtab::proc
