#include "scan/measure.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "scan/batch_use.h"
#include "scan/prometheus_asker.h"
#include <fmt/format.h>

namespace trimtab::scan {
namespace {

using MonotonicClock = std::chrono::steady_clock;

constexpr auto kHour = std::chrono::hours(1);
constexpr int kMaxSplits = 12;                                    // halvings of one batch: 4096 parts
constexpr Duration kFirstPause = std::chrono::milliseconds(250);  // before a busy Prometheus is asked again
constexpr Duration kLongestPause = std::chrono::seconds(4);
constexpr auto kEventsEvery = std::chrono::hours(48);  // counters of events are read so often

// Workloads of one or several namespaces that are asked about together.
struct Batch {
  std::vector<std::pair<std::size_t, std::size_t>> workloads;  // ranges of inventory.containers
  bool whole = false;  // all workloads of their namespaces: no pod needs to be named
};

class Measuring {
 public:
  Measuring(const Inventory& inventory, const net::HttpClient& client, const MeasureOptions& options,
            const std::function<void(std::size_t, const HourlyUse&)>& done)
      : inventory_(inventory),
        client_(client),
        options_(options),
        done_(done),
        names_(inventory),
        hours_(static_cast<std::size_t>(std::max<std::int64_t>(1, options.window / kHour))) {}

  Result<MeasureReport> run() {
    // Where nobody answers, patience would be in vain.
    TRY(ask_now(client_, options_, "vector(1)", [](const Series&) {}));
    make_batches();
    std::vector<std::jthread> threads;
    const auto wanted =
        std::min<std::size_t>(static_cast<std::size_t>(std::max(1, options_.concurrency)), batches_.size());
    for (std::size_t i = 1; i < wanted; ++i)
      threads.emplace_back([this] { work(); });
    work();
    threads.clear();
    if (failure_) return fail(*failure_);
    if (refused_ && measured_ == 0) return fail(*refused_);
    if (refused_) {
      report_.notes.push_back(
          fmt::format("{} workloads were too much for Prometheus and are left out, the last was {}: {}", left_out_,
                      last_left_out_, refused_->message));
    }
    return report_;
  }

 private:
  // Whole namespaces together where they fit, for a list of pods costs Prometheus more than the pods.
  void make_batches() {
    const auto& all = inventory_.containers;
    std::size_t points = 0;
    for (std::size_t first = 0; first < all.size();) {
      Batch space;
      const std::size_t cost = take_space(first, space);
      first = space.workloads.back().second;
      if (cost > options_.points_per_query) {
        cut(space);
        points = options_.points_per_query;  // the next namespace starts its own
        continue;
      }
      if (batches_.empty() || points + cost > options_.points_per_query) {
        batches_.push_back({{}, !options_.part_of_namespaces});
        points = 0;
      }
      points += cost;
      auto& together = batches_.back().workloads;
      together.insert(together.end(), space.workloads.begin(), space.workloads.end());
    }
  }

  // The workloads of the namespace that begins at `first`, and the points that an hourly query of it brings.
  std::size_t take_space(std::size_t first, Batch& space) const {
    const auto& all = inventory_.containers;
    std::size_t points = 0;
    const std::string& name = all[first].space;
    while (first < all.size() && all[first].space == name) {
      std::size_t last = first;
      while (last < all.size() && all[last].space == name && all[last].kind == all[first].kind &&
             all[last].workload == all[first].workload) {
        ++last;
      }
      space.workloads.emplace_back(first, last);
      points += cost_of(space.workloads.back());
      first = last;
    }
    return points;
  }

  std::size_t cost_of(const std::pair<std::size_t, std::size_t>& workload) const {
    const double replicas = std::max(1.0, inventory_.containers[workload.first].facts.replicas.value_or(1));
    return static_cast<std::size_t>(replicas) * (workload.second - workload.first) * hours_;
  }

  void cut(const Batch& space) {
    std::size_t points = 0;
    batches_.emplace_back();
    for (const auto& workload : space.workloads) {
      const std::size_t cost = cost_of(workload);
      if (!batches_.back().workloads.empty() && points + cost > options_.points_per_query) {
        batches_.emplace_back();
        points = 0;
      }
      points += cost;
      batches_.back().workloads.push_back(workload);
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

  // namespace=~"a|b", and where that would be too many: pod=~"cart-.*|db-.*"
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
    std::string text = fmt::format(R"(container!="",container!="POD",namespace=~"{}")", space);
    if (!batch.whole) text += fmt::format(R"(,pod=~"{}")", pods);
    if (!options_.matchers.empty()) text += "," + options_.matchers;
    return text;
  }

  using Visit = std::function<void(const Series&)>;

  Result<void> series_of(const RangeQuery& query, const Visit& visit) {
    std::size_t points = 0;
    const auto asked = ask(client_, options_, query, [&](const Series& series) {
      points += series.points.size();
      visit(series);
    });
    const std::lock_guard lock(mutex_);
    ++report_.queries;
    report_.points += points;
    return asked;
  }

  // Both halves have the point in the middle: a counter's rise over it is in neither otherwise.
  Result<void> series_in_halves(const RangeQuery& query, const Visit& visit, int tries) {
    const auto asked = series_of(query, visit);
    if (asked || !may_ask_again(asked.error()) || query.last - query.first < 2 * query.step) return asked;
    pause_if_busy(asked.error(), tries);
    count_split();
    const Instant middle = query.first + query.step * ((query.last - query.first) / query.step / 2);
    TRY(series_in_halves({query.text, query.first, middle, query.step}, visit, tries + 1));
    return series_in_halves({query.text, middle, query.last, query.step}, visit, tries + 1);
  }

  [[nodiscard]] bool may_ask_again(const Error& error) const {
    const bool too_much =
        error.code == Code::kExhausted || error.code == Code::kDeadlineExceeded || error.code == Code::kUnavailable;
    return too_much && MonotonicClock::now() < options_.until && !options_.stop.stop_requested();
  }

  // What is too much now will be too much later; what is too busy may not.
  void pause_if_busy(const Error& error, int tries) const {
    if (error.code == Code::kExhausted) return;
    const Duration pause = std::min(kLongestPause, kFirstPause * (1 << std::min(tries, 10)));
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any stopped;
    stopped.wait_until(lock, options_.stop, std::min(options_.until, MonotonicClock::now() + pause),
                       [] { return false; });
  }

  void count_split() {
    const std::lock_guard lock(mutex_);
    ++report_.splits;
  }

  // Point at hour h covers (h-1, h]; the first hour's is at its end.
  Instant first_point() const { return options_.end - kHour * static_cast<int>(hours_ - 1); }

  Result<void> measure_batch(const Batch& batch, int halvings) {
    BatchUse use(inventory_, names_, batch.workloads, hours_, first_point().seconds());
    const auto asked = fill(batch, use, halvings);
    if (!asked) {
      if (batch.workloads.size() < 2 && asked.error().code == Code::kExhausted) return leave_out(batch, asked.error());
      if (batch.workloads.size() < 2 || halvings >= kMaxSplits || !may_ask_again(asked.error())) return asked;
      const std::lock_guard one_at_a_time(slow_);
      pause_if_busy(asked.error(), halvings);
      return halves(batch, halvings);
    }
    const std::lock_guard lock(done_mutex_);
    ++measured_;
    use.finish(done_);
    return {};
  }

  Result<void> leave_out(const Batch& batch, const Error& why) {
    const auto& [first, last] = batch.workloads.front();
    const std::lock_guard lock(done_mutex_);
    refused_ = why;
    ++left_out_;
    last_left_out_ = inventory_.containers[first].space + "/" + inventory_.containers[first].workload;
    for (std::size_t i = first; i < last; ++i)
      done_(i, {});
    return {};
  }

  Result<void> halves(const Batch& batch, int halvings) {
    count_split();
    const auto middle = batch.workloads.begin() + static_cast<std::ptrdiff_t>(batch.workloads.size() / 2);
    TRY(measure_batch({{batch.workloads.begin(), middle}, false}, halvings + 1));
    return measure_batch({{middle, batch.workloads.end()}, false}, halvings + 1);
  }

  // Aggregating in Prometheus would cost it more than the few labels that are sent for nothing.
  Result<void> fill(const Batch& batch, BatchUse& use, int tries) {
    const std::string s = selector(batch);
    // Fewer workloads first, for those are asked about together only to save queries; then less time.
    const auto range = [&](const RangeQuery& query, const Visit& visit) {
      return batch.workloads.size() > 1 ? series_of(query, visit) : series_in_halves(query, visit, tries);
    };
    // The counter itself: its rise over each hour is what rate() would say, for two thirds of the work.
    TRY(range({"container_cpu_usage_seconds_total{" + s + "}", first_point() - kHour, options_.end, kHour},
              [&](const Series& series) { use.add_cpu(series); }));
    TRY(range({"max_over_time(container_memory_working_set_bytes{" + s + "}[1h])", first_point(), options_.end, kHour},
              [&](const Series& series) { use.add_memory(series); }));
    const Instant fine = std::max(first_point(), options_.end - options_.fine_window);
    // On the grid of hours, as the first point is.
    const Instant fine_first = options_.end - kHour * ((options_.end - fine) / kHour);
    TRY(range({"max_over_time(rate(container_cpu_usage_seconds_total{" + s + "}[5m])[1h:5m])", fine_first, options_.end,
               kHour},
              [&](const Series& series) { use.add_cpu_peak(series); }));
    return fill_events(s, use);
  }

  // Counters of events are read at the window's start, its end and every other day between: a single query over all of
  // it would have Prometheus look through every block. What a pod counted that lived between two looks is not seen.
  Result<void> fill_events(const std::string& s, BatchUse& use) {
    const std::string events =
        "{__name__=~\"container_cpu_cfs_throttled_periods_total|container_cpu_cfs_periods_total|"
        "container_oom_events_total|kube_pod_container_status_restarts_total\"," +
        s + "}";
    const Instant start = first_point() - kHour;
    for (Instant at = start;; at = std::min(options_.end, at + kEventsEvery)) {
      TRY(series_of({events, {}, at, {}},
                    [&](const Series& series) { use.add_event(series.label("__name__"), series); }));
      if (at == options_.end) break;
    }
    const std::string heap = fmt::format("max_over_time(jvm_gc_live_data_size_bytes{{{}}}[{}h])", s, hours_);
    return series_of({heap, {}, options_.end, {}}, [&](const Series& series) { use.add_live_heap(series); });
  }

  const Inventory& inventory_;
  const net::HttpClient& client_;
  const MeasureOptions& options_;
  const std::function<void(std::size_t, const HourlyUse&)>& done_;
  const PodNames names_;
  const std::size_t hours_;
  std::vector<Batch> batches_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;          // of report_ and failure_
  std::mutex done_mutex_;     // of done_ and of the four below
  std::size_t measured_ = 0;  // batches
  std::size_t left_out_ = 0;  // workloads
  std::string last_left_out_;
  std::optional<Error> refused_;
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
