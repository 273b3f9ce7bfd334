// Socket: an owned, connected TCP socket whose reads and writes take a deadline and end early when the server stops.
// Not thread safe, except shut_down() of the descriptor by others.
#pragma once

#include <chrono>
#include <span>
#include <string_view>
#include <utility>

namespace trimtab::net {

using SteadyTime = std::chrono::steady_clock::time_point;

enum class ReadStatus { kData, kEnd, kTimeout, kStopped, kFailed };

struct ReadResult {
  ReadStatus status = ReadStatus::kFailed;
  std::size_t bytes = 0;
};

// A file descriptor that is closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  // Gives up the descriptor without closing it.
  static void release(Descriptor owned) { owned.fd_ = -1; }

 private:
  int fd_;
};

class Socket {
 public:
  // `descriptor` is connected and non-blocking; `stop_fd` becomes readable when all is to end (an eventfd; -1: never).
  Socket(Descriptor descriptor, int stop_fd) : descriptor_(std::move(descriptor)), stop_fd_(stop_fd) {}

  // Waits for at least one byte.
  [[nodiscard]] ReadResult read(std::span<char> into, SteadyTime deadline);
  // Everything, in pieces of 64 KiB that each may take `per_piece`: a slow reader is served, one that stops is not.
  // Goes on when the server stops. false: the peer is gone or does not read.
  [[nodiscard]] bool write(std::string_view data, std::chrono::microseconds per_piece);
  // Whether the peer has closed its side or the connection is broken. Does not wait.
  [[nodiscard]] bool peer_is_gone() const;
  // Ends sending and swallows what the peer still sends, for at most `limit`: closing with unread bytes would reset the
  // connection and could take the last answer away from the peer (RFC 9112 section 9.6).
  void linger(std::chrono::microseconds limit);
  [[nodiscard]] int fd() const { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
  int stop_fd_;
};

}  // namespace trimtab::net
