#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/file_descriptor.h"
#include "proc/program.h"
#include "proc/subprocess.h"

namespace trimtab::proc {
namespace {

struct Stat {
  char state = 'X';
  long long start_ticks = 0;
};

std::optional<std::string> read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// proc(5): the name in parentheses may itself hold blanks and parentheses, so fields count from the last ')'.
std::optional<Stat> read_stat(int pid) {
  const auto text = read_all("/proc/" + std::to_string(pid) + "/stat");
  if (!text) return std::nullopt;
  std::size_t at = text->rfind(')');
  if (at == std::string::npos || at + 2 >= text->size()) return std::nullopt;
  Stat stat;
  stat.state = (*text)[at + 2];  // field 3
  at += 2;
  for (int field = 3; field < 22; ++field) {
    at = text->find(' ', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
  }
  std::from_chars(text->data() + at, text->data() + text->size(), stat.start_ticks);
  return stat;
}

// A handle on exactly this process; closed when it is gone or another one has its number.
FileDescriptor open_process(const ProcessId& id) {
  if (!id.valid()) return {};
  FileDescriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, id.pid, 0)));
  if (!handle.open() || !is_alive(id)) return {};
  return handle;
}

Result<std::vector<std::string>> read_list(const ProcessId& id, const char* name) {
  const auto text = read_all("/proc/" + std::to_string(id.pid) + "/" + name);
  if (!text || !is_alive(id)) return fail(not_found("the process " + std::to_string(id.pid) + " is gone"));
  std::vector<std::string> list;
  std::size_t at = 0;
  while (at < text->size()) {
    const std::size_t end = std::min(text->find('\0', at), text->size());
    list.push_back(text->substr(at, end - at));
    at = end + 1;
  }
  return list;
}

bool wait_gone(int handle, Duration at_most) {
  pollfd polled{handle, POLLIN, 0};
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(at_most).count();
  const auto until = std::chrono::steady_clock::now() + at_most;
  int answer = ::poll(&polled, 1, static_cast<int>(ms));
  while (answer < 0 && errno == EINTR && std::chrono::steady_clock::now() < until) {
    answer = ::poll(&polled, 1, static_cast<int>(ms));
  }
  return answer > 0;
}

}  // namespace

std::optional<ProcessId> identify(int pid) {
  const auto stat = read_stat(pid);
  if (!stat) return std::nullopt;
  return ProcessId{pid, stat->start_ticks};
}

bool is_alive(const ProcessId& id) {
  if (!id.valid()) return false;
  const auto stat = read_stat(id.pid);
  return stat && stat->start_ticks == id.start_ticks && stat->state != 'Z' && stat->state != 'X';
}

void send_signal(const ProcessId& id, int signal) {
  const FileDescriptor handle = open_process(id);
  if (handle.open()) ::syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0);
}

Result<void> terminate(const ProcessId& id, Duration grace) {
  const FileDescriptor handle = open_process(id);
  if (!handle.open()) return {};
  ::syscall(SYS_pidfd_send_signal, handle.get(), SIGTERM, nullptr, 0);
  if (wait_gone(handle.get(), grace)) return {};
  ::syscall(SYS_pidfd_send_signal, handle.get(), SIGKILL, nullptr, 0);
  constexpr auto kUntilKilled = std::chrono::seconds(10);  // a kernel that frees gigabytes takes seconds
  if (wait_gone(handle.get(), kUntilKilled)) return {};
  return fail(deadline_exceeded("the process " + std::to_string(id.pid) + " does not end, even when killed"));
}

Result<std::vector<std::string>> command_line(const ProcessId& id) {
  return read_list(id, "cmdline");
}

Result<std::map<std::string, std::string>> environment(const ProcessId& id) {
  TRY_ASSIGN(const auto list, read_list(id, "environ"));
  std::map<std::string, std::string> variables;
  for (const std::string& entry : list) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos) variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return variables;
}

}  // namespace trimtab::proc
