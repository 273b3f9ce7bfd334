// A grid of surroundings and flags under which real runtimes are started, and what they are predicted to choose.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "packs/runtime/runtime.h"

namespace trimtab::runtimes {

// A runtime on this machine.
struct Installed {
  packs::RuntimeKind kind = packs::RuntimeKind::kUnknown;
  packs::RuntimeVersion version;
  std::string program;  // java, node, or the built Go probe
};

struct Case {
  std::optional<double> cpu_limit;
  std::optional<double> memory_limit_mib;
  std::vector<std::string> flags;  // of the runtime; Go and .NET: NAME=value for its environment
};

using Figures = std::map<std::string, double>;

enum class GridSize { kSmall, kWhole };
[[nodiscard]] std::vector<Case> cases_of(const Installed& runtime, GridSize size);
// What the models say. Names as in observe().
[[nodiscard]] Figures predict(const Installed& runtime, const Case& at, const packs::Surroundings& node);

// Starts the runtime in a control group with the case's limits, in a mount namespace of its own where the group is the
// root as in a container (version 1), and reads what it prints. Needs root. Errors: as of proc::run, kInternal when it
// fails to start.
class Observer {
 public:
  // `work`: an empty folder for what is built (the probes).
  [[nodiscard]] static Result<Observer> create(std::string work);
  // `left_out`: what is there but cannot be looked at, and what brings it.
  [[nodiscard]] std::vector<Installed> installed(const std::string& folder, std::vector<std::string>& left_out) const;
  [[nodiscard]] Result<Figures> observe(const Installed& runtime, const Case& at) const;
  // Peak of resident memory of the load program (Load.java, load.js, load.go, probe.cs) under the case's limits.
  [[nodiscard]] Result<double> peak_mib(const Installed& runtime, const Case& at,
                                        const std::vector<std::string>& load) const;
  [[nodiscard]] packs::Surroundings node() const;

 private:
  [[nodiscard]] Result<std::string> run_in_group(const std::vector<std::string>& command,
                                                 const std::map<std::string, std::string>& environment, const Case& at,
                                                 bool as_root) const;
  void add_go(const std::string& go, std::vector<Installed>& found) const;
  void add_java(const std::string& java, std::vector<Installed>& found) const;
  void add_dotnet(const std::string& dotnet, std::vector<Installed>& found) const;
  [[nodiscard]] std::string dotnet_probe(const packs::RuntimeVersion& version) const;
  void add_node(const std::string& node, std::vector<Installed>& found) const;
  std::string work_;
  bool has_java_probe_ = false;
  bool has_dotnet_probe_ = false;
};

[[nodiscard]] std::string case_text(const Case& at);

}  // namespace trimtab::runtimes
