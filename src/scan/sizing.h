// Sizing: from what a container is and how it was used, what it should have. Pure and deterministic; microseconds.
//
// CPU request: the larger of the level at which a core more is worth less than the time it would still be lacking
// (scan/need.h), and the weekly peak hours: a peak that comes every Monday is not forgotten. Memory: the greatest use
// seen with room for what was not seen, growth that goes on, and never below what the runtime may come to hold with its
// settings. A limit is kept, raised where it throttled or killed, never invented.
// docs/algorithms/sizing.md
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scan/inventory.h"
#include "scan/measure.h"
#include "scan/need.h"

namespace trimtab::scan {

struct SizingPolicy {
  CpuTradeOff cpu;
  // Room over the greatest memory: a part for everyone, and more the more a program's days differ.
  double memory_margin = 0.10;
  double memory_margin_of_spread = 2;
  double most_memory_margin = 0.20;
  double least_cpu = 0.01;       // cores
  double least_memory_mib = 32;  // below, an image's own start needs more than it runs with
  double least_saving = 0.10;    // of the value: smaller reductions are noise
  double least_hours = 24;       // of data, before anything is recommended
};

struct Prices {
  std::string currency = "EUR";
  double cpu_core_month = 18.5;
  double memory_gib_month = 2.6;
};

enum class Risk { kLow, kMedium, kHigh };
[[nodiscard]] std::string_view risk_name(Risk risk);

struct Sizes {
  std::optional<double> cpu_request;  // cores
  std::optional<double> cpu_limit;
  std::optional<double> memory_request_mib;
  std::optional<double> memory_limit_mib;
  std::optional<double> hpa_cpu_target_ratio;  // so that the autoscaler scales at the same use
  bool operator==(const Sizes&) const = default;
};

// Of one container, everything that a report says.
struct Assessment {
  std::size_t index = 0;  // in Inventory::containers
  packs::RuntimeKind runtime = packs::RuntimeKind::kUnknown;
  std::string runtime_evidence;
  packs::UsageFacts usage;
  double mean_replicas = 0;  // over the window
  Sizes now;
  Sizes recommended;  // equal to `now` when nothing is recommended
  bool changes = false;
  double confidence = 0;  // 0..1: how much was seen of what there is to see
  Risk risk = Risk::kLow;
  std::vector<std::string> reasons;  // why these values; why not others
  std::vector<packs::Finding> findings;
  double cost_now = 0;  // a month, of requests of all replicas
  double cost_recommended = 0;
};

// Prometheus was not asked (or saw nothing): no recommendation, findings from the configuration alone.
[[nodiscard]] Assessment assess(const ContainerEntry& entry, std::size_t index, const HourlyUse& use,
                                const SizingPolicy& policy, const Prices& prices);

}  // namespace trimtab::scan
