// HttpServer: HTTP/1.1 on blocking sockets, a thread per connection, Boost.Beast's parser. Loopback unless told
// otherwise.
//
// Refuses what a proxy in front could read differently (request smuggling): Transfer-Encoding other than exactly
// "chunked", both length forms, obsolete line folding, a missing or repeated Host (RFC 9112). Slow headers, large heads
// and bodies, and too many connections are bounded by Options.
//
// Handlers are ordinary functions called from many threads at once. Exceptions in them are answered with 500.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "net/http_message.h"

namespace trimtab::net {

struct Request {
  std::string method;  // "GET"
  Target target;
  Headers headers;
  std::string body;
  std::string peer;                                      // address of the client
  std::map<std::string, std::string, std::less<>> path;  // filled by Router: ":name" parts of the pattern
};

// Sends one piece of a streamed body at once. false: the client is gone or the server stops.
using StreamWriter = std::function<bool(std::string_view piece)>;

// `body` and `stream` exclude each other. A header field with a control character is answered with 500 instead.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  // When set the body is streamed (chunked, not buffered): called on the connection's thread, which it holds until it
  // returns; it must return soon after `stop` is requested. For server-sent events.
  std::function<void(const StreamWriter& write, std::stop_token stop)> stream;
};

using Handler = std::function<Response(const Request&)>;

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  int port = 0;  // 0: any free one, see HttpServer::port()
  int max_connections = 256;
  std::size_t max_head_bytes = 16 * 1024;
  std::size_t max_body_bytes = 4 * 1024 * 1024;
  Duration head_deadline = std::chrono::seconds(10);
  Duration body_deadline = std::chrono::seconds(30);
  Duration idle_deadline = std::chrono::seconds(60);
  Duration write_deadline = std::chrono::seconds(20);  // of one write to a client that does not read
};

class HttpServer {
 public:
  // Binds and starts to answer. Errors: kConflict when the address is in use, kInvalidInput for a bad address.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, Handler handler);
  // Stops accepting, ends streams and idle connections, waits for handlers at work (at most 5 s; what a handler refers
  // to must outlive that).
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] int port() const;

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// "127.0.0.1:7070", "[::1]:7070" or ":7070" (loopback). kInvalidInput otherwise.
struct ListenAddress {
  std::string address;
  int port = 0;
};
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);
[[nodiscard]] bool is_loopback(std::string_view address);

}  // namespace trimtab::net
