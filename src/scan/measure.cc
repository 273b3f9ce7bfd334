#include "scan/measure.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

#include "scan/prometheus_asker.h"
#include <fmt/format.h>

namespace trimtab::scan {
namespace {

using MonotonicClock = std::chrono::steady_clock;

constexpr auto kHour = std::chrono::hours(1);
constexpr double kMebi = 1024.0 * 1024.0;
constexpr int kMaxSplits = 12;                            // halvings of one batch: 4096 parts
constexpr auto kQueryDeadline = std::chrono::minutes(2);  // Prometheus' own default
constexpr double kMaxPods = 65535;

// Workloads of one or several namespaces that are asked about together.
struct Batch {
  std::vector<std::pair<std::size_t, std::size_t>> workloads;  // ranges of inventory.containers
};

struct Cells {
  std::vector<HourlyUse> uses;  // by position in the batch's containers
  std::vector<std::size_t> at;  // container index -> position
};

float larger(float a, double b) {
  return std::isnan(a) ? static_cast<float>(b) : std::max(a, static_cast<float>(b));
}

class Measuring {
 public:
  Measuring(const Inventory& inventory, const net::HttpClient& client, const MeasureOptions& options,
            const std::function<void(std::size_t, const HourlyUse&)>& done)
      : inventory_(inventory),
        client_(client),
        options_(options),
        done_(done),
        names_(inventory),
        hours_(static_cast<std::size_t>(std::max<std::int64_t>(1, options.window / kHour))),
        until_(MonotonicClock::now() + options.deadline) {}

  Result<MeasureReport> run() {
    make_batches();
    std::vector<std::jthread> threads;
    const auto wanted =
        std::min<std::size_t>(static_cast<std::size_t>(std::max(1, options_.concurrency)), batches_.size());
    for (std::size_t i = 1; i < wanted; ++i)
      threads.emplace_back([this] { work(); });
    work();
    threads.clear();
    if (failure_) return fail(*failure_);
    return report_;
  }

 private:
  void make_batches() {
    const auto& all = inventory_.containers;
    std::size_t points = 0;
    for (std::size_t first = 0; first < all.size();) {
      std::size_t last = first;
      while (last < all.size() && all[last].space == all[first].space && all[last].kind == all[first].kind &&
             all[last].workload == all[first].workload) {
        ++last;
      }
      const double replicas = std::max(1.0, all[first].facts.replicas.value_or(1));
      const auto cost = static_cast<std::size_t>(replicas) * (last - first) * hours_;
      if (batches_.empty() || points + cost > options_.points_per_query) {
        batches_.emplace_back();
        points = 0;
      }
      points += cost;
      batches_.back().workloads.emplace_back(first, last);
      first = last;
    }
  }

  void work() {
    for (;;) {
      const std::size_t index = next_.fetch_add(1);
      if (index >= batches_.size() || failed_.load()) return;
      const auto measured = measure_batch(batches_[index], 0);
      if (measured) continue;
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = measured.error();
      failed_ = true;
    }
  }

  // namespace=~"a|b",pod=~"cart-.*|db-.*"
  std::string selector(const Batch& batch) const {
    std::vector<std::string> spaces;
    std::string pods;
    for (const auto& [first, last] : batch.workloads) {
      const ContainerEntry& entry = inventory_.containers[first];
      if (spaces.empty() || spaces.back() != entry.space) spaces.push_back(entry.space);
      pods += (pods.empty() ? "" : "|") + quoted_regexp(entry.workload) + (entry.kind == "Pod" ? "" : "-.*");
    }
    std::string space;
    for (const std::string& each : spaces)
      space += (space.empty() ? "" : "|") + quoted_regexp(each);
    std::string text = fmt::format(R"(container!="",container!="POD",namespace=~"{}",pod=~"{}")", space, pods);
    if (!options_.matchers.empty()) text += "," + options_.matchers;
    return text;
  }

  using Visit = std::function<void(HourlyUse&, const Series&)>;

  Result<void> series_of(const Batch& batch, Cells& cells, const RangeQuery& query, const Visit& visit) {
    const auto left = std::chrono::duration_cast<Duration>(until_ - MonotonicClock::now());
    if (left <= Duration::zero()) return fail(deadline_exceeded("the scan took longer than its deadline"));
    std::size_t points = 0;
    const auto asked =
        ask(client_, options_, query, std::min<Duration>(left, kQueryDeadline), [&](const Series& series) {
          points += series.points.size();
          const auto range = names_.find(std::string(series.label("namespace")), std::string(series.label("pod")));
          if (!range) return;
          const std::string_view container = series.label("container");
          // A pod of the same name in another of the batch's namespaces.
          if (range->first < base_of(batch) || range->second > batch.workloads.back().second) return;
          for (std::size_t i = range->first; i < range->second; ++i) {
            if (inventory_.containers[i].name == container && cells.at[i - base_of(batch)] != kNone) {
              visit(cells.uses[cells.at[i - base_of(batch)]], series);
            }
          }
        });
    const std::lock_guard lock(mutex_);
    ++report_.queries;
    report_.points += points;
    return asked;
  }

  static std::size_t base_of(const Batch& batch) { return batch.workloads.front().first; }

  Cells cells_of(const Batch& batch) const {
    Cells cells;
    cells.at.assign(batch.workloads.back().second - base_of(batch), kNone);
    for (const auto& [first, last] : batch.workloads) {
      for (std::size_t i = first; i < last; ++i) {
        cells.at[i - base_of(batch)] = cells.uses.size();
        HourlyUse use;
        const float unseen = std::numeric_limits<float>::quiet_NaN();
        use.cpu.assign(hours_, unseen);
        use.cpu_total.assign(hours_, unseen);
        use.memory.assign(hours_, unseen);
        use.cpu_peak.assign(hours_, unseen);
        use.pods.assign(hours_, 0);
        cells.uses.push_back(std::move(use));
      }
    }
    return cells;
  }

  // Point at hour h covers (h-1, h]; the first hour's is at its end.
  Instant first_point() const { return options_.end - kHour * static_cast<int>(hours_ - 1); }

  std::optional<std::size_t> hour_of(double seconds) const {
    const double hour = std::round((seconds - first_point().seconds()) / 3600);
    if (hour < 0 || hour >= static_cast<double>(hours_)) return std::nullopt;
    return static_cast<std::size_t>(hour);
  }

  RangeQuery hourly(const std::string& text, Instant first) const {
    return {"max by (namespace,pod,container) (" + text + ")", first, options_.end, kHour};
  }

  Result<void> measure_batch(const Batch& batch, int halvings) {
    Cells cells = cells_of(batch);
    auto asked = fill(batch, cells);
    if (!asked) {
      const Code code = asked.error().code;
      const bool too_much = code == Code::kExhausted || code == Code::kDeadlineExceeded || code == Code::kUnavailable;
      if (!too_much || batch.workloads.size() < 2 || halvings >= kMaxSplits || MonotonicClock::now() >= until_ ||
          options_.stop.stop_requested() || is_connection_trouble(asked.error())) {
        return asked;
      }
      const std::lock_guard one_at_a_time(slow_);
      return halves(batch, halvings);
    }
    const std::lock_guard lock(done_mutex_);
    for (const auto& [first, last] : batch.workloads) {
      for (std::size_t i = first; i < last; ++i)
        done_(i, cells.uses[cells.at[i - base_of(batch)]]);
    }
    return {};
  }

  // Nobody answers there at all: halves would not help.
  static bool is_connection_trouble(const Error& error) {
    return error.code == Code::kUnavailable && !error.message.contains("Prometheus");
  }

  Result<void> halves(const Batch& batch, int halvings) {
    {
      const std::lock_guard lock(mutex_);
      ++report_.splits;
    }
    const auto middle = batch.workloads.begin() + static_cast<std::ptrdiff_t>(batch.workloads.size() / 2);
    TRY(measure_batch({{batch.workloads.begin(), middle}}, halvings + 1));
    return measure_batch({{middle, batch.workloads.end()}}, halvings + 1);
  }

  Result<void> fill(const Batch& batch, Cells& cells) {
    const std::string s = selector(batch);
    TRY(series_of(batch, cells, hourly("rate(container_cpu_usage_seconds_total{" + s + "}[1h])", first_point()),
                  [this](HourlyUse& use, const Series& series) { add_cpu(use, series); }));
    TRY(series_of(batch, cells,
                  hourly("max_over_time(container_memory_working_set_bytes{" + s + "}[1h])", first_point()),
                  [this](HourlyUse& use, const Series& series) {
                    for (const Point& point : series.points) {
                      const auto h = hour_of(point.seconds);
                      if (!h || point.value < 0 || point.value / kMebi > kMostMemoryMib) continue;
                      use.memory[*h] = larger(use.memory[*h], point.value / kMebi);
                    }
                  }));
    const Instant fine = std::max(first_point(), options_.end - options_.fine_window);
    // On the grid of hours, as the first point is.
    const Instant fine_first = options_.end - kHour * ((options_.end - fine) / kHour);
    const std::string peaks = "max_over_time(rate(container_cpu_usage_seconds_total{" + s + "}[5m])[1h:5m])";
    TRY(series_of(batch, cells, hourly(peaks, fine_first), [this](HourlyUse& use, const Series& series) {
      for (const Point& point : series.points) {
        const auto h = hour_of(point.seconds);
        if (h && point.value >= 0 && point.value <= kMostCores)
          use.cpu_peak[*h] = larger(use.cpu_peak[*h], point.value);
      }
    }));
    return fill_events(batch, cells, s);
  }

  Result<void> fill_events(const Batch& batch, Cells& cells, const std::string& s) {
    const auto hours = hours_;
    const auto total = [&](const char* metric, double HourlyUse::* into) {
      const std::string text =
          fmt::format("sum by (namespace,pod,container) (increase({}{{{}}}[{}h]))", metric, s, hours);
      return series_of(batch, cells, {text, {}, options_.end, {}}, [into](HourlyUse& use, const Series& series) {
        if (!series.points.empty()) use.*into += std::max(0.0, series.points.back().value);
      });
    };
    TRY(total("container_cpu_cfs_throttled_periods_total", &HourlyUse::throttled_periods));
    TRY(total("container_cpu_cfs_periods_total", &HourlyUse::periods));
    TRY(total("container_oom_events_total", &HourlyUse::oom_kills));
    TRY(total("kube_pod_container_status_restarts_total", &HourlyUse::restarts));
    const std::string heap = fmt::format(
        "max by (namespace,pod,container) (max_over_time(jvm_gc_live_data_size_bytes{{{}}}[{}h]))", s, hours);
    return series_of(batch, cells, {heap, {}, options_.end, {}}, [](HourlyUse& use, const Series& series) {
      if (!series.points.empty()) use.live_heap_mib = std::max(use.live_heap_mib, series.points.back().value / kMebi);
    });
  }

  void add_cpu(HourlyUse& use, const Series& series) const {
    for (const Point& point : series.points) {
      const auto h = hour_of(point.seconds);
      if (!h || point.value < 0 || point.value > kMostCores) continue;
      use.cpu[*h] = larger(use.cpu[*h], point.value);
      use.cpu_total[*h] = static_cast<float>((std::isnan(use.cpu_total[*h]) ? 0.0 : use.cpu_total[*h]) + point.value);
      if (use.pods[*h] < kMaxPods) ++use.pods[*h];
    }
  }

  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  const Inventory& inventory_;
  const net::HttpClient& client_;
  const MeasureOptions& options_;
  const std::function<void(std::size_t, const HourlyUse&)>& done_;
  const PodNames names_;
  const std::size_t hours_;
  const MonotonicClock::time_point until_;
  std::vector<Batch> batches_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;  // of report_ and failure_
  std::mutex done_mutex_;
  std::recursive_mutex slow_;  // held by the one that asks in halves
  MeasureReport report_;
  std::optional<Error> failure_;
};

}  // namespace

Result<MeasureReport> measure(const Inventory& inventory, const net::HttpClient& client, const MeasureOptions& options,
                              const std::function<void(std::size_t index, const HourlyUse& use)>& done) {
  if (inventory.containers.empty()) return MeasureReport{};
  return Measuring(inventory, client, options, done).run();
}

}  // namespace trimtab::scan
