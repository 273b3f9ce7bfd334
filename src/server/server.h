// Server: everything `trimtab serve` is made of, put together: state directory, store, packs, live runner, REST
// surface, HTTP server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/assets.h"
#include "base/result.h"
#include "net/http_server.h"

namespace trimtab::server {

struct ServerOptions {
  std::string state_directory;
  net::ListenAddress listen{"127.0.0.1", 7070};
  bool allow_remote = false;               // listen on an address other machines can reach
  std::vector<std::string> allowed_hosts;  // names in the field Host besides loopback and the address itself
  std::string packs_folder;                // packs beside the embedded ones; empty: none
  // Namespaces whose custom resources Application are kept enrolled ("*": all), in the cluster of the environment's
  // kubeconfig or of the pod; none: custom resources are not looked at.
  std::vector<std::string> applications_in;
  const std::vector<api::Asset>* assets = nullptr;  // the web page; null: none
  std::string crash_at;                             // see CrashPoint; empty: never
};

class Server {
 public:
  // Errors: kConflict (state directory or address in use), kDenied (a remote address without allow_remote), those of
  // store and packs, and of kubernetes::load_access with applications_in.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(const ServerOptions& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] int port() const;
  [[nodiscard]] std::string token_file() const;

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace trimtab::server
