#include "optimizer/live_windows.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>

#include "optimizer/change_point.h"
#include "optimizer/live_features.h"
#include "optimizer/residual_size.h"
#include "optimizer/resource_floor.h"
#include "optimizer/slo_scale.h"

namespace trimtab::optimizer {
namespace {

using model::Observation;

constexpr std::size_t kMostBoundaries = 4;  // the last ones: what lies further back has little weight anyway
constexpr std::size_t kFewestCompared = 6;  // earlier windows that a level is known from
constexpr double kNearLoad = 0.25;          // in logarithm: within which a response is a line
constexpr double kFlat = 0.05;              // spread of logarithmic loads below which there is no slope
// Shifts below one scatter count as none, and at least four windows must agree: of normal noise of that size one alarm
// in ten million windows (measured).
constexpr ChangePointOptions kChart{1, 8, 3};
// Standard deviations of one window about the line: for CPU used, the least that matters; for responses, which queues
// and surges move without any change, what a fortnight of the service model was quiet with.
constexpr double kUseScatter = 0.07;
constexpr double kResponseScatter = 0.2;
constexpr std::size_t kTypical = 16;  // residuals of the right size assumed before the first
constexpr double kSeenLevel = 0.05;
constexpr double kSeenRelative = 0.01;
constexpr double kReleaseShare = 0.2;  // of these, for a release that is not seen

// One quantity over the windows, in logarithms and in units of its scatter; NaN where a window does not tell it.
using Series = std::vector<double>;

std::vector<Series> watched_series(const Problem& problem, const std::vector<Observation>& observations) {
  std::vector<Series> all;
  const double nothing = std::nan("");
  for (const model::Parameter& parameter : problem.space.parameters()) {
    if (role_of(parameter.name) != Role::kCpu) continue;
    const std::string metric = metric_for(parameter.name, {"cpu_used", "cpu_used_peak"}, observations);
    if (metric.empty()) continue;
    Series& series = all.emplace_back();
    for (const Observation& one : observations) {
      const auto at = one.metrics.find(metric);
      series.push_back(!one.failed && at != one.metrics.end() && at->second > 0 ? std::log(at->second) / kUseScatter
                                                                                : nothing);
    }
  }
  for (std::size_t k = 0; k < problem.objective.slos().size(); ++k) {
    std::vector<std::optional<double>> values;
    std::vector<double> known;
    for (const Observation& one : observations) {
      const auto value = problem.objective.slo_value(k, one.metrics, one.configuration);
      values.push_back(value && !one.failed && std::isfinite(*value) ? std::optional(*value) : std::nullopt);
      if (values.back()) known.push_back(*values.back());
    }
    if (known.empty()) continue;
    const SloScale scale(problem.objective.slos()[k], known);
    if (scale.saturating()) continue;
    Series& series = all.emplace_back();
    for (const auto& value : values)
      series.push_back(value ? scale.to_scale(*value) / kResponseScatter : nothing);
  }
  return all;
}

// By which windows are alike.
struct Likeness {
  std::size_t configuration = 0;  // number
  double log_load = 0;
};

std::vector<Likeness> likenesses(const std::vector<Observation>& observations) {
  std::map<std::string, std::size_t> numbers;
  std::vector<Likeness> all;
  for (const Observation& one : observations)
    all.push_back({numbers.emplace(one.configuration.fingerprint(), numbers.size()).first->second,
                   std::log1p(std::max(0.0, one.load))});
  return all;
}

// The residual of window i against those from `first` on of its configuration, in deviations: from a line through those
// at loads near its own. NaN where too few are, or none with more or with less load: what was never seen is no
// surprise.
double residual(const std::vector<Likeness>& alike, const Series& series, std::size_t first, std::size_t i) {
  double count = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  bool below = false, above = false;
  for (std::size_t j = first; j < i; ++j) {
    const double x = alike[j].log_load - alike[i].log_load;
    if (std::isnan(series[j]) || alike[j].configuration != alike[i].configuration || std::abs(x) > kNearLoad) continue;
    count += 1, sum_x += x, sum_y += series[j], sum_xx += x * x, sum_xy += x * series[j];
    below = below || x <= 0;
    above = above || x >= 0;
  }
  if (count < kFewestCompared || !below || !above || std::isnan(series[i])) return std::nan("");
  // Ridge: where all loads are the same there is no slope to tell.
  const double spread = sum_xx - sum_x * sum_x / count + kFlat * kFlat;
  const double slope = (sum_xy - sum_x * sum_y / count) / spread;
  const double expected = sum_y / count - slope * sum_x / count;
  const double leverage = 1 / count + sum_x * sum_x / (count * count) / spread;
  return (series[i] - expected) / std::sqrt(1 + leverage);
}

// The first window after a change, as far as this quantity shows one, of those from `first` on.
std::optional<std::size_t> next_change(const std::vector<Likeness>& alike, const Series& series, std::size_t first) {
  ChangePointDetector detector(kChart);
  ResidualSize usual(kTypical);
  std::vector<std::size_t> windows;
  for (std::size_t i = first; i < alike.size(); ++i) {
    const double one = residual(alike, series, first, i);
    if (std::isnan(one)) continue;
    windows.push_back(i);
    const double size = usual.size();
    usual.add(one);
    if (const auto length = detector.add(one / size)) return windows[windows.size() - *length];
  }
  return std::nullopt;
}

}  // namespace

std::size_t LiveWindows::age_of(std::size_t window) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(boundaries, [&](const EraBoundary& one) { return window < one.first; }));
}

std::size_t LiveWindows::since_seen() const {
  for (auto one = boundaries.rbegin(); one != boundaries.rend(); ++one)
    if (one->seen) return one->first;
  return 0;
}

LiveWindows tell_eras(const Problem& problem, const std::vector<Observation>& observations,
                      const std::vector<std::size_t>& releases) {
  LiveWindows windows{&observations, {}};
  const std::vector<Series> all = watched_series(problem, observations);
  const std::vector<Likeness> alike = likenesses(observations);
  std::size_t first = 0;
  while (true) {
    std::optional<std::size_t> change;
    for (const Series& series : all)
      if (const auto one = next_change(alike, series, first)) change = std::min(change.value_or(*one), *one);
    if (!change || *change <= first) break;
    windows.boundaries.push_back({*change, true, kSeenLevel, kSeenRelative});
    first = *change;
  }
  for (const std::size_t release : releases) {
    const bool known = std::ranges::any_of(windows.boundaries, [&](const auto& b) { return b.first == release; });
    if (release > 0 && release <= observations.size() && !known)
      windows.boundaries.push_back({release, false, kReleaseShare * kSeenLevel, kReleaseShare * kSeenRelative});
  }
  std::ranges::sort(windows.boundaries, {}, &EraBoundary::first);
  if (windows.boundaries.size() > kMostBoundaries)
    windows.boundaries.erase(windows.boundaries.begin(), windows.boundaries.end() - kMostBoundaries);
  return windows;
}

}  // namespace trimtab::optimizer
