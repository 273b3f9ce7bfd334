#include "net/listen_address.h"

#include <cerrno>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/http_server.h"

namespace trimtab::net {
namespace {

constexpr int kBacklog = 128;

struct Resolved {
  sockaddr_storage address{};
  socklen_t size = 0;
};

Result<Resolved> resolve(const std::string& address, int port) {
  Resolved result;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&result.address);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.address);
  if (port < 0 || port > 65535) return fail(invalid_input(fmt::format("{} is not a port", port)));
  if (::inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<std::uint16_t>(port));
    result.size = sizeof *v4;
  } else if (::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(port));
    result.size = sizeof *v6;
  } else {
    return fail(invalid_input(fmt::format("\"{}\" is not an IP address", address)));
  }
  return result;
}

Error bind_error(const std::string& address, int port) {
  const auto where = fmt::format("{} port {}", address, port);
  if (errno == EADDRINUSE) {
    return conflict(fmt::format("{} is in use", where), "stop the program that uses it or choose another port");
  }
  if (errno == EACCES) return denied(fmt::format("{} may not be used", where), "choose a port above 1023");
  return invalid_input(fmt::format("cannot listen on {}: {}", where, std::strerror(errno)));
}

}  // namespace

Result<BoundListener> bind_and_listen(const std::string& address, int port) {
  TRY_ASSIGN(auto target, resolve(address, port));
  BoundListener result{Descriptor(::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
                       0};
  const int fd = result.listener.get();
  if (fd < 0) return fail(exhausted(fmt::format("no socket: {}", std::strerror(errno))));
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto* raw = reinterpret_cast<sockaddr*>(&target.address);
  if (::bind(fd, raw, target.size) != 0 || ::listen(fd, kBacklog) != 0) return fail(bind_error(address, port));
  socklen_t size = sizeof target.address;
  if (::getsockname(fd, raw, &size) != 0) return fail(internal_error("getsockname failed"));
  // The port stands at the same place in both address families.
  result.port = ntohs(reinterpret_cast<sockaddr_in*>(raw)->sin_port);
  return result;
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto bad = [&] {
    return fail(invalid_input(fmt::format("\"{}\" is not a listen address", text), {},
                              "write 127.0.0.1:7070, [::1]:7070 or :7070"));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  ListenAddress result;
  const auto digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
  if (error != std::errc() || end != digits.data() + digits.size()) return bad();
  auto host = text.substr(0, colon);
  if (host.starts_with('[') != host.ends_with(']')) return bad();
  const bool bracketed = host.starts_with('[');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (bracketed != host.contains(':')) return bad();
  result.address = host.empty() || host == "localhost" ? "127.0.0.1" : std::string(host);
  if (bracketed && host.empty()) return bad();
  if (!resolve(result.address, result.port)) return bad();
  return result;
}

bool is_loopback(std::string_view address) {
  if (address == "localhost") return true;
  const std::string text(address);
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace trimtab::net
