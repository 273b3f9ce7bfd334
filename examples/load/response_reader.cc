#include "load/response_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace trimtab::load {
namespace {

constexpr std::size_t kLongestHead = 64 * 1024;

std::string lower(std::string_view text) {
  std::string made(text);
  std::transform(made.begin(), made.end(), made.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return made;
}

template <class Integer>
bool parse(std::string_view text, Integer& number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end != text.data();
}

}  // namespace

bool ResponseReader::take(std::string_view bytes) {
  started_ = started_ || !bytes.empty();
  pending_.append(bytes);
  while (state_ != State::kComplete && step()) {
  }
  return !broken_ && pending_.size() <= kLongestHead;
}

bool ResponseReader::take_end() {
  if (state_ == State::kUntilClose) state_ = State::kComplete;
  keep_alive_ = false;
  return complete();
}

bool ResponseReader::step() {
  switch (state_) {
    case State::kHead: {
      const std::size_t end = pending_.find("\r\n\r\n");
      if (end == std::string::npos) return false;
      broken_ = !read_head(std::string_view(pending_).substr(0, end + 2));
      pending_.erase(0, end + 4);
      if (!broken_ && status_ >= 100 && status_ < 200) state_ = State::kHead;  // an interim answer
      return !broken_;
    }
    case State::kBody:
    case State::kChunk:
      skip_body();
      if (left_ > 0) return false;
      state_ = state_ == State::kBody ? State::kComplete : State::kChunkEnd;
      return true;
    case State::kUntilClose:
      body_bytes_ += pending_.size();
      pending_.clear();
      return false;
    default:
      return read_line();
  }
}

void ResponseReader::skip_body() {
  const std::size_t taken = std::min(left_, pending_.size());
  pending_.erase(0, taken);
  left_ -= taken;
  body_bytes_ += taken;
}

// The lines between chunks, and the trailer after the last.
bool ResponseReader::read_line() {
  const std::size_t end = pending_.find("\r\n");
  if (end == std::string::npos) return false;
  const std::string line = pending_.substr(0, end);
  pending_.erase(0, end + 2);
  if (state_ == State::kChunkEnd) {
    broken_ = !line.empty();
    state_ = State::kChunkSize;
  } else if (state_ == State::kChunkSize) {
    broken_ = !parse(line, left_, 16);
    state_ = left_ == 0 ? State::kTrailer : State::kChunk;
  } else if (line.empty()) {
    state_ = State::kComplete;
  }
  return !broken_;
}

bool ResponseReader::read_head(std::string_view head) {
  if (!head.starts_with("HTTP/1.") || head.size() < 12 || !parse(head.substr(9, 3), status_)) return false;
  keep_alive_ = head[7] == '1';
  state_ = State::kUntilClose;
  left_ = 0;
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::string line = lower(head.substr(at, end - at));
    at = end + 2;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) return false;
    const std::string name = line.substr(0, colon);
    const std::size_t first = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
    const std::string value = line.substr(first);
    if (name == "connection" && value.find("close") != std::string::npos) keep_alive_ = false;
    if (name == "transfer-encoding" && value.find("chunked") != std::string::npos) state_ = State::kChunkSize;
    if (name == "content-length" && state_ == State::kUntilClose) {
      if (!parse(value, left_)) return false;
      state_ = State::kBody;
    }
  }
  if (status_ == 204 || status_ == 304) state_ = State::kComplete;
  return true;
}

}  // namespace trimtab::load
