// RequestReader: reads one HTTP/1.x request after another from a socket. Boost.Beast's parser does the grammar; what it
// lets pass and a proxy could read differently (RFC 9112 sections 5 and 6) is refused here before.
#pragma once

#include <optional>
#include <string>

#include "net/http_server.h"
#include "net/socket.h"

namespace trimtab::net {

struct ReadRequest {
  Request request;
  bool http_1_0 = false;
  bool keep_alive = true;
};

// Exactly one of the three: a request, a refusal to answer before closing, or nothing (just close).
struct ReadOutcome {
  std::optional<ReadRequest> request;
  std::optional<Response> refusal;
};

class RequestReader {
 public:
  // Both must outlive this object.
  RequestReader(Socket& socket, const HttpServerOptions& options) : socket_(socket), options_(options) {}

  // `first` of the connection: the head's deadline runs at once; else an idle connection may wait before its next head.
  [[nodiscard]] ReadOutcome next(bool first);

 private:
  // The head with its empty line, taken out of the buffer.
  struct Head {
    std::string text;
    ReadOutcome otherwise;  // when text is empty
  };
  [[nodiscard]] Head read_head(bool first);
  class Body;

  Socket& socket_;
  const HttpServerOptions& options_;
  std::string buffer_;  // read but not yet used: the start of the next request
};

// What is wrong with a head as received, or nothing: control characters, bare line ends, obsolete folding, missing or
// repeated Host, lengths given twice, transfer codings we do not know. Pure; O(size).
[[nodiscard]] std::optional<Response> fault_of_head(std::string_view head);

}  // namespace trimtab::net
