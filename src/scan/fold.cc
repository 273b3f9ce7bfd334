#include "scan/fold.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "scan/batch_use.h"

namespace trimtab::scan {
namespace {

constexpr double kMebi = 1024.0 * 1024.0;
constexpr double kHourSeconds = 3600;
constexpr double kFiveSeconds = 300;
constexpr std::string_view kCpu = "container_cpu_usage_seconds_total";
constexpr std::string_view kMemory = "container_memory_working_set_bytes";
constexpr float kUnseen = std::numeric_limits<float>::quiet_NaN();

float larger(float a, double b) {
  return std::isnan(a) ? static_cast<float>(b) : std::max(a, static_cast<float>(b));
}

}  // namespace

SampleFold::SampleFold(const Inventory& inventory, Instant end, Duration window)
    : inventory_(inventory),
      names_(inventory),
      hours_(static_cast<std::size_t>(std::max<std::int64_t>(1, window / std::chrono::hours(1)))),
      first_(end.seconds() - static_cast<double>(hours_) * kHourSeconds),
      events_(inventory.containers.size()) {}

std::size_t SampleFold::add(const Series& series) {
  const std::string metric(series.label("__name__"));
  if (metric != kCpu && metric != kMemory && BatchUse::event_of(metric) == nullptr) return 0;
  const std::string pod(series.label("pod"));
  const auto range = names_.find(std::string(series.label("namespace")), pod);
  if (!range) return 0;
  std::size_t used = 0;
  for (std::size_t i = range->first; i < range->second; ++i) {
    if (inventory_.containers[i].name != series.label("container")) continue;
    Cells& cells = pods_[{i, pod}];
    if (cells.cpu.empty()) {
      cells.cpu.assign(hours_, kUnseen);
      cells.cpu_peak.assign(hours_, kUnseen);
      cells.memory.assign(hours_, kUnseen);
    }
    add_points(i, cells, metric, series, used);
  }
  return used;
}

void SampleFold::add_points(std::size_t index, Cells& cells, const std::string& metric, const Series& series,
                            std::size_t& used) {
  double HourlyUse::* const event = BatchUse::event_of(metric);
  for (const Point& point : series.points) {
    const double hour = std::ceil((point.seconds - first_) / kHourSeconds) - 1;
    if (hour < 0 || hour >= static_cast<double>(hours_)) continue;
    ++used;
    if (metric == kMemory) {
      float& memory = cells.memory[static_cast<std::size_t>(hour)];
      if (point.value >= 0 && point.value / kMebi <= kMostMemoryMib) memory = larger(memory, point.value / kMebi);
      continue;
    }
    const auto [last, is_first] = cells.last.try_emplace(metric, Counter{point.seconds, point.value});
    const double gap = point.seconds - last->second.seconds;
    const double rise = point.value >= last->second.value ? point.value - last->second.value : point.value;
    last->second = {point.seconds, point.value};
    if (is_first || gap <= 0 || gap > kHourSeconds || rise < 0) continue;
    if (event == nullptr) {
      if (rise / gap <= kMostCores) add_cpu(cells, point.seconds, rise);
    } else if (rise <= kMostEvents) {
      events_[index].*event += rise;
    }
  }
}

// Booked where it was seen: a scrape's rise at an hour's start belongs mostly to the hour before, by seconds.
void SampleFold::add_cpu(Cells& cells, double seconds, double rise) const {
  const auto hour = static_cast<std::size_t>(std::ceil((seconds - first_) / kHourSeconds) - 1);
  cells.cpu[hour] = static_cast<float>((std::isnan(cells.cpu[hour]) ? 0.0 : cells.cpu[hour]) + rise);
  const auto five = static_cast<std::size_t>(std::ceil((seconds - first_) / kFiveSeconds) - 1);
  if (five != cells.five) {
    cells.five = five;
    cells.five_seconds = 0;
  }
  cells.five_seconds += rise;
  float& peak = cells.cpu_peak[hour];
  peak = larger(peak, cells.five_seconds / kFiveSeconds);
}

HourlyUse SampleFold::use(std::size_t index) const {
  HourlyUse use = events_[index];
  use.cpu.assign(hours_, kUnseen);
  use.cpu_total.assign(hours_, kUnseen);
  use.memory.assign(hours_, kUnseen);
  use.cpu_peak.assign(hours_, kUnseen);
  use.pods.assign(hours_, 0);
  for (auto pod = pods_.lower_bound({index, ""}); pod != pods_.end() && pod->first.first == index; ++pod) {
    const Cells& cells = pod->second;
    for (std::size_t h = 0; h < hours_; ++h) {
      if (!std::isnan(cells.memory[h])) use.memory[h] = larger(use.memory[h], cells.memory[h]);
      if (std::isnan(cells.cpu[h])) continue;
      const double cores = cells.cpu[h] / kHourSeconds;
      use.cpu[h] = larger(use.cpu[h], cores);
      use.cpu_total[h] = static_cast<float>((std::isnan(use.cpu_total[h]) ? 0.0 : use.cpu_total[h]) + cores);
      use.cpu_peak[h] = larger(use.cpu_peak[h], cells.cpu_peak[h]);
      if (use.pods[h] < std::numeric_limits<std::uint16_t>::max()) ++use.pods[h];
    }
  }
  return use;
}

}  // namespace trimtab::scan
