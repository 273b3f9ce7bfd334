#include "scan/signals.h"

#include <array>
#include <set>

#include "scan/prometheus_asker.h"
#include <fmt/format.h>

namespace trimtab::scan {
namespace {

struct Histogram {
  const char* name;
  const char* status;  // label of the response's status
  double to_ms;
};
// What instruments requests without being told: Micrometer, OpenTelemetry, client_golang's usual name, Istio, Linkerd,
// ingress-nginx (which names the backend's pod differently and is left to the live engine).
constexpr std::array<Histogram, 5> kHistograms{
    {{"http_server_requests_seconds", "status", 1000},
     {"http_server_request_duration_seconds", "http_response_status_code", 1000},
     {"http_request_duration_seconds", "code", 1000},
     {"istio_request_duration_milliseconds", "response_code", 1},
     {"response_latency_ms", "status_code", 1}}};

constexpr double kMostOfAnything = 1e9;  // requests a second or milliseconds; above, whoever reports it is ill

class Reading {
 public:
  Reading(const Inventory& inventory, const net::HttpClient& client, const MeasureOptions& options)
      : client_(client), options_(options), names_(inventory) {}

  Result<SignalsReport> read() {
    TRY_ASSIGN(const std::set<std::string> known, known_metrics());
    for (const Histogram& histogram : kHistograms) {
      if (known.contains(std::string(histogram.name) + "_count")) TRY(read(histogram));
    }
    // An average over pods counts each by its requests.
    for (auto& [index, sums] : sums_) {
      Signals& signals = report_.workloads[index];
      signals.metric = sums.metric;
      signals.requests_per_second = sums.requests;
      if (sums.requests > 0) signals.error_ratio = std::min(1.0, sums.errors / sums.requests);
      if (sums.p95_ms > 0) signals.p95_ms = sums.p95_ms;
    }
    return std::move(report_);
  }

 private:
  struct Sums {
    std::string metric;
    double requests = 0;
    double errors = 0;
    double p95_ms = 0;  // of the slowest pod
  };
  using Visit = std::function<void(Sums&, double value)>;

  [[nodiscard]] std::string matchers(std::string more = {}) const {
    if (!options_.matchers.empty()) more += (more.empty() ? "" : ",") + options_.matchers;
    return "{" + more + "}";
  }

  Result<std::set<std::string>> known_metrics() {
    std::string names;
    for (const Histogram& histogram : kHistograms)
      names += (names.empty() ? "" : "|") + std::string(histogram.name) + "_count";
    std::set<std::string> known;
    const std::string query = "count by (__name__) (" + matchers("__name__=~\"" + names + "\"") + ")";
    TRY(ask_or_note(query, [&](const Series& series) { known.insert(std::string(series.label("__name__"))); }));
    return known;
  }

  // What is too much for Prometheus is only left out: sizes do not depend on it.
  Result<void> ask_or_note(const std::string& query, const std::function<void(const Series&)>& visit) {
    const auto asked = ask_now(client_, options_, query, visit);
    if (asked) return {};
    const Code code = asked.error().code;
    if (code != Code::kExhausted && code != Code::kDeadlineExceeded && code != Code::kInvalidInput) return asked;
    report_.notes.push_back("response times and errors were not read: " + asked.error().message);
    return {};
  }

  Result<void> each(const char* metric, const std::string& query, const Visit& visit) {
    return ask_or_note(query, [&](const Series& series) {
      const auto range = names_.find(std::string(series.label("namespace")), std::string(series.label("pod")));
      if (!range || series.points.empty()) return;
      const double value = series.points.back().value;
      if (value < 0 || value > kMostOfAnything) return;
      Sums& sums = sums_[range->first];
      // An application's own histogram goes before that of its mesh; both would count every request twice.
      if (sums.metric.empty()) sums.metric = metric;
      if (sums.metric == metric) visit(sums, value);
    });
  }

  Result<void> read(const Histogram& h) {
    const std::string count = std::string(h.name) + "_count";
    TRY(each(h.name, fmt::format("sum by (namespace,pod) (rate({}{}[1h])) > 0", count, matchers()),
             [](Sums& sums, double value) { sums.requests += value; }));
    TRY(each(
        h.name,
        fmt::format("sum by (namespace,pod) (rate({}{}[1h]))", count, matchers(fmt::format("{}=~\"5..\"", h.status))),
        [](Sums& sums, double value) { sums.errors += value; }));
    return each(
        h.name,
        fmt::format("histogram_quantile(0.95, sum by (namespace,pod,le) (rate({}_bucket{}[1h])))", h.name, matchers()),
        [&h](Sums& sums, double value) { sums.p95_ms = std::max(sums.p95_ms, value * h.to_ms); });
  }

  const net::HttpClient& client_;
  const MeasureOptions& options_;
  const PodNames names_;
  std::map<std::size_t, Sums> sums_;
  SignalsReport report_;
};

}  // namespace

Result<SignalsReport> read_signals(const Inventory& inventory, const net::HttpClient& client,
                                   const MeasureOptions& options) {
  return Reading(inventory, client, options).read();
}

}  // namespace trimtab::scan
