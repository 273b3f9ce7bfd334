// ApiClient: the REST API as the command line uses it. Blocking, with a deadline; not thread safe.
#pragma once

#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/command.h"
#include "net/http_client.h"

namespace trimtab::cli {

struct ServerOptions {
  std::string url = "http://127.0.0.1:7070";
  std::string token_file;
};

// --server and --token-file, also from TRIMTAB_SERVER and TRIMTAB_TOKEN_FILE.
[[nodiscard]] std::shared_ptr<ServerOptions> add_server_options(CLI::App& command);

class ApiClient {
 public:
  explicit ApiClient(ServerOptions options) : options_(std::move(options)) {}

  // `path` below /api/v1. Errors: as the server said, with its code; kUnavailable when there is none, kUnauthenticated
  // when a change has no token, kDenied when the token would travel unencrypted.
  [[nodiscard]] Result<nlohmann::json> get(const std::string& path) const;
  // Changes, with the token. A null `body` sends none.
  [[nodiscard]] Result<nlohmann::json> change(const std::string& method, const std::string& path,
                                              const nlohmann::json& body) const;

 private:
  Result<nlohmann::json> send(net::ClientRequest request) const;
  Result<std::string> token() const;

  ServerOptions options_;
  net::HttpClient client_;
};

// Who decides, for the audit trail: the user's name.
[[nodiscard]] std::string user_name();

}  // namespace trimtab::cli
