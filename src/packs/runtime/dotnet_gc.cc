#include "packs/runtime/dotnet_gc.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace trimtab::packs {
namespace {

constexpr double kLeastHardLimitMib = 20;
constexpr double kHardLimitPercent = 75;
constexpr double kMebibyte = 1048576;

constexpr int kFirstDotnetPrefix = 6;

// The setting by either prefix; DOTNET_ is known since .NET 6, and wins.
std::optional<double> setting(const RuntimeVersion& version, const std::map<std::string, std::string>& environment,
                              const std::string& name, int base) {
  for (const std::string prefix : {"DOTNET_", "COMPlus_"}) {
    if (prefix == "DOTNET_" && version.major < kFirstDotnetPrefix) continue;
    const auto at = environment.find(prefix + name);
    if (at == environment.end()) continue;
    std::string_view text = at->second;
    if (base == 16 && (text.starts_with("0x") || text.starts_with("0X"))) text.remove_prefix(2);
    unsigned long long value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (status == std::errc{} && end == text.data() + text.size()) return static_cast<double>(value);
  }
  return std::nullopt;
}

}  // namespace

DotnetErgonomics dotnet_ergonomics(const RuntimeVersion& given, const Surroundings& at, bool server_asked,
                                   const std::map<std::string, std::string>& environment) {
  const RuntimeVersion version = given.is_known() ? given : RuntimeVersion{8, 0, 0};
  DotnetErgonomics result;
  const int host = std::max(1, static_cast<int>(std::ceil(at.node_cpus - 1e-9)));
  result.processors = host;
  if (at.cpu_limit) result.processors = std::clamp(static_cast<int>(std::ceil(*at.cpu_limit - 1e-9)), 1, host);
  if (const auto count = setting(version, environment, "PROCESSOR_COUNT", 10); count && *count > 0) {
    result.processors = static_cast<int>(*count);
  }
  const bool asked = setting(version, environment, "gcServer", 16).value_or(server_asked ? 1 : 0) != 0;
  result.server = asked && result.processors > 1;  // one processor: always Workstation
  const auto heap_count = setting(version, environment, "GCHeapCount", 16);
  if (result.server) result.heaps = std::max(1, static_cast<int>(heap_count.value_or(result.processors)));
  // DATAS: .NET 8 on request, 9 and later unless a heap count is given or it is switched off.
  const double adapt =
      setting(version, environment, "GCDynamicAdaptationMode", 16).value_or(version.major >= 9 ? 1 : 0);
  result.adapts = result.server && adapt != 0 && version.major >= 8 && !heap_count;
  if (const auto bytes = setting(version, environment, "GCHeapHardLimit", 16); bytes && *bytes > 0) {
    result.hard_limit_mib = *bytes / kMebibyte;
  } else if (const auto percent = setting(version, environment, "GCHeapHardLimitPercent", 16);
             percent && *percent > 0) {
    const double memory = std::min(at.node_memory_mib, at.memory_limit_mib.value_or(at.node_memory_mib));
    result.hard_limit_mib = memory * *percent / 100;
  } else if (at.memory_limit_mib && *at.memory_limit_mib < at.node_memory_mib) {
    result.hard_limit_mib = std::max(kLeastHardLimitMib, *at.memory_limit_mib * kHardLimitPercent / 100);
  }
  result.conserve_memory = setting(version, environment, "GCConserveMemory", 16).value_or(0);
  return result;
}

}  // namespace trimtab::packs
