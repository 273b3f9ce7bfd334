// What the tests of the local platform stand on: a directory, free ports, a real HAProxy, an application of two toy
// replicas in three slots. Everything is ended and removed with it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "packs/pack.h"
#include "platform/local/local_platform.h"

namespace trimtab::platform {

class LocalWorld {
 public:
  // kUnsupported when control groups or HAProxy are not to be had here.
  [[nodiscard]] static Result<std::unique_ptr<LocalWorld>> create(const std::string& name);
  ~LocalWorld();
  LocalWorld(const LocalWorld&) = delete;
  LocalWorld& operator=(const LocalWorld&) = delete;

  // A platform as a freshly started Trimtab has it.
  [[nodiscard]] std::unique_ptr<LocalPlatform> open(bool supervise = false);
  // For platforms opened from now on.
  void set_standby(const std::string& duration);
  [[nodiscard]] Result<void> start_proxy();
  void stop_proxy();
  [[nodiscard]] int proxy_port() const { return ports_.at(3); }
  // Requests and 5xx answers that the proxy's frontend counted.
  [[nodiscard]] std::map<std::string, long> proxy_counts() const;
  // How often replicas have been started, from their logs.
  [[nodiscard]] int starts() const;
  [[nodiscard]] std::string parent() const { return "trimtab-" + name_; }
  [[nodiscard]] std::vector<std::string> groups() const;

  [[nodiscard]] static model::Configuration configuration(double cores, double size, const std::string& mode = "good");

 private:
  LocalWorld() = default;
  [[nodiscard]] std::string socket() const { return (directory_ / "haproxy.sock").string(); }
  void write_proxy_configuration() const;
  void make_application();
  [[nodiscard]] std::string platform_block() const;

  std::string name_;
  std::filesystem::path directory_;
  std::vector<int> ports_;  // three slots, then the proxy
  packs::PackLibrary packs_;
  model::Application application_;
  SystemClock clock_;
  proc::ProcessId proxy_;
};

}  // namespace trimtab::platform
