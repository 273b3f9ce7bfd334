// ResponseReader: just enough of HTTP/1.1 (RFC 9112) to know when an answer ends: status line, Content-Length, chunked,
// or the end of the connection. Bodies are counted and dropped.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace trimtab::load {

class ResponseReader {
 public:
  // Takes the next bytes. False: this is no HTTP answer.
  [[nodiscard]] bool take(std::string_view bytes);
  // The server closed. True when that is a proper end of this answer.
  [[nodiscard]] bool take_end();
  [[nodiscard]] bool complete() const { return state_ == State::kComplete; }
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  [[nodiscard]] std::size_t body_bytes() const { return body_bytes_; }
  void reset() { *this = ResponseReader(); }

 private:
  enum class State { kHead, kBody, kUntilClose, kChunkSize, kChunk, kChunkEnd, kTrailer, kComplete };
  [[nodiscard]] bool step();  // false: needs more bytes or is broken
  [[nodiscard]] bool read_head(std::string_view head);
  [[nodiscard]] bool read_line();
  void skip_body();

  State state_ = State::kHead;
  std::string pending_;
  std::size_t left_ = 0;  // of the body or chunk
  int status_ = 0;
  bool keep_alive_ = true;
  bool started_ = false;
  bool broken_ = false;
  std::size_t body_bytes_ = 0;
};

}  // namespace trimtab::load
