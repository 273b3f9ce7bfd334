#include "packs/runtime/go_runtime.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace trimtab::packs {
namespace {

const std::string* find(const std::map<std::string, std::string>& environment, const char* name) {
  const auto at = environment.find(name);
  return at == environment.end() || at->second.empty() ? nullptr : &at->second;
}

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_switched_off(const std::map<std::string, std::string>& environment, std::string_view setting) {
  const std::string* debug = find(environment, "GODEBUG");
  return debug != nullptr && ("," + *debug + ",").find("," + std::string(setting) + "=0,") != std::string::npos;
}

}  // namespace

std::optional<double> parse_go_mem_limit_mib(std::string_view text) {
  struct Suffix {
    std::string_view text;
    double mebibytes;
  };
  constexpr std::array kSuffixes{Suffix{"TiB", 1048576}, Suffix{"GiB", 1024}, Suffix{"MiB", 1},
                                 Suffix{"KiB", 1.0 / 1024}, Suffix{"B", 1.0 / 1048576}};
  double unit = 1.0 / 1048576;
  for (const auto& suffix : kSuffixes) {
    if (!text.ends_with(suffix.text)) continue;
    unit = suffix.mebibytes;
    text.remove_suffix(suffix.text.size());
    break;
  }
  long long value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return static_cast<double>(value) * unit;
}

GoErgonomics go_ergonomics(const RuntimeVersion& version, const Surroundings& at,
                           const std::map<std::string, std::string>& environment) {
  const bool aware = version >= RuntimeVersion{1, 25, 0};
  GoErgonomics result;
  const int host = std::max(1, static_cast<int>(std::ceil(at.node_cpus - 1e-9)));
  result.max_procs = host;
  const std::string* procs = find(environment, "GOMAXPROCS");
  const auto given = procs == nullptr ? std::nullopt : whole_number(*procs);
  if (given && *given > 0) {
    result.max_procs = *given;
    result.max_procs_given = true;
  } else if (aware && !is_switched_off(environment, "containermaxprocs")) {
    if (at.cpu_limit) {
      // Rounded up, never below 2 unless the machine has one CPU.
      result.max_procs = std::min(host, std::max(2, static_cast<int>(std::ceil(*at.cpu_limit - 1e-9))));
    }
    result.follows_limit = !is_switched_off(environment, "updatemaxprocs");
  }
  if (const std::string* limit = find(environment, "GOMEMLIMIT")) result.mem_limit_mib = parse_go_mem_limit_mib(*limit);
  if (const std::string* gogc = find(environment, "GOGC")) {
    if (*gogc == "off") result.gc_percent.reset();
    if (const auto percent = whole_number(*gogc)) result.gc_percent = *percent;
    if (result.gc_percent && *result.gc_percent < 0) result.gc_percent.reset();
  }
  return result;
}

}  // namespace trimtab::packs
