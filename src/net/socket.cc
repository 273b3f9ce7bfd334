#include "net/socket.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace trimtab::net {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

// Milliseconds for poll(), rounded up so that a wait never ends just before its deadline.
int poll_timeout(SteadyTime deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

ReadResult Socket::read(std::span<char> into, SteadyTime deadline) {
  while (true) {
    const auto got = ::recv(fd(), into.data(), into.size(), 0);
    if (got > 0) return {ReadStatus::kData, static_cast<std::size_t>(got)};
    if (got == 0) return {ReadStatus::kEnd, 0};
    if (errno == EINTR) continue;
    if (!would_block()) return {ReadStatus::kFailed, 0};
    std::array<pollfd, 2> wait{{{fd(), POLLIN, 0}, {stop_fd_, POLLIN, 0}}};
    const int ready = ::poll(wait.data(), wait.size(), poll_timeout(deadline));
    if (ready < 0 && errno != EINTR) return {ReadStatus::kFailed, 0};
    if (ready > 0 && (wait[1].revents & POLLIN) != 0) return {ReadStatus::kStopped, 0};
    if (ready == 0 && std::chrono::steady_clock::now() >= deadline) return {ReadStatus::kTimeout, 0};
  }
}

bool Socket::write(std::string_view data, std::chrono::microseconds per_piece) {
  while (!data.empty()) {
    const auto piece = data.substr(0, kPiece);
    auto rest = piece;
    const auto deadline = std::chrono::steady_clock::now() + per_piece;
    while (!rest.empty()) {
      const auto sent = ::send(fd(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        rest.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno == EINTR) continue;
      if (!would_block()) return false;
      pollfd wait{fd(), POLLOUT, 0};
      const int ready = ::poll(&wait, 1, poll_timeout(deadline));
      if (ready < 0 && errno != EINTR) return false;
      if (ready == 0 && std::chrono::steady_clock::now() >= deadline) return false;
    }
    data.remove_prefix(piece.size());
  }
  return true;
}

bool Socket::peer_is_gone() const {
  pollfd look{fd(), POLLRDHUP, 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Socket::linger(std::chrono::microseconds limit) {
  if (::shutdown(fd(), SHUT_WR) != 0) return;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::array<char, 4096> sink{};
  while (read(sink, deadline).status == ReadStatus::kData) {
    if (std::chrono::steady_clock::now() >= deadline) return;
  }
}

}  // namespace trimtab::net
