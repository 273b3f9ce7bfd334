// HAProxy's runtime API over its Unix socket: states of servers and their running requests.
// https://docs.haproxy.org/2.6/management.html#9.3
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace trimtab::platform {

enum class ServerState { kReady, kDrain, kMaintenance };

struct ServerStatus {
  std::string status;  // "UP", "UP 1/3", "DOWN", "MAINT", "DRAIN", "no check"
  int sessions = 0;    // requests being served
  int queued = 0;
  [[nodiscard]] bool takes_requests() const { return status.starts_with("UP") || status == "no check"; }
  [[nodiscard]] bool set_aside() const { return status.starts_with("MAINT") || status.starts_with("DRAIN"); }
};

// Thread safe: one connection a call. Every call ends within two seconds. Errors: kUnavailable, kDeadlineExceeded,
// kNotFound (no such backend or server), kDenied (the socket has no level admin).
class HaproxyClient {
 public:
  explicit HaproxyClient(std::string socket) : socket_(std::move(socket)) {}

  [[nodiscard]] Result<void> set_state(const std::string& backend, const std::string& server, ServerState state) const;
  // By server, of one backend.
  [[nodiscard]] Result<std::map<std::string, ServerStatus>> statuses(const std::string& backend) const;
  // The answer as it is.
  [[nodiscard]] Result<std::string> command(const std::string& text) const;

 private:
  std::string socket_;
};

// From the answer to `show stat`: CSV whose first line names the columns.
[[nodiscard]] Result<std::map<std::string, ServerStatus>> parse_statuses(std::string_view csv,
                                                                         std::string_view backend);

}  // namespace trimtab::platform
