// Runtime: which language runtime a process is, in which version, and what it stands in: the CPU and memory that it can
// see. The vocabulary of the ergonomics models (hotspot.h, go_runtime.h, v8_heap.h, dotnet_gc.h), of detection and of
// findings. Immutable values.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trimtab::packs {

enum class RuntimeKind {
  kUnknown,
  kHotspot,  // OpenJDK and its builds
  kOpenJ9,
  kGo,
  kNodejs,
  kDotnet,
  kPython,
  kNginx,
};

[[nodiscard]] std::string_view runtime_name(RuntimeKind kind);  // "hotspot", "openj9", "go", "nodejs", ...
// Whether the runtime has a heap of its own that does not give memory back as demand falls.
[[nodiscard]] bool is_managed(RuntimeKind kind);

// Java counts its updates where others count patches: 8u372 and 1.8.0_372 are {8, 0, 372}; 17.0.5 is {17, 0, 5}.
struct RuntimeVersion {
  int major = 0;  // 0: not known
  int minor = 0;
  int patch = 0;
  auto operator<=>(const RuntimeVersion&) const = default;
  [[nodiscard]] bool is_known() const { return major > 0; }
  [[nodiscard]] std::string to_string() const;  // "17.0.5", "8.0.372", "unknown"
};
// Understands "17", "17.0.5+8", "1.8.0_372", "8u372", "go1.25.1", "v20.11.0". kInvalidInput for anything else.
[[nodiscard]] Result<RuntimeVersion> parse_version(std::string_view text);

// What a process in a container stands in. Cores and MiB.
struct Surroundings {
  double node_cpus = 1;           // that the process may be scheduled on
  double node_memory_mib = 1024;  // physical
  std::optional<double> cpu_limit;
  std::optional<double> cpu_request;  // only old JVMs look at it (as cpu.shares)
  std::optional<double> memory_limit_mib;
  int cgroup_version = 2;
};

}  // namespace trimtab::packs
