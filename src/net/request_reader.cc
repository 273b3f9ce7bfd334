#include "net/request_reader.h"

#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include "net/error_response.h"

namespace trimtab::net {
namespace {

namespace http = boost::beast::http;

// A chunk's head (size and extensions) is not counted by any limit of the parser's: more than this is an attack.
constexpr std::size_t kMaxChunkHead = 8 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

ReadOutcome refuse(Response response) {
  return {std::nullopt, std::move(response)};
}
ReadOutcome refuse(int status, std::string code, std::string message) {
  return refuse(error_response(status, std::move(code), std::move(message)));
}

ReadOutcome refuse(const boost::beast::error_code& error) {
  if (error == http::error::body_limit) return refuse(413, "exhausted", "the body is too large");
  if (error == http::error::header_limit) return refuse(431, "exhausted", "the head is too large");
  return refuse(400, "invalid_input", fmt::format("not valid HTTP: {}", error.message()));
}

}  // namespace

// The parser with the request's body to come.
class RequestReader::Body {
 public:
  using Parser = http::request_parser<http::string_body>;

  explicit Body(RequestReader& reader) : reader_(reader) {}

  // nullopt: the body is whole.
  std::optional<ReadOutcome> read(Parser& parser) {
    parser.eager(true);
    const auto deadline = std::chrono::steady_clock::now() + reader_.options_.body_deadline;
    while (!parser.is_done()) {
      if (!reader_.buffer_.empty()) {
        boost::beast::error_code error;
        const auto used = parser.put(boost::asio::buffer(reader_.buffer_), error);
        reader_.buffer_.erase(0, used);
        if (error && error != http::error::need_more) return refuse(error);
        if (parser.is_done()) break;
        if (used > 0 && !reader_.buffer_.empty() && !error) continue;
        if (reader_.buffer_.size() > kMaxChunkHead) return refuse(400, "invalid_input", "a chunk's head is too long");
      }
      std::array<char, 32 * 1024> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read
      const auto got = reader_.socket_.read(piece, deadline);
      if (got.status == ReadStatus::kTimeout) return refuse(408, "deadline_exceeded", "the body came too slowly");
      if (got.status != ReadStatus::kData) return ReadOutcome{};
      reader_.buffer_.append(piece.data(), got.bytes);
    }
    return std::nullopt;
  }

 private:
  RequestReader& reader_;
};

RequestReader::Head RequestReader::read_head(bool first) {
  const auto start = std::chrono::steady_clock::now();
  auto deadline = start + (first ? options_.head_deadline : options_.idle_deadline);
  bool begun = first;
  std::size_t searched = 0;
  while (true) {
    while (buffer_.starts_with("\r\n"))
      buffer_.erase(0, 2);  // RFC 9112 section 2.2
    if (!buffer_.empty() && !begun) {
      begun = true;
      deadline = std::chrono::steady_clock::now() + options_.head_deadline;
    }
    const auto end = buffer_.find("\r\n\r\n", searched);
    if (end != std::string::npos && end + 4 <= options_.max_head_bytes) {
      Head head{buffer_.substr(0, end + 4), {}};
      buffer_.erase(0, end + 4);
      return head;
    }
    if (end != std::string::npos || buffer_.size() > options_.max_head_bytes) {
      return {{}, refuse(431, "exhausted", "the head is too large")};
    }
    // A bare line end never completes a head: answer now rather than at the deadline.
    const auto line = buffer_.find('\n', searched);
    if (line != std::string::npos && (line == 0 || buffer_[line - 1] != '\r')) {
      return {{}, refuse(400, "invalid_input", "the head has a bare line end")};
    }
    searched = buffer_.size() < 3 ? 0 : buffer_.size() - 3;
    std::array<char, 8 * 1024> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read
    const auto got = socket_.read(piece, deadline);
    if (got.status == ReadStatus::kTimeout && !buffer_.empty()) {
      return {{}, refuse(408, "deadline_exceeded", "the head came too slowly")};
    }
    if (got.status != ReadStatus::kData) return {};
    buffer_.append(piece.data(), got.bytes);
  }
}

ReadOutcome RequestReader::next(bool first) {
  const auto head = read_head(first);
  if (head.text.empty()) return head.otherwise;
  if (auto fault = fault_of_head(head.text)) return refuse(std::move(*fault));

  Body::Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(options_.max_head_bytes + 1));
  parser.body_limit(options_.max_body_bytes);
  boost::beast::error_code error;
  parser.put(boost::asio::buffer(head.text), error);
  if (error && error != http::error::need_more) return refuse(error);
  if (!parser.is_header_done()) return refuse(400, "invalid_input", "not valid HTTP");

  ReadRequest result;
  const auto& message = parser.get();
  auto target = parse_target(view(message.target()));
  if (!target) return refuse(error_response(target.error()));
  result.request.method = view(message.method_string());
  result.request.target = std::move(*target);
  // Copied before the body: fields in a chunked body's trailer must not become header fields.
  for (const auto& field : message)
    result.request.headers.add(view(field.name_string()), view(field.value()));
  result.http_1_0 = message.version() == 10;
  result.keep_alive = parser.keep_alive();

  if (const auto* expect = result.request.headers.find("Expect"); expect != nullptr && !result.http_1_0) {
    if (!equal_ignoring_case(*expect, "100-continue")) return refuse(417, "unsupported", "unknown expectation");
    if (!parser.is_done() && buffer_.empty() && !socket_.write(kContinue, options_.write_deadline)) return {};
  }
  if (auto refused = Body(*this).read(parser)) return std::move(*refused);
  result.request.body = std::move(parser.get().body());
  return {std::move(result), std::nullopt};
}

}  // namespace trimtab::net
