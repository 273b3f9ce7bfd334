// HttpClient: HTTP/1.1 and 2 through libcurl. http and https only, TLS verified, redirects are answers like any other
// (authorisation is never forwarded to another host), response size capped. Proxies as the environment says, but none
// to loopback addresses. Thread safe; idle connections are kept and reused by later calls. Errors never show the query
// or user part of a URL.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "net/http_message.h"

namespace trimtab::net {

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  Duration deadline = std::chrono::seconds(10);  // of the whole call
  std::size_t max_response_bytes = 64 * 1024 * 1024;
  std::string ca_file;           // empty: the system's
  std::string client_cert_file;  // PEM; empty: none
  std::string client_key_file;
  std::string ca_pem;  // the same as text; wins over the files. No key has to touch a disk
  std::string client_cert_pem;
  std::string client_key_pem;
  std::string proxy_url;   // empty: as the environment says
  std::string connect_to;  // "HOST:PORT" to connect to in place of the URL's, whose name the certificate must carry
  bool verify_tls = true;
  std::stop_token stop;
  // When set, the body goes here piece by piece and ClientResponse::body stays empty; false ends the call (kCancelled).
  std::function<bool(std::string_view)> sink;
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any HTTP status is a response. Errors: kUnavailable (no connection, TLS), kDeadlineExceeded, kExhausted (too
  // large), kCancelled, kInvalidInput (URL).
  [[nodiscard]] Result<ClientResponse> send(const ClientRequest& request) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trimtab::net
