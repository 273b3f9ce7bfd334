#include "cli/request_lines.h"

#include <array>
#include <cerrno>
#include <iostream>
#include <string_view>

#include <poll.h>
#include <unistd.h>

namespace trimtab::cli {
namespace {

constexpr std::size_t kChunk = 65536;
constexpr int kLook = 100;  // milliseconds between two looks for a stop request

}  // namespace

RequestLines::RequestLines(std::istream& in, std::size_t longest, std::stop_token stop)
    : in_(&in), standard_input_(&in == &std::cin), longest_(longest), stop_(std::move(stop)) {}

bool RequestLines::fill() {
  std::array<char, kChunk> chunk{};
  buffer_.erase(0, at_);
  at_ = 0;
  if (!standard_input_) {
    // What is there at once; one byte when nothing is known to be.
    chunk[0] = static_cast<char>(in_->get());
    if (!*in_) return false;
    const std::streamsize more = in_->readsome(chunk.data() + 1, kChunk - 1);
    buffer_.append(chunk.data(), static_cast<std::size_t>(more) + 1);
    return true;
  }
  for (;;) {
    if (stop_.stop_requested()) return false;
    pollfd wanted{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&wanted, 1, kLook);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    if (ready < 0) return false;
    const ssize_t got = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return false;
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
    return true;
  }
}

std::optional<RequestLines::Line> RequestLines::next() {
  Line line;
  for (;;) {
    const std::string_view left = std::string_view(buffer_).substr(at_);
    const std::size_t end = left.find('\n');
    const std::string_view part = left.substr(0, end);
    line.too_long = line.too_long || line.text.size() + part.size() > longest_;
    if (line.too_long) {
      line.text.clear();
    } else {
      line.text += part;
    }
    const bool any = !left.empty() || line.too_long;
    if (end != std::string_view::npos) {
      at_ += end + 1;
      if (line.text.ends_with('\r')) line.text.pop_back();
      return line;
    }
    at_ = buffer_.size();
    if (!fill()) {
      if (stop_.stop_requested() || (!any && line.text.empty())) return std::nullopt;
      return line;
    }
  }
}

}  // namespace trimtab::cli
