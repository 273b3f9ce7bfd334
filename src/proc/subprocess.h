// Subprocesses without a shell: an argument vector, an explicit environment, deadlines, bounded output. posix_spawn in
// a session of its own and pidfd, so that there is no race on wait and the whole group can be ended.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace trimtab::proc {

struct CommandLine {
  std::vector<std::string> arguments;  // arguments[0] is looked up in PATH when it has no slash
  std::map<std::string, std::string> environment;
  bool inherit_environment = true;  // `environment` is set over it
  std::string directory;            // empty: the present one
  std::string input;                // standard input; closed after it
};

struct ExitStatus {
  int exit_code = 0;  // 128 + signal when killed by one
  int signal = 0;
  std::string output;  // standard output, capped
  std::string errors;  // standard error, capped
  bool output_truncated = false;
};

struct RunOptions {
  Duration deadline = std::chrono::seconds(60);  // then TERM, after `grace` KILL, to the whole group
  Duration grace = std::chrono::seconds(2);
  std::size_t max_output_bytes = 16 * 1024 * 1024;  // of each stream; the rest is read and dropped
  std::stop_token stop;
  std::function<void(std::string_view)> on_output;  // called with pieces of standard output as they come
};

// Runs to the end. A non-zero exit is a result. Errors: kNotFound (no such program), kDeadlineExceeded, kCancelled.
[[nodiscard]] Result<ExitStatus> run(const CommandLine& command, const RunOptions& options);

// A process known by pid and start time (field 22 of /proc/PID/stat): a pid alone may have been reused.
struct ProcessId {
  int pid = 0;
  long long start_ticks = 0;
  [[nodiscard]] bool valid() const { return pid > 0; }
  bool operator==(const ProcessId&) const = default;
};

struct DetachedOptions {
  std::string log_file;      // both streams are appended here
  std::string cgroup_procs;  // "cgroup.procs" files, ':'-separated, joined before exec; empty: none
};

// Starts a process that outlives us (session of its own, standard input /dev/null). Errors: kNotFound, kUnavailable.
[[nodiscard]] Result<ProcessId> start_detached(const CommandLine& command, const DetachedOptions& options);
[[nodiscard]] std::optional<ProcessId> identify(int pid);
[[nodiscard]] bool is_alive(const ProcessId& id);  // false for zombies
// The signal goes to the process only while it is the one that is meant.
void send_signal(const ProcessId& id, int signal);
// TERM, then KILL after `grace`; returns when it is gone (kDeadlineExceeded when it does not go).
[[nodiscard]] Result<void> terminate(const ProcessId& id, Duration grace);
// The argument vector as the kernel knows it. kNotFound when it is gone.
[[nodiscard]] Result<std::vector<std::string>> command_line(const ProcessId& id);
[[nodiscard]] Result<std::map<std::string, std::string>> environment(const ProcessId& id);

}  // namespace trimtab::proc
