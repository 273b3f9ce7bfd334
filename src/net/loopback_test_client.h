// For tests only: a raw TCP client that sends bytes as they are and reads what comes, each wait with a deadline.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/socket.h"

namespace trimtab::net {

class LoopbackTestClient {
 public:
  explicit LoopbackTestClient(int port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(descriptor_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] int fd() const { return descriptor_.get(); }

  bool send(std::string_view data) const {
    while (!data.empty()) {
      const auto sent = ::send(fd(), data.data(), data.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      data.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void end_sending() const { ::shutdown(fd(), SHUT_WR); }

  // Reads until `text` has come (kept together with what came after), the peer has closed, or the deadline.
  std::string read_until(std::string_view text) {
    while (!received_.contains(text) && read_more()) {
    }
    return received_;
  }
  // Everything up to the peer's close. `closed()` tells whether it came.
  std::string read_all() {
    while (read_more()) {
    }
    return received_;
  }
  [[nodiscard]] bool closed() const { return closed_; }
  void forget() { received_.clear(); }

 private:
  bool read_more() {
    pollfd wait{fd(), POLLIN, 0};
    if (::poll(&wait, 1, 5000) <= 0) return false;
    std::array<char, 65536> piece{};
    const auto got = ::recv(fd(), piece.data(), piece.size(), 0);
    if (got <= 0) {
      closed_ = true;
      return false;
    }
    received_.append(piece.data(), static_cast<std::size_t>(got));
    return true;
  }

  Descriptor descriptor_;
  bool connected_ = false;
  bool closed_ = false;
  std::string received_;
};

}  // namespace trimtab::net
