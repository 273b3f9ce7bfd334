#include "packs/runtime/v8_heap.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace trimtab::packs {
namespace {

constexpr double kLeastOldMib = 256;      // V8HeapTrait::kMinSize
constexpr double kGreatestOldMib = 2048;  // and twice that on machines with 15 GiB or more
constexpr double kSpacesPerSemi = 3;      // two semi-spaces and the new large-object space
constexpr double kPageMib = 0.25;

std::optional<double> value_after(const std::string& word, std::string_view name) {
  if (!word.starts_with("--") || word.size() <= name.size() + 3) return std::nullopt;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = word[i + 2] == '_' ? '-' : word[i + 2];
    if (c != name[i]) return std::nullopt;
  }
  if (word[name.size() + 2] != '=') return std::nullopt;
  const char* first = word.data() + name.size() + 3;
  const char* last = word.data() + word.size();
  double value = 0;
  const auto [end, status] = std::from_chars(first, last, value);
  return status == std::errc{} && end == last ? std::optional(value) : std::nullopt;
}

struct Generations {
  double old = 0;
  double semi = 0;
};

// V8 13 (Node 24): semi-spaces up to 64 MiB at 1/32 of the old generation instead of 16 at 1/128; a power of two.
Generations defaults(const RuntimeVersion& version, double memory) {
  const bool large_semi = version.major >= 24;
  Generations result;
  // "At least 15 GiB": since Node 22 compared in bytes, before that in a way that needs half a GiB more.
  const double large_machine = version.major >= 22 ? 15360 : 15872;
  const double cap = memory >= large_machine ? 2 * kGreatestOldMib : kGreatestOldMib;
  result.old = std::clamp(memory / 4 * 2, kLeastOldMib, cap);
  result.old = std::ceil(result.old / kPageMib - 1e-9) * kPageMib;
  const bool low_memory = result.old <= kLeastOldMib;
  const double ratio = low_memory ? 256 : (large_semi ? 32 : 128);
  result.semi = std::clamp(result.old / ratio, 1.0, large_semi ? 64.0 : 16.0);
  result.semi = std::exp2(std::ceil(std::log2(result.semi) - 1e-9));
  return result;
}

}  // namespace

NodeFlags read_node_flags(const std::vector<std::string>& words) {
  NodeFlags flags;
  const auto keep = [](std::optional<double>& field, const std::optional<double>& value) {
    if (value) field = value;
  };
  for (const auto& word : words) {
    keep(flags.max_old_space_mib, value_after(word, "max-old-space-size"));
    keep(flags.max_old_space_percentage, value_after(word, "max-old-space-size-percentage"));
    keep(flags.max_semi_space_mib, value_after(word, "max-semi-space-size"));
    keep(flags.max_heap_mib, value_after(word, "max-heap-size"));
  }
  return flags;
}

NodeErgonomics node_ergonomics(const RuntimeVersion& given, const Surroundings& at, const NodeFlags& flags) {
  const RuntimeVersion version = given.is_known() ? given : RuntimeVersion{20, 0, 0};
  NodeErgonomics result;
  // libuv reads control groups of version 1 since Node 12, of version 2 since libuv 1.45 (Node 20.3).
  result.sees_limits = at.cgroup_version < 2 || version >= RuntimeVersion{20, 3, 0};
  result.memory_mib = at.node_memory_mib;
  if (result.sees_limits && at.memory_limit_mib) {
    result.memory_mib = std::min(result.memory_mib, *at.memory_limit_mib);
  }
  Generations sizes = defaults(version, result.memory_mib);
  if (flags.max_old_space_percentage) sizes.old = result.memory_mib * *flags.max_old_space_percentage / 100;
  if (flags.max_old_space_mib && *flags.max_old_space_mib > 0) sizes.old = *flags.max_old_space_mib;
  if (flags.max_semi_space_mib && *flags.max_semi_space_mib > 0) {
    sizes.semi = std::exp2(std::ceil(std::log2(*flags.max_semi_space_mib)));
  }
  result.semi_space_mib = sizes.semi;
  result.old_space_mib = sizes.old;
  result.heap_limit_mib = sizes.old + kSpacesPerSemi * sizes.semi;
  if (flags.max_heap_mib && !flags.max_old_space_mib) {
    result.heap_limit_mib = *flags.max_heap_mib;
    result.old_space_mib = std::max(0.0, *flags.max_heap_mib - kSpacesPerSemi * sizes.semi);
  }
  return result;
}

}  // namespace trimtab::packs
