// A listening TCP socket. Internal to the room; parse_listen_address() and is_loopback() stand in http_server.h.
#pragma once

#include <string>

#include "base/result.h"
#include "net/socket.h"

namespace trimtab::net {

struct BoundListener {
  Descriptor listener;  // non-blocking
  int port = 0;         // the one that was given when 0 was asked for
};
// `address` is a numeric IPv4 or IPv6 address. Errors: kConflict in use, kDenied, kInvalidInput.
[[nodiscard]] Result<BoundListener> bind_and_listen(const std::string& address, int port);

}  // namespace trimtab::net
