#include "platform/local/haproxy_client.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "proc/file_descriptor.h"

namespace trimtab::platform {
namespace {

using MonotonicClock = std::chrono::steady_clock;
constexpr auto kDeadline = std::chrono::seconds(2);
constexpr std::size_t kLongestAnswer = 4 * 1024 * 1024;

std::vector<std::string_view> split(std::string_view line, char separator) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t at = line.find(separator);
    fields.push_back(line.substr(0, at));
    if (at == std::string_view::npos) return fields;
    line.remove_prefix(at + 1);
  }
}

int to_int(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Result<void> wait_for(int fd, short events, MonotonicClock::time_point until) {
  pollfd polled{fd, events, 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - MonotonicClock::now()).count();
    if (left <= 0) return fail(deadline_exceeded("HAProxy does not answer on its socket"));
    const int answer = ::poll(&polled, 1, static_cast<int>(left));
    if (answer > 0) return {};
    if (answer < 0 && errno != EINTR) return fail(unavailable("HAProxy's socket cannot be waited for"));
  }
}

Result<proc::FileDescriptor> connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(invalid_input("the socket's path is too long: " + path));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  proc::FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // A Unix socket connects at once or, when the backlog is full, refuses with EAGAIN.
  if (!fd.open() || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail(unavailable("HAProxy's socket " + path + " is not there: " + std::strerror(errno),
                            "start HAProxy with `stats socket ... level admin`"));
  }
  return fd;
}

}  // namespace

Result<std::string> HaproxyClient::command(const std::string& text) const {
  TRY_ASSIGN(const proc::FileDescriptor fd, connect_to(socket_));
  const auto until = MonotonicClock::now() + kDeadline;
  const std::string line = text + "\n";
  std::size_t sent = 0;
  while (sent < line.size()) {
    TRY(wait_for(fd.get(), POLLOUT, until));
    const ssize_t n = ::send(fd.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) return fail(unavailable("HAProxy closed its socket"));
    if (n > 0) sent += static_cast<std::size_t>(n);
  }
  std::string answer;
  std::array<char, 16 * 1024> buffer{};
  while (answer.size() < kLongestAnswer) {
    TRY(wait_for(fd.get(), POLLIN, until));
    const ssize_t n = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (n == 0) return answer;
    if (n < 0 && errno != EAGAIN && errno != EINTR) return fail(unavailable("HAProxy closed its socket"));
    if (n > 0) answer.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return fail(exhausted("HAProxy's answer is too long"));
}

Result<void> HaproxyClient::set_state(const std::string& backend, const std::string& server, ServerState state) const {
  const char* const word = state == ServerState::kReady ? "ready" : state == ServerState::kDrain ? "drain" : "maint";
  TRY_ASSIGN(std::string answer, command("set server " + backend + "/" + server + " state " + word));
  while (!answer.empty() && answer.back() == '\n')
    answer.pop_back();
  if (answer.empty()) return {};
  if (answer.find("No such") != std::string::npos) return fail(not_found("HAProxy: " + answer));
  if (answer.find("ermission") != std::string::npos)
    return fail(denied("HAProxy: " + answer, "give the socket level admin"));
  return fail(unavailable("HAProxy: " + answer));
}

Result<std::map<std::string, ServerStatus>> HaproxyClient::statuses(const std::string& backend) const {
  TRY_ASSIGN(const std::string csv, command("show stat"));
  return parse_statuses(csv, backend);
}

Result<std::map<std::string, ServerStatus>> parse_statuses(std::string_view csv, std::string_view backend) {
  if (!csv.starts_with("# ")) return fail(unavailable("HAProxy does not know `show stat`"));
  csv.remove_prefix(2);
  std::map<std::string_view, std::size_t> columns;
  std::map<std::string, ServerStatus> statuses;
  bool backend_seen = false;
  for (const std::string_view line : split(csv, '\n')) {
    const auto fields = split(line, ',');
    if (columns.empty()) {
      for (std::size_t i = 0; i < fields.size(); ++i)
        columns[fields[i]] = i;
      for (const char* needed : {"pxname", "svname", "status", "scur", "qcur"}) {
        if (!columns.contains(needed)) return fail(unavailable("HAProxy's figures lack " + std::string(needed)));
      }
      continue;
    }
    const auto field = [&](std::string_view name) {
      const std::size_t column = columns[name];
      return column < fields.size() ? fields[column] : std::string_view{};
    };
    if (field("pxname") != backend) continue;
    backend_seen = true;
    const std::string server(field("svname"));
    if (server == "FRONTEND" || server == "BACKEND") continue;
    statuses[server] = {std::string(field("status")), to_int(field("scur")), to_int(field("qcur"))};
  }
  if (!backend_seen) return fail(not_found("HAProxy has no backend " + std::string(backend)));
  return statuses;
}

}  // namespace trimtab::platform
