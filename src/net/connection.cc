#include "net/connection.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

#include "base/log.h"
#include "net/error_response.h"

namespace trimtab::net {
namespace {

constexpr auto kLinger = std::chrono::seconds(1);  // for a refused client to read its answer

// RFC 9110 section 5.6.7.
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; });
}

bool is_clean(const Headers& headers) {
  return std::ranges::none_of(headers.fields(),
                              [](const auto& field) { return has_control(field.first) || has_control(field.second); });
}

std::string head_of(const Response& response) {
  auto head =
      fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason_phrase(response.status), http_date());
  for (const auto& [name, value] : response.headers.fields())
    head += name + ": " + value + "\r\n";
  return head;
}

bool has_no_body(int status) {
  return status == 204 || status == 304 || status < 200;
}

}  // namespace

Connection::Connection(Socket socket, std::string peer, const HttpServerOptions& options, const Handler& handler,
                       std::stop_token stop)
    : socket_(std::move(socket)),
      peer_(std::move(peer)),
      options_(options),
      handler_(handler),
      stop_(std::move(stop)) {}

void Connection::run() {
  RequestReader reader(socket_, options_);
  for (bool first = true; !stop_.stop_requested(); first = false) {
    auto outcome = reader.next(first);
    if (outcome.refusal) {
      static_cast<void>(answer(*outcome.refusal, {.keep_alive = false}));
      socket_.linger(kLinger);
      return;
    }
    if (!outcome.request) return;
    auto& read = *outcome.request;
    read.request.peer = peer_;
    const auto response = call(read.request);
    const Framing framing{read.request.method == "HEAD", read.http_1_0, read.keep_alive && !stop_.stop_requested()};
    if (!(response.stream ? answer_stream(response, framing) : answer(response, framing))) return;
  }
}

Response Connection::call(const Request& request) const {
  try {
    auto response = handler_(request);
    if (is_clean(response.headers)) return response;
    log::error("http.bad_header", {{"method", request.method}, {"path", request.target.path}});
  } catch (const std::exception& error) {
    log::error("http.handler_threw",
               {{"method", request.method}, {"path", request.target.path}, {"what", error.what()}});
  } catch (...) {
    log::error("http.handler_threw", {{"method", request.method}, {"path", request.target.path}});
  }
  return error_response(internal_error("the request could not be answered because of a fault in the server"));
}

bool Connection::answer(const Response& response, const Framing& framing) {
  auto text = head_of(response);
  if (!has_no_body(response.status)) text += fmt::format("Content-Length: {}\r\n", response.body.size());
  if (!framing.keep_alive) text += "Connection: close\r\n";
  if (framing.keep_alive && framing.http_1_0) text += "Connection: keep-alive\r\n";
  text += "\r\n";
  if (!framing.head_only && !has_no_body(response.status)) text += response.body;
  return socket_.write(text, options_.write_deadline) && framing.keep_alive;
}

bool Connection::answer_stream(const Response& response, const Framing& framing) {
  const bool chunked = !framing.http_1_0;
  const bool keep_alive = framing.keep_alive && chunked;
  auto head = head_of(response);
  if (chunked) head += "Transfer-Encoding: chunked\r\n";
  if (!keep_alive) head += "Connection: close\r\n";
  if (!socket_.write(head + "\r\n", options_.write_deadline)) return false;
  if (framing.head_only) return keep_alive;

  bool broken = false;
  const StreamWriter write = [&](std::string_view piece) {
    if (broken || stop_.stop_requested()) return false;
    // A closed client is seen here before the first write to it would succeed into the void.
    broken = socket_.peer_is_gone();
    if (broken || piece.empty()) return !broken;  // an empty chunk would end the body
    const auto text = chunked ? fmt::format("{:x}\r\n{}\r\n", piece.size(), piece) : std::string(piece);
    broken = !socket_.write(text, options_.write_deadline);
    return !broken;
  };
  try {
    response.stream(write, stop_);
  } catch (const std::exception& error) {
    log::error("http.stream_threw", {{"what", error.what()}});
    return false;  // cut short: the client sees that the body is not whole
  }
  if (broken) return false;
  return (!chunked || socket_.write("0\r\n\r\n", options_.write_deadline)) && keep_alive && !stop_.stop_requested();
}

}  // namespace trimtab::net
