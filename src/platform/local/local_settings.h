// The block `platform: {kind: local, ...}` of an Application document, and what a replica's command becomes.
// The format is described in docs/guide/local-platform.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/application.h"
#include "packs/pack.h"
#include "proc/subprocess.h"

namespace trimtab::platform {

// One place where a replica may run. Its name is also that of its control group and of the proxy's server.
struct Slot {
  std::string name;  // "shop-1"
  int port = 0;
};

struct LocalSettings {
  std::string cgroup;           // parent control group
  std::string directory;        // working directory of the replicas
  std::string state_directory;  // what Trimtab remembers of them
  std::string log_directory;    // one file a slot
  int replicas = 1;
  std::vector<Slot> slots;           // more slots than replicas: a change starts the new one first
  std::vector<std::string> command;  // words; ${flags} and ${arguments} become lists, ${port} and ${replica} text
  std::map<std::string, std::string> environment;
  std::string ready_url;                  // 200: ready
  std::optional<double> start_cpu_cores;  // at least this much CPU until it is ready
  Duration start_timeout{};
  Duration stop_timeout{};   // from TERM to KILL
  Duration drain_timeout{};  // how long running requests may take
  Duration standby{};        // how long a replaced replica stays warm for a roll back; zero: not at all
  std::string proxy_socket;  // HAProxy's runtime socket; empty: no proxy
  std::string proxy_backend;

  [[nodiscard]] const Slot* find_slot(std::string_view name) const;
};

// kInvalidInput with position and field when the block is wrong.
[[nodiscard]] Result<LocalSettings> read_local_settings(const model::Application& application);

// ${name} replaced in a text. Unknown names stay as they are.
[[nodiscard]] std::string expand(std::string_view text, const Slot& slot);

// The process of a replica. Only PATH, HOME, LANG and JAVA_HOME are inherited: secrets of Trimtab stay with it.
[[nodiscard]] proc::CommandLine replica_command(const LocalSettings& settings, const packs::Rendered& rendered,
                                                const Slot& slot);

}  // namespace trimtab::platform
