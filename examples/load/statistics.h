// Statistics: what became of the requests. Thread safe: the generator writes, the metrics' endpoint reads.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace trimtab::load {

enum class Outcome { kOk, kClientError, kServerError, kTimeout, kRefused, kBroken };
inline constexpr std::size_t kOutcomes = 6;
[[nodiscard]] std::string_view to_string(Outcome outcome);

// Latencies in buckets of 1 % width: every quantile is exact to 1 %.
class LatencyHistogram {
 public:
  void add(double seconds);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double sum() const { return sum_; }
  [[nodiscard]] double max() const { return max_; }
  // Seconds; 0 when empty. `share` in [0, 1].
  [[nodiscard]] double quantile(double share) const;
  [[nodiscard]] std::uint64_t at_most(double seconds) const;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
  double max_ = 0;
};

struct Summary {
  double seconds = 0;  // measured, without warm-up
  std::uint64_t arrivals = 0;
  std::array<std::uint64_t, kOutcomes> outcomes{};
  LatencyHistogram latency;  // of every arrival that ended, in error too: an error is not a fast answer

  [[nodiscard]] std::uint64_t ended() const;
  [[nodiscard]] std::uint64_t errors() const;  // all but kOk
};

class Statistics {
 public:
  // Requests that arrived while `measured` is false appear in the metrics, not in the summary.
  void arrived(bool measured);
  void ended(bool measured, Outcome outcome, double latency_seconds);
  void set_rate(double requests_per_second, double hour);
  [[nodiscard]] Summary summary(double measured_seconds) const;
  // https://prometheus.io/docs/instrumenting/exposition_formats/
  [[nodiscard]] std::string prometheus() const;

 private:
  mutable std::mutex mutex_;
  Summary all_;
  Summary measured_;
  double rate_ = 0;
  double hour_ = 0;
};

// One JSON object on one line; times in ms: p50_ms, p95_ms, p99_ms, throughput_rps, error_ratio ...
[[nodiscard]] std::string to_json(const Summary& summary);

}  // namespace trimtab::load
