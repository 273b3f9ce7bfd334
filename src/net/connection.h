// Connection: answers the requests of one client until it leaves, errs, or the server stops.
#pragma once

#include <stop_token>
#include <string>

#include "net/http_server.h"
#include "net/request_reader.h"
#include "net/socket.h"

namespace trimtab::net {

class Connection {
 public:
  // `options` and `handler` must outlive this object.
  Connection(Socket socket, std::string peer, const HttpServerOptions& options, const Handler& handler,
             std::stop_token stop);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Returns when the connection is to be closed.
  void run();

 private:
  struct Framing {
    bool head_only = false;  // HEAD
    bool http_1_0 = false;
    bool keep_alive = true;
  };
  [[nodiscard]] Response call(const Request& request) const;
  // Whether the connection may be used again.
  [[nodiscard]] bool answer(const Response& response, const Framing& framing);
  [[nodiscard]] bool answer_stream(const Response& response, const Framing& framing);

  Socket socket_;
  std::string peer_;
  const HttpServerOptions& options_;
  const Handler& handler_;
  std::stop_token stop_;
};

}  // namespace trimtab::net
