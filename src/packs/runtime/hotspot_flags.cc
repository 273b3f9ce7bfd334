#include <array>
#include <charconv>
#include <functional>

#include "packs/runtime/hotspot.h"

namespace trimtab::packs {
namespace {

constexpr double kMebibyte = 1048576;

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class T>
void keep(std::optional<T>& field, const std::optional<double>& value) {
  if (value) field = static_cast<T>(*value);
}

struct CollectorFlag {
  std::string_view name;
  Collector collector;
};
constexpr std::array kCollectorFlags{
    CollectorFlag{"UseSerialGC", Collector::kSerial},
    CollectorFlag{"UseParallelGC", Collector::kParallel},
    CollectorFlag{"UseParallelOldGC", Collector::kParallel},
    CollectorFlag{"UseConcMarkSweepGC", Collector::kConcMarkSweep},
    CollectorFlag{"UseG1GC", Collector::kG1},
    CollectorFlag{"UseZGC", Collector::kZ},
    CollectorFlag{"UseShenandoahGC", Collector::kShenandoah},
    CollectorFlag{"UseEpsilonGC", Collector::kEpsilon},
};

// -XX:+Name, -XX:-Name
void read_switch(std::string_view name, bool on, HotspotFlags& flags) {
  for (const auto& entry : kCollectorFlags) {
    if (name != entry.name) continue;
    if (!on) {
      if (flags.collector == entry.collector) flags.collector.reset();
      return;
    }
    if (flags.collector && *flags.collector != entry.collector) flags.contradictions.emplace_back(name);
    flags.collector = entry.collector;
    return;
  }
  if (name == "UseContainerSupport") flags.container_support = on;
  if (name == "UseCompressedOops") flags.compressed_oops = on;
  if (name == "TieredCompilation") flags.tiered = on;
  if (name == "AlwaysPreTouch") flags.pre_touch = on;
  if (name == "ExitOnOutOfMemoryError" || name == "CrashOnOutOfMemoryError") flags.out_of_memory_exits |= on;
}

// -XX:Name=value
void read_value(std::string_view name, std::string_view text, HotspotFlags& flags) {
  const auto size = [&](std::optional<double>& field) { keep(field, parse_jvm_size_mib(text)); };
  const auto count = [&](std::optional<int>& field) { keep(field, number(text)); };
  const auto share = [&](std::optional<double>& field) { keep(field, number(text)); };
  const auto fraction = [&](std::optional<double>& field) {
    if (const auto parts = number(text); parts && *parts > 0) field = 100 / *parts;
  };
  if (name == "MaxHeapSize") return size(flags.max_heap_mib);
  if (name == "InitialHeapSize") return size(flags.initial_heap_mib);
  if (name == "MaxRAM") return size(flags.max_ram_mib);
  if (name == "NewSize" || name == "MaxNewSize") return size(flags.new_size_mib);
  if (name == "SoftMaxHeapSize") return size(flags.soft_max_heap_mib);
  if (name == "MaxMetaspaceSize") return size(flags.max_metaspace_mib);
  if (name == "ReservedCodeCacheSize") return size(flags.reserved_code_cache_mib);
  if (name == "MaxDirectMemorySize") return size(flags.max_direct_mib);
  if (name == "G1HeapRegionSize") return size(flags.g1_region_mib);
  if (name == "ThreadStackSize") return share(flags.thread_stack_kib);
  if (name == "MaxRAMPercentage") return share(flags.max_ram_percentage);
  if (name == "MinRAMPercentage") return share(flags.min_ram_percentage);
  if (name == "InitialRAMPercentage") return share(flags.initial_ram_percentage);
  if (name == "MaxRAMFraction") return fraction(flags.max_ram_percentage);
  if (name == "MinRAMFraction") return fraction(flags.min_ram_percentage);
  if (name == "InitialRAMFraction") return fraction(flags.initial_ram_percentage);
  if (name == "ActiveProcessorCount") return count(flags.active_processors);
  if (name == "ParallelGCThreads") return count(flags.parallel_gc_threads);
  if (name == "ConcGCThreads") return count(flags.concurrent_gc_threads);
  if (name == "CICompilerCount") return count(flags.compiler_threads);
}

void read_word(std::string_view word, HotspotFlags& flags) {
  constexpr std::string_view kCommonPool = "-Djava.util.concurrent.ForkJoinPool.common.parallelism=";
  if (word.starts_with("-XX:")) {
    word.remove_prefix(4);
    if (word.starts_with('+') || word.starts_with('-')) return read_switch(word.substr(1), word[0] == '+', flags);
    const auto at = word.find('=');
    if (at != std::string_view::npos) read_value(word.substr(0, at), word.substr(at + 1), flags);
  } else if (word.starts_with("-Xmx")) {
    keep(flags.max_heap_mib, parse_jvm_size_mib(word.substr(4)));
  } else if (word.starts_with("-Xms")) {
    keep(flags.initial_heap_mib, parse_jvm_size_mib(word.substr(4)));
  } else if (word.starts_with("-Xmn")) {
    keep(flags.new_size_mib, parse_jvm_size_mib(word.substr(4)));
  } else if (word.starts_with("-Xss")) {
    if (const auto size = parse_jvm_size_mib(word.substr(4))) flags.thread_stack_kib = *size * 1024;
  } else if (word.starts_with(kCommonPool)) {
    keep(flags.common_pool, number(word.substr(kCommonPool.size())));
  }
}

}  // namespace

std::optional<double> parse_jvm_size_mib(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double unit = 1 / kMebibyte;
  switch (text.back()) {
    case 'k':
    case 'K':
      unit = 1.0 / 1024;
      break;
    case 'm':
    case 'M':
      unit = 1;
      break;
    case 'g':
    case 'G':
      unit = 1024;
      break;
    case 't':
    case 'T':
      unit = kMebibyte;
      break;
    default:
      break;
  }
  if (unit * kMebibyte != 1) text.remove_suffix(1);
  long long digits = 0;  // the JVM takes whole numbers only
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), digits);
  if (status != std::errc{} || end != text.data() + text.size() || digits < 0) return std::nullopt;
  return static_cast<double>(digits) * unit;
}

HotspotFlags read_hotspot_flags(const std::vector<std::string>& words) {
  HotspotFlags flags;
  for (const auto& word : words)
    read_word(word, flags);
  return flags;
}

}  // namespace trimtab::packs
