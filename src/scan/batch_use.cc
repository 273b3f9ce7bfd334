#include "scan/batch_use.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trimtab::scan {
namespace {

constexpr double kHourSeconds = 3600;
constexpr double kMebi = 1024.0 * 1024.0;
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
constexpr float kUnseen = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kLongestGapHours = 2;  // between samples of a counter; the rise over a longer one is left out

float larger(float a, double b) {
  return std::isnan(a) ? static_cast<float>(b) : std::max(a, static_cast<float>(b));
}

}  // namespace

double HourlyUse::* BatchUse::event_of(std::string_view metric) {
  if (metric == "container_cpu_cfs_throttled_periods_total") return &HourlyUse::throttled_periods;
  if (metric == "container_cpu_cfs_periods_total") return &HourlyUse::periods;
  if (metric == "container_oom_events_total") return &HourlyUse::oom_kills;
  if (metric == "kube_pod_container_status_restarts_total") return &HourlyUse::restarts;
  return nullptr;
}

BatchUse::BatchUse(const Inventory& inventory, const PodNames& names, std::vector<Range> workloads, std::size_t hours,
                   double first_seconds)
    : inventory_(inventory),
      names_(names),
      workloads_(std::move(workloads)),
      hours_(hours),
      first_seconds_(first_seconds),
      position_(workloads_.back().second - workloads_.front().first, kNone) {
  for (const auto& [first, last] : workloads_) {
    for (std::size_t i = first; i < last; ++i) {
      position_[i - workloads_.front().first] = uses_.size();
      HourlyUse use;
      use.cpu.assign(hours_, kUnseen);
      use.cpu_total.assign(hours_, kUnseen);
      use.memory.assign(hours_, kUnseen);
      use.cpu_peak.assign(hours_, kUnseen);
      use.pods.assign(hours_, 0);
      uses_.push_back(std::move(use));
    }
  }
}

void BatchUse::each_container(const Series& series, const std::function<void(std::size_t, HourlyUse&)>& visit) {
  const auto range = names_.find(std::string(series.label("namespace")), std::string(series.label("pod")));
  const std::size_t base = workloads_.front().first;
  // A pod of the same name in another of the batch's namespaces.
  if (!range || range->first < base || range->second > workloads_.back().second) return;
  const std::string_view container = series.label("container");
  for (std::size_t i = range->first; i < range->second; ++i) {
    if (inventory_.containers[i].name == container && position_[i - base] != kNone)
      visit(i, uses_[position_[i - base]]);
  }
}

// Point at hour h covers (h-1, h]; the first hour's is at its end.
std::optional<std::size_t> BatchUse::hour_of(double seconds) const {
  const double hour = std::round((seconds - first_seconds_) / kHourSeconds);
  if (hour < 0 || hour >= static_cast<double>(hours_)) return std::nullopt;
  return static_cast<std::size_t>(hour);
}

void BatchUse::add_cpu(const Series& series) {
  each_container(series, [&](std::size_t index, HourlyUse&) {
    std::vector<float>& cpu = pod_cpu_[{index, std::string(series.label("pod"))}];
    if (cpu.empty()) cpu.assign(hours_, kUnseen);
    for (std::size_t i = 1; i < series.points.size(); ++i) {
      const Point& before = series.points[i - 1];
      const Point& now = series.points[i];
      const auto hour = hour_of(now.seconds);
      const double gap = std::round((now.seconds - before.seconds) / kHourSeconds);
      if (before.value < 0 || now.value < 0) continue;  // no counter's
      if (!hour || gap < 1 || gap > static_cast<double>(kLongestGapHours)) continue;
      // A counter that fell started anew: what it shows now is the least it rose.
      const double rise = now.value >= before.value ? now.value - before.value : now.value;
      const double cores = rise / (gap * kHourSeconds);
      if (cores < 0 || cores > kMostCores) continue;
      for (std::size_t back = 0; back < static_cast<std::size_t>(gap) && back <= *hour; ++back)
        cpu[*hour - back] = larger(cpu[*hour - back], cores);
    }
  });
}

void BatchUse::add_memory(const Series& series) {
  each_container(series, [&](std::size_t, HourlyUse& use) {
    for (const Point& point : series.points) {
      const auto h = hour_of(point.seconds);
      if (h && point.value >= 0 && point.value / kMebi <= kMostMemoryMib)
        use.memory[*h] = larger(use.memory[*h], point.value / kMebi);
    }
  });
}

void BatchUse::add_cpu_peak(const Series& series) {
  each_container(series, [&](std::size_t, HourlyUse& use) {
    for (const Point& point : series.points) {
      const auto h = hour_of(point.seconds);
      if (h && point.value >= 0 && point.value <= kMostCores) use.cpu_peak[*h] = larger(use.cpu_peak[*h], point.value);
    }
  });
}

void BatchUse::add_event(std::string_view metric, const Series& series) {
  double HourlyUse::* const event = event_of(metric);
  if (event == nullptr || series.points.empty()) return;
  // cAdvisor tells containers of one name apart by their identity.
  const std::string identity = std::string(metric) + '\n' + std::string(series.label("namespace")) + '\n' +
                               std::string(series.label("pod")) + '\n' + std::string(series.label("container")) + '\n' +
                               std::string(series.label("id"));
  for (const Point& point : series.points) {
    if (point.value < 0) continue;  // no counter's
    const auto [last, first_seen] = last_event_.try_emplace(identity, point.value);
    const bool existed = first_seen && point.seconds <= first_seconds_ - kHourSeconds + 1;  // at the window's start
    const double before = existed ? point.value : first_seen ? 0 : last->second;
    const double rise = point.value >= before ? point.value - before : point.value;
    last->second = point.value;
    if (rise > 0 && rise <= kMostEvents)
      each_container(series, [&](std::size_t, HourlyUse& use) { use.*event += rise; });
  }
}

void BatchUse::add_live_heap(const Series& series) {
  each_container(series, [&](std::size_t, HourlyUse& use) {
    for (const Point& point : series.points)
      if (point.value / kMebi <= kMostMemoryMib) use.live_heap_mib = std::max(use.live_heap_mib, point.value / kMebi);
  });
}

void BatchUse::finish(const std::function<void(std::size_t, const HourlyUse&)>& done) {
  const std::size_t base = workloads_.front().first;
  for (const auto& [pod, cpu] : pod_cpu_) {
    HourlyUse& use = uses_[position_[pod.first - base]];
    for (std::size_t h = 0; h < hours_; ++h) {
      if (std::isnan(cpu[h])) continue;
      use.cpu[h] = larger(use.cpu[h], cpu[h]);
      use.cpu_total[h] = (std::isnan(use.cpu_total[h]) ? 0.0F : use.cpu_total[h]) + cpu[h];
      if (use.pods[h] < std::numeric_limits<std::uint16_t>::max()) ++use.pods[h];
    }
  }
  for (const auto& [first, last] : workloads_) {
    for (std::size_t i = first; i < last; ++i)
      done(i, uses_[position_[i - base]]);
  }
}

}  // namespace trimtab::scan
