// .NET's garbage collector: mode, heap count and hard limit by version, limits and settings. Pure functions; thread
// safe; microseconds. Sources: https://learn.microsoft.com/en-us/dotnet/core/runtime-config/garbage-collector,
// https://github.com/dotnet/runtime/blob/main/src/coreclr/gc/gc.cpp (is_restricted_physical_mem, heap_hard_limit).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "packs/runtime/runtime.h"

namespace trimtab::packs {

struct DotnetErgonomics {
  int processors = 1;                    // Environment.ProcessorCount
  bool server = false;                   // Server GC; what the program asks for, if it can have it
  bool adapts = false;                   // DATAS: fewer heaps, size follows live data
  int heaps = 1;                         // at most, when it does not adapt
  std::optional<double> hard_limit_mib;  // none: the machine's memory
  double conserve_memory = 0;            // 0 to 9
};

// `server_asked`: System.GC.Server in runtimeconfig.json (the default of ASP.NET Core); DOTNET_gcServer of
// `environment` wins over it. Values of DOTNET_ and COMPlus_ variables are hexadecimal. Unknown versions are taken
// for 8.
[[nodiscard]] DotnetErgonomics dotnet_ergonomics(const RuntimeVersion& version, const Surroundings& surroundings,
                                                 bool server_asked,
                                                 const std::map<std::string, std::string>& environment);

}  // namespace trimtab::packs
