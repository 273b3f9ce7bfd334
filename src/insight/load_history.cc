#include "insight/load_history.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace trimtab::insight {
namespace {

// Seven daily cycles at 30-minute buckets are 336; this is also what one serialised step can carry without notice.
constexpr std::size_t kMaximumBuckets = 336;
// A week around a daily cycle, and one to compare with.
constexpr int kCyclesKept = 8;
constexpr int kCyclesInWeek = 7;
// Without a cycle buckets grow no wider than this: two weeks of history.
constexpr Duration kWidestWithoutCycle = std::chrono::hours(1);
// A cycle of fewer buckets cannot be told from noise.
constexpr std::size_t kShortestCycle = 6;
constexpr std::size_t kLeastPairs = 12;
constexpr double kCycleSeen = 0.5;  // correlation with itself one cycle later
// The correlation of noise has a standard deviation of 1 / sqrt(pairs); four of them, as a hundred lags are tried.
constexpr double kNoiseDeviations = 4;
constexpr double kCycleForgotten = 0.25;  // between two peaks it must have fallen below this
// One cycle's growth that is believed; more than 10 % a cycle would be an event and not a trend.
constexpr double kFastestGrowth = 1.1;
// Until a whole day (or two cycles) was seen, the peak may be yet to come.
constexpr Duration kDay = std::chrono::hours(24);
constexpr double kUnseenReserve = 1.5;

void double_width(LoadHistory& history) {
  const std::size_t half = (history.highest.size() + 1) / 2;
  for (std::size_t i = 0; i < half; ++i) {
    const double second = 2 * i + 1 < history.highest.size() ? history.highest[2 * i + 1] : -1;
    history.highest[i] = std::max(history.highest[2 * i], second);
  }
  history.highest.resize(half);
  history.bucket *= 2;
}

bool may_drop_oldest(const LoadHistory& history) {
  const auto cycle = find_cycle(history);
  if (!cycle) return history.bucket * 2 > kWidestWithoutCycle;
  return covered(history) >= *cycle * kCyclesKept;
}

void make_room(LoadHistory& history) {
  while (history.highest.size() > kMaximumBuckets) {
    if (may_drop_oldest(history)) {
      const std::size_t surplus = history.highest.size() - kMaximumBuckets;
      history.highest.erase(history.highest.begin(), history.highest.begin() + static_cast<std::ptrdiff_t>(surplus));
      history.start = history.start + history.bucket * static_cast<std::int64_t>(surplus);
    } else {
      double_width(history);
    }
  }
}

// Logarithms of the loads, gaps bridged by the last value, and the linear trend taken out.
std::vector<double> detrended(const LoadHistory& history) {
  std::vector<double> y;
  y.reserve(history.highest.size());
  for (const double load : history.highest)
    y.push_back(load >= 0 ? std::log1p(load) : (y.empty() ? 0.0 : y.back()));
  const double n = static_cast<double>(y.size());
  double sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double x = static_cast<double>(i);
    sum_x += x, sum_y += y[i], sum_xx += x * x, sum_xy += x * y[i];
  }
  const double spread = n * sum_xx - sum_x * sum_x;
  const double slope = spread > 0 ? (n * sum_xy - sum_x * sum_y) / spread : 0;
  const double offset = (sum_y - slope * sum_x) / n;
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] -= offset + slope * static_cast<double>(i);
  return y;
}

double correlation(std::span<const double> a, std::span<const double> b) {
  const double n = static_cast<double>(a.size());
  double mean_a = 0, mean_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    mean_a += a[i] / n, mean_b += b[i] / n;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return aa > 1e-12 && bb > 1e-12 ? ab / std::sqrt(aa * bb) : 0;
}

// Highest load between two instants; negative when nothing was seen there.
double highest_between(const LoadHistory& history, Instant from, Instant to) {
  double highest = -1;
  for (std::size_t i = 0; i < history.highest.size(); ++i) {
    const Instant start = history.start + history.bucket * static_cast<std::int64_t>(i);
    if (start < to && from < start + history.bucket) highest = std::max(highest, history.highest[i]);
  }
  return highest;
}

// Highest load of the buckets whose middle lies between two instants, so that no bucket counts in two cycles; negative
// when nothing was seen there.
double highest_of(const LoadHistory& history, Instant from, Instant to) {
  double highest = -1;
  for (std::size_t i = 0; i < history.highest.size(); ++i) {
    const Instant middle = history.start + history.bucket * static_cast<std::int64_t>(i) + history.bucket / 2;
    if (middle >= from && middle < to) highest = std::max(highest, history.highest[i]);
  }
  return highest;
}

// The highest load of each whole cycle before `at`, newest first.
std::vector<double> cycle_peaks(const LoadHistory& history, Instant at, Duration cycle) {
  std::vector<double> peaks;
  for (int k = 0; k < 2 * kCyclesInWeek; ++k) {
    const Instant from = at - cycle * (k + 1);
    if (from < history.start - history.bucket) break;
    peaks.push_back(highest_of(history, from, at - cycle * k));
  }
  return peaks;
}

// The median growth of the logarithm from the same day a week before, so that weekends do not look like a trend; with
// less than a week and three days Theil-Sen: the median of all pairwise slopes.
double growth_a_cycle(const std::vector<double>& peaks) {
  std::vector<double> slopes;
  const bool weekly = peaks.size() >= kCyclesInWeek + 3;
  for (std::size_t newer = 0; newer < peaks.size(); ++newer) {
    for (std::size_t older = newer + 1; older < peaks.size(); ++older) {
      if (peaks[newer] <= 0 || peaks[older] <= 0 || (weekly && older - newer != kCyclesInWeek)) continue;
      slopes.push_back(std::log(peaks[newer] / peaks[older]) / static_cast<double>(older - newer));
    }
  }
  if (slopes.size() < 3) return 1;
  std::ranges::nth_element(slopes, slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2));
  return std::clamp(std::exp(slopes[slopes.size() / 2]), 1.0, kFastestGrowth);
}

std::vector<double> seen_between(const LoadHistory& history, Instant from, Instant to) {
  std::vector<double> loads;
  for (std::size_t i = 0; i < history.highest.size(); ++i) {
    const Instant start = history.start + history.bucket * static_cast<std::int64_t>(i);
    if (start >= from && start < to && history.highest[i] >= 0) loads.push_back(history.highest[i]);
  }
  return loads;
}

// Highest load to be safe at, when a cycle is known.
double highest_with_cycle(const LoadHistory& history, Instant at, Duration horizon, LoadForecast& forecast) {
  const Duration cycle = *forecast.cycle;
  std::vector<double> peaks = cycle_peaks(history, at, cycle);
  forecast.growth = growth_a_cycle(peaks);
  double highest = highest_between(history, at - cycle, at + Duration(1));
  // The next cycle as it was a week ago: Monday is known on Sunday.
  const Instant week_ago = at - cycle * kCyclesInWeek;
  highest = std::max(highest, highest_between(history, week_ago, week_ago + std::max(horizon, cycle)));
  if (peaks.size() > kCyclesInWeek) peaks.resize(kCyclesInWeek);
  // The second highest of the last seven: neither forgets the working days at the weekend nor keeps a surge for a week.
  if (peaks.size() >= 3) {
    std::ranges::sort(peaks, std::greater{});
    highest = std::max(highest, peaks[1]);
  }
  return highest * forecast.growth;
}

}  // namespace

void add_load(LoadHistory& history, Instant end, double load, Duration window) {
  if (!std::isfinite(load) || load < 0 || window <= Duration::zero()) return;
  const Instant middle = end - window / 2;
  if (history.highest.empty()) {
    history.bucket = window;
    history.start = end - window;
  }
  if (middle < history.start) return;
  auto index = static_cast<std::size_t>((middle - history.start) / history.bucket);
  // A long silence (months switched off) is not bridged bucket by bucket: start anew.
  if (index > history.highest.size() + 64 * kMaximumBuckets) {
    history = {end - window, window, {load}};
    return;
  }
  while (history.highest.size() <= index)
    history.highest.push_back(-1);
  history.highest[index] = std::max(history.highest[index], load);
  make_room(history);
}

Duration covered(const LoadHistory& history) {
  return history.bucket * static_cast<std::int64_t>(history.highest.size());
}

std::optional<Duration> find_cycle(const LoadHistory& history) {
  const std::size_t n = history.highest.size();
  if (n < 2 * kLeastPairs) return std::nullopt;
  const std::vector<double> y = detrended(history);
  const std::span<const double> all(y);
  bool forgotten = false;
  std::optional<std::size_t> best;
  double best_value = 0;
  for (std::size_t lag = 1; lag <= n / 2; ++lag) {
    if (n - lag < kLeastPairs) break;
    const double value = correlation(all.first(n - lag), all.last(n - lag));
    if (value < kCycleForgotten) {
      if (best) break;  // past the first peak
      forgotten = true;
    } else if (const double seen = std::max(kCycleSeen, kNoiseDeviations / std::sqrt(static_cast<double>(n - lag)));
               forgotten && lag >= kShortestCycle && value > std::max(seen, best_value)) {
      best = lag;
      best_value = value;
    }
  }
  if (!best) return std::nullopt;
  return history.bucket * static_cast<std::int64_t>(*best);
}

LoadForecast forecast(const LoadHistory& history, Instant at, Duration horizon) {
  LoadForecast result;
  const std::vector<double> everything = seen_between(history, history.start, at + history.bucket);
  if (everything.empty()) return result;
  result.now = everything.back();
  result.cycle = find_cycle(history);
  std::vector<double> expected = everything;
  if (result.cycle) {
    // A whole cycle of what was seen: after a silence (we were switched off) it reaches back beyond one.
    const auto in_cycle = static_cast<std::size_t>(*result.cycle / history.bucket) + 1;
    if (expected.size() > in_cycle)
      expected.erase(expected.begin(), expected.end() - static_cast<std::ptrdiff_t>(in_cycle));
    result.highest = highest_with_cycle(history, at, horizon, result);
    result.highest = std::max(result.highest, *std::ranges::max_element(expected) * result.growth);
  } else {
    result.highest = *std::ranges::max_element(everything);
    if (covered(history) < kDay) result.highest *= kUnseenReserve;
  }
  std::ranges::sort(expected);
  const auto quantile = [&](double q) {
    return expected[static_cast<std::size_t>(std::lround(q * static_cast<double>(expected.size() - 1)))];
  };
  result.typical = quantile(0.5);
  result.loads = {quantile(0.1), result.typical, quantile(0.9), result.highest};
  std::ranges::sort(result.loads);
  result.loads.erase(std::ranges::unique(result.loads).begin(), result.loads.end());
  return result;
}

}  // namespace trimtab::insight
