// The Go runtime's defaults: GOMAXPROCS, GOMEMLIMIT and GOGC, by version. Pure functions; thread safe; microseconds.
// Sources: https://go.dev/doc/go1.25#container-aware-gomaxprocs, https://go.dev/doc/go1.19#mem,
// https://pkg.go.dev/runtime#hdr-Environment_Variables. Held against real programs by tests/runtimes.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "packs/runtime/runtime.h"

namespace trimtab::packs {

struct GoErgonomics {
  int max_procs = 1;
  bool max_procs_given = false;            // GOMAXPROCS is set
  bool follows_limit = false;              // GOMAXPROCS comes from the CPU limit and follows its changes
  std::optional<double> mem_limit_mib;     // GOMEMLIMIT; none: off. Never taken from the control group
  std::optional<double> gc_percent = 100;  // GOGC; none: off
};

// GOMAXPROCS, GOMEMLIMIT, GOGC and GODEBUG of `environment` count. An unknown version is taken for 1.24.
[[nodiscard]] GoErgonomics go_ergonomics(const RuntimeVersion& version, const Surroundings& surroundings,
                                         const std::map<std::string, std::string>& environment);
// "512MiB", "1GiB", "536870912", "off" as GOMEMLIMIT is written. None: the runtime refuses it, or off.
[[nodiscard]] std::optional<double> parse_go_mem_limit_mib(std::string_view text);

}  // namespace trimtab::packs
