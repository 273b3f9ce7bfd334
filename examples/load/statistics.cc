#include "load/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace trimtab::load {
namespace {

constexpr double kLeast = 1e-5;  // seconds: below, all is one bucket
constexpr double kWidth = 1.01;
constexpr std::array<std::string_view, kOutcomes> kNames{"ok",      "client_error", "server_error",
                                                         "timeout", "refused",      "broken"};
// Seconds; the shop's own buckets, so that both sides of the proxy can be compared.
constexpr std::array<double, 18> kBuckets{0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2,
                                          0.25,  0.3,  0.4,  0.5,  0.8,  1,    2,   5,    10};

std::size_t bucket_of(double seconds) {
  if (seconds <= kLeast) return 0;
  return static_cast<std::size_t>(std::ceil(std::log(seconds / kLeast) / std::log(kWidth)));
}

double upper_bound_of(std::size_t bucket) {
  return kLeast * std::pow(kWidth, static_cast<double>(bucket));
}

void count(Summary& summary, Outcome outcome, double latency) {
  ++summary.outcomes.at(static_cast<std::size_t>(outcome));
  summary.latency.add(latency);
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  return kNames.at(static_cast<std::size_t>(outcome));
}

void LatencyHistogram::add(double seconds) {
  const std::size_t bucket = bucket_of(seconds);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  sum_ += seconds;
  max_ = std::max(max_, seconds);
}

double LatencyHistogram::quantile(double share) const {
  const double rank = share * static_cast<double>(count_);
  double seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += static_cast<double>(buckets_[bucket]);
    if (seen > 0 && seen >= rank) return std::min(max_, upper_bound_of(bucket));
  }
  return 0;
}

std::uint64_t LatencyHistogram::at_most(double seconds) const {
  std::uint64_t sum = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size() && upper_bound_of(bucket) <= seconds * 1.0001; ++bucket) {
    sum += buckets_[bucket];
  }
  return sum;
}

std::uint64_t Summary::ended() const {
  return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

std::uint64_t Summary::errors() const {
  return ended() - outcomes.at(static_cast<std::size_t>(Outcome::kOk));
}

void Statistics::arrived(bool measured) {
  const std::lock_guard lock(mutex_);
  ++all_.arrivals;
  if (measured) ++measured_.arrivals;
}

void Statistics::ended(bool measured, Outcome outcome, double latency_seconds) {
  const std::lock_guard lock(mutex_);
  count(all_, outcome, latency_seconds);
  if (measured) count(measured_, outcome, latency_seconds);
}

void Statistics::set_rate(double requests_per_second, double hour) {
  const std::lock_guard lock(mutex_);
  rate_ = requests_per_second;
  hour_ = hour;
}

Summary Statistics::summary(double measured_seconds) const {
  const std::lock_guard lock(mutex_);
  Summary made = measured_;
  made.seconds = measured_seconds;
  return made;
}

std::string Statistics::prometheus() const {
  const std::lock_guard lock(mutex_);
  std::string text = "# HELP load_arrivals_total Requests that were due.\n# TYPE load_arrivals_total counter\n" +
                     fmt::format("load_arrivals_total {}\n", all_.arrivals) +
                     "# HELP load_requests_total Requests that ended.\n# TYPE load_requests_total counter\n";
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    text += fmt::format("load_requests_total{{outcome=\"{}\"}} {}\n", kNames.at(i), all_.outcomes.at(i));
  }
  text +=
      "# HELP load_latency_seconds Time from when a request was due to its end.\n"
      "# TYPE load_latency_seconds histogram\n";
  for (const double bound : kBuckets) {
    text += fmt::format("load_latency_seconds_bucket{{le=\"{}\"}} {}\n", bound, all_.latency.at_most(bound));
  }
  text += fmt::format("load_latency_seconds_bucket{{le=\"+Inf\"}} {0}\nload_latency_seconds_count {0}\n",
                      all_.latency.count());
  text += fmt::format("load_latency_seconds_sum {}\n", all_.latency.sum());
  text += "# HELP load_target_rate Requests per second that are wanted now.\n# TYPE load_target_rate gauge\n" +
          fmt::format("load_target_rate {}\n", rate_) +
          "# HELP load_hour Hour of the compressed day.\n# TYPE load_hour gauge\n" +
          fmt::format("load_hour {}\n", hour_);
  return text;
}

std::string to_json(const Summary& summary) {
  const double ended = static_cast<double>(std::max<std::uint64_t>(1, summary.ended()));
  const double ok = static_cast<double>(summary.outcomes.at(0));
  std::string outcomes;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    outcomes += fmt::format("{}\"{}\":{}", i == 0 ? "" : ",", kNames.at(i), summary.outcomes.at(i));
  }
  return fmt::format(
      "{{\"seconds\":{:.3f},\"arrivals\":{},\"ended\":{},\"outcomes\":{{{}}},\"arrival_rps\":{:.3f},"
      "\"throughput_rps\":{:.3f},\"error_ratio\":{:.6f},\"mean_ms\":{:.2f},\"p50_ms\":{:.2f},\"p90_ms\":{:.2f},"
      "\"p95_ms\":{:.2f},\"p99_ms\":{:.2f},\"max_ms\":{:.2f}}}",
      summary.seconds, summary.arrivals, summary.ended(), outcomes,
      summary.seconds > 0 ? static_cast<double>(summary.arrivals) / summary.seconds : 0,
      summary.seconds > 0 ? ok / summary.seconds : 0, static_cast<double>(summary.errors()) / ended,
      1000 * summary.latency.sum() / ended, 1000 * summary.latency.quantile(0.5), 1000 * summary.latency.quantile(0.9),
      1000 * summary.latency.quantile(0.95), 1000 * summary.latency.quantile(0.99), 1000 * summary.latency.max());
}

}  // namespace trimtab::load
