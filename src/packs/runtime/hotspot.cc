#include "packs/runtime/hotspot.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace trimtab::packs {
namespace {

// globals.hpp: MaxHeapSize = ScaleForWordSize(96M), that is x 1.3 on 64 bit, cut to whole words of 8 bytes.
constexpr double kDefaultMaxHeapMib = 130862280.0 / 1048576;
// OldSize + NewSize, ScaleForWordSize(4M) and (1M): below this no heap starts.
constexpr double kSmallestInitialMib = (5452592.0 + 1363144.0) / 1048576;
constexpr double kDefaultMaxRamMib = 131072;  // MaxRAM, 128 GiB
constexpr double kMaxRamPercentage = 25;
constexpr double kMinRamPercentage = 50;
constexpr double kInitialRamPercentage = 1.5625;
// Compressed oops reach 32 GiB less one alignment; ergonomic heaps also leave HeapBaseMinAddress (2 GiB) free, so that
// the base is zero. G1 counts its greatest region, 32 MiB, for the alignment.
constexpr double kOopReachMib = 32768;
constexpr double kHeapBaseMib = 2048;
constexpr double kG1GreatestRegionMib = 32;
constexpr double kCardAlignmentMib = 2;  // 512-byte cards x 4 KiB pages
constexpr double kRegionsWanted = 2048;  // HeapRegionBounds::target_number

int ceil_int(double value) {
  return static_cast<int>(std::ceil(value - 1e-9));
}

double align_up(double value, double alignment) {
  return std::ceil(value / alignment - 1e-9) * alignment;
}

double power_of_two(double value, bool up) {
  const double exponent = std::log2(value);
  return std::exp2(up ? std::ceil(exponent - 1e-12) : std::floor(exponent + 1e-12));
}

RuntimeVersion known(const RuntimeVersion& version) {
  return version.major < 8 ? RuntimeVersion{17, 0, 9} : version;
}

bool at_least(const RuntimeVersion& version, int patch_of_8, int patch_of_11, int patch_of_17, int major) {
  switch (version.major) {
    case 8:
      return version.patch >= patch_of_8;
    case 11:
      return version.patch >= patch_of_11;
    case 17:
      return version.patch >= patch_of_17;
    default:
      return version.major >= major;
  }
}

constexpr int kNever = 1 << 30;

// Until JDK-8281181 (11.0.17, 17.0.5, 19; never in 8) the request, as cpu.shares / 1024, counted where there is no
// quota.
bool counts_shares(const RuntimeVersion& version) {
  return !at_least(version, kNever, 17, 5, 19);
}

int processors(const RuntimeVersion& version, const Surroundings& at, const HotspotFlags& flags, bool sees_limits) {
  if (flags.active_processors && *flags.active_processors > 0) return *flags.active_processors;
  const int host = std::max(1, ceil_int(at.node_cpus));
  if (!sees_limits) return host;
  if (at.cpu_limit) return std::clamp(ceil_int(*at.cpu_limit), 1, host);
  if (at.cpu_request && *at.cpu_request != 1 && counts_shares(version)) {  // 1024 shares are taken for "not set"
    return std::clamp(ceil_int(*at.cpu_request), 1, host);
  }
  return host;
}

Collector choose_collector(const RuntimeVersion& version, bool server_class, const HotspotFlags& flags) {
  if (flags.collector) return *flags.collector;
  if (version.major >= 27) return Collector::kG1;  // JEP 523
  if (!server_class) return Collector::kSerial;
  return version.major >= 9 ? Collector::kG1 : Collector::kParallel;  // JEP 248
}

// WorkerPolicy::nof_parallel_worker_threads(5, 8, 8)
int worker_threads(int cpus) {
  return cpus <= 8 ? cpus : 8 + (cpus - 8) * 5 / 8;
}

// CompilationPolicy: log2 n * log2 log2 n * 3/2, at least 2.
int compilers(int cpus) {
  const int log = static_cast<int>(std::bit_width(static_cast<unsigned>(cpus))) - 1;
  const int loglog = static_cast<int>(std::bit_width(static_cast<unsigned>(std::max(log, 1)))) - 1;
  return std::max(log * loglog * 3 / 2, 2);
}

struct Heap {
  double max = 0;
  double initial = 0;
  double region = 0;
  bool compressed_oops = true;
};

double oop_limit(Collector collector) {
  return kOopReachMib - (collector == Collector::kG1 ? kG1GreatestRegionMib : kCardAlignmentMib);
}

// Arguments::set_heap_size before alignment.
Heap ergonomic_heap(const RuntimeVersion& version, double memory, Collector collector, const HotspotFlags& flags) {
  Heap heap;
  const double seen = flags.max_ram_mib.value_or(std::min(memory, kDefaultMaxRamMib));
  heap.compressed_oops = flags.compressed_oops.value_or(true) && collector != Collector::kZ;
  if (flags.max_heap_mib) {
    heap.max = *flags.max_heap_mib;
    if (heap.max > oop_limit(collector)) heap.compressed_oops = false;
  } else {
    const double small = seen * flags.min_ram_percentage.value_or(kMinRamPercentage) / 100;
    heap.max = small < kDefaultMaxHeapMib
                   ? small
                   : std::max(seen * flags.max_ram_percentage.value_or(kMaxRamPercentage) / 100, kDefaultMaxHeapMib);
    if (flags.initial_heap_mib) heap.max = std::max(heap.max, *flags.initial_heap_mib);
    const double reach = oop_limit(collector) - kHeapBaseMib;
    if (heap.compressed_oops && heap.max > reach) {
      const bool limited_by_user =
          flags.max_ram_mib || flags.max_ram_percentage || flags.min_ram_percentage || flags.initial_ram_percentage;
      if (version.major >= 13 && limited_by_user && !flags.compressed_oops) {
        heap.compressed_oops = false;  // JDK-8222252
      } else {
        heap.max = reach;
      }
    }
  }
  heap.initial = flags.initial_heap_mib.value_or(
      std::max(seen * flags.initial_ram_percentage.value_or(kInitialRamPercentage) / 100, kSmallestInitialMib));
  heap.initial = std::min(heap.initial, heap.max);
  return heap;
}

double g1_region(const RuntimeVersion& version, const Heap& heap, const HotspotFlags& flags) {
  if (flags.g1_region_mib) return std::clamp(power_of_two(*flags.g1_region_mib, false), 1.0, kG1GreatestRegionMib);
  // JDK-8241670 (15): from the greatest heap, rounded up; before that from the mean of both, rounded down.
  const bool from_max = version.major >= 15;
  const double basis = from_max ? heap.max : (heap.initial + heap.max) / 2;
  return std::clamp(power_of_two(std::max(basis / kRegionsWanted, 1.0), from_max), 1.0, kG1GreatestRegionMib);
}

void align(const RuntimeVersion& version, Collector collector, const HotspotFlags& flags, Heap& heap) {
  double alignment = kCardAlignmentMib;
  if (collector == Collector::kG1) {
    heap.region = g1_region(version, heap, flags);
    alignment = std::max(alignment, heap.region);
  } else if (collector == Collector::kShenandoah) {
    alignment = std::clamp(power_of_two(std::max(heap.max / kRegionsWanted, 0.25), false), 0.25, 32.0);
  }
  heap.max = align_up(heap.max, alignment);
  heap.initial = std::min(align_up(heap.initial, alignment), heap.max);
}

// zHeuristics.cpp: a share of the CPUs; since 16 no more than 2 % of the heap can give a small page (2 MiB) each.
int z_workers(const RuntimeVersion& version, int cpus, double share, double max_heap) {
  const int by_cpu = ceil_int(cpus * share);
  const int by_heap = version.major >= 16 ? static_cast<int>(max_heap * 0.02 / 2) : by_cpu;
  return std::max(1, std::min(by_cpu, by_heap));
}

void set_gc_threads(const RuntimeVersion& version, const HotspotFlags& flags, HotspotErgonomics& result) {
  const int cpus = result.processors;
  switch (result.collector) {
    case Collector::kSerial:
    case Collector::kEpsilon:
      break;
    case Collector::kParallel:
      result.parallel_gc_threads = worker_threads(cpus);
      break;
    case Collector::kG1:
      result.parallel_gc_threads = flags.parallel_gc_threads.value_or(worker_threads(cpus));
      result.concurrent_gc_threads = std::max(1, (result.parallel_gc_threads + 2) / 4);
      break;
    case Collector::kConcMarkSweep:
      result.parallel_gc_threads = flags.parallel_gc_threads.value_or(worker_threads(cpus));
      result.concurrent_gc_threads = std::max(1, (result.parallel_gc_threads + 3) / 4);
      break;
    case Collector::kZ:
      result.parallel_gc_threads = z_workers(version, cpus, 0.6, result.max_heap_mib);
      result.concurrent_gc_threads = z_workers(version, cpus, version.major >= 17 ? 0.25 : 0.125, result.max_heap_mib);
      break;
    case Collector::kShenandoah:
      result.parallel_gc_threads = std::max(1, cpus / 2);
      result.concurrent_gc_threads = std::max(1, cpus / 4);
      break;
  }
  const bool has_workers = result.collector != Collector::kSerial && result.collector != Collector::kEpsilon;
  if (!has_workers) return;
  result.parallel_gc_threads = flags.parallel_gc_threads.value_or(result.parallel_gc_threads);
  if (result.collector != Collector::kParallel) {
    result.concurrent_gc_threads = flags.concurrent_gc_threads.value_or(result.concurrent_gc_threads);
  }
}

}  // namespace

std::string_view collector_name(Collector collector) {
  switch (collector) {
    case Collector::kSerial:
      return "Serial";
    case Collector::kParallel:
      return "Parallel";
    case Collector::kConcMarkSweep:
      return "ConcMarkSweep";
    case Collector::kG1:
      return "G1";
    case Collector::kZ:
      return "Z";
    case Collector::kShenandoah:
      return "Shenandoah";
    case Collector::kEpsilon:
      return "Epsilon";
  }
  return "";
}

bool hotspot_sees_cgroup(const RuntimeVersion& version, int cgroup_version) {
  const RuntimeVersion v = known(version);
  if (cgroup_version >= 2) return at_least(v, 372, 16, 0, 15);
  return at_least(v, 191, 0, 0, 10);
}

HotspotErgonomics hotspot_ergonomics(const RuntimeVersion& given, const Surroundings& at, const HotspotFlags& flags) {
  const RuntimeVersion version = known(given);
  HotspotErgonomics result;
  result.sees_limits = flags.container_support.value_or(true) && hotspot_sees_cgroup(version, at.cgroup_version);
  result.processors = processors(version, at, flags, result.sees_limits);
  result.memory_mib = at.node_memory_mib;
  if (result.sees_limits && at.memory_limit_mib) {
    result.memory_mib = std::min(result.memory_mib, *at.memory_limit_mib);
  }
  result.server_class = result.processors >= kServerClassProcessors && result.memory_mib >= kServerClassMemoryMib;
  result.collector = choose_collector(version, result.server_class, flags);
  Heap heap = ergonomic_heap(version, result.memory_mib, result.collector, flags);
  align(version, result.collector, flags, heap);
  result.max_heap_mib = heap.max;
  result.initial_heap_mib = heap.initial;
  result.g1_region_mib = heap.region;
  result.compressed_oops = heap.compressed_oops;
  set_gc_threads(version, flags, result);
  result.compiler_threads = flags.compiler_threads.value_or(compilers(result.processors));
  result.common_pool = std::max(1, flags.common_pool.value_or(result.processors - 1));
  return result;
}

}  // namespace trimtab::packs
