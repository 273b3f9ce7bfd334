#include "insight/comparison.h"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

namespace trimtab::insight {
namespace {

using model::Observation;
using model::Verdict;

constexpr std::size_t kMatchesEach =
    3;  // more controls than three per case gain little (Rosenbaum, Observational Studies)
// Two identical windows do not prove that there is no noise: the standard error is never below half a per cent.
constexpr double kLeastStandardError = 0.005;

struct Matched {
  std::vector<const Observation*> before;
  std::vector<const Observation*> after;
};

double log_distance(double a, double b) {
  return std::abs(std::log1p(a) - std::log1p(b));
}

Matched match(const std::vector<Observation>& before, const std::vector<Observation>& after, double caliper) {
  Matched matched;
  std::vector<bool> used(before.size(), false);
  const double widest = std::log1p(caliper);
  for (const Observation& window : after) {
    std::vector<std::pair<double, std::size_t>> near;
    for (std::size_t i = 0; i < before.size(); ++i) {
      const double distance = log_distance(window.load, before[i].load);
      if (!before[i].failed && distance <= widest) near.emplace_back(distance, i);
    }
    if (near.empty() || window.failed) continue;
    matched.after.push_back(&window);
    // Newest first among equals: the application may have changed since.
    std::ranges::sort(near, [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second > b.second;
    });
    std::size_t taken = 0;
    for (const auto& [distance, i] : near) {
      if (taken == kMatchesEach) break;
      if (used[i]) continue;
      used[i] = true;
      matched.before.push_back(&before[i]);
      ++taken;
    }
  }
  return matched;
}

struct Sample {
  double n = 0;
  double mean = 0;
  double variance = 0;  // of the mean
};

Sample sample_of(const std::vector<const Observation*>& windows, const ComparedMetric& metric) {
  std::vector<double> values;
  for (const Observation* window : windows) {
    const auto value = metric.value(*window);
    if (value && *value + metric.offset > 0) values.push_back(std::log(*value + metric.offset));
  }
  Sample sample{static_cast<double>(values.size()), 0, 0};
  if (values.empty()) return sample;
  for (const double value : values)
    sample.mean += value / sample.n;
  if (values.size() < 2) return sample;
  for (const double value : values)
    sample.variance += (value - sample.mean) * (value - sample.mean);
  sample.variance /= (sample.n - 1) * sample.n;
  return sample;
}

double degrees_of_freedom(const Sample& a, const Sample& b) {
  const double total = a.variance + b.variance;
  const double denominator = a.variance * a.variance / (a.n - 1) + b.variance * b.variance / (b.n - 1);
  return denominator > 0 ? std::max(1.0, total * total / denominator) : a.n + b.n - 2;
}

std::string conclude(double worsening_low, double worsening_high, double limit) {
  if (worsening_low > limit) return "worse";
  if (worsening_high < 0) return "better";
  return worsening_high < limit ? "same" : "undecided";
}

Verdict::Row compare(const Matched& matched, const ComparedMetric& metric, const ComparisonOptions& options) {
  Verdict::Row row;
  row.metric = metric.name;
  row.conclusion = "undecided";
  const Sample before = sample_of(matched.before, metric);
  const Sample after = sample_of(matched.after, metric);
  if (before.n > 0) row.before = std::max(0.0, std::exp(before.mean) - metric.offset);
  if (after.n > 0) row.after = std::max(0.0, std::exp(after.mean) - metric.offset);
  if (before.n < options.minimum_windows || after.n < options.minimum_windows || before.n < 2 || after.n < 2)
    return row;
  const double error = std::max(std::sqrt(before.variance + after.variance), kLeastStandardError);
  const boost::math::students_t distribution(degrees_of_freedom(before, after));
  const double reach = boost::math::quantile(distribution, options.confidence) * error;
  const double ratio = after.mean - before.mean;
  row.change = std::expm1(ratio);
  row.low = std::expm1(ratio - reach);
  row.high = std::expm1(ratio + reach);
  const double worsening = metric.lower_is_better ? ratio : -ratio;
  const double limit = std::log1p(metric.tolerated);
  row.p_value = boost::math::cdf(distribution, (worsening - limit) / error);
  row.conclusion = conclude(worsening - reach, worsening + reach, limit);
  return row;
}

double mean_load(const std::vector<const Observation*>& windows) {
  double sum = 0;
  for (const Observation* window : windows)
    sum += window->load;
  return windows.empty() ? 0 : sum / static_cast<double>(windows.size());
}

}  // namespace

Verdict compare_at_equal_load(const std::vector<Observation>& before, const std::vector<Observation>& after,
                              const std::vector<ComparedMetric>& metrics, const ComparisonOptions& options) {
  const Matched matched = match(before, after, options.caliper);
  Verdict verdict;
  verdict.windows_before = static_cast<int>(matched.before.size());
  verdict.windows_after = static_cast<int>(matched.after.size());
  verdict.load_before = mean_load(matched.before);
  verdict.load_after = mean_load(matched.after);
  verdict.test =
      fmt::format("Welch's t on logarithms of windows at equal load (within {:.0f} %), one-sided at {:.0f} %",
                  options.caliper * 100, options.confidence * 100);
  for (const ComparedMetric& metric : metrics)
    verdict.rows.push_back(compare(matched, metric, options));
  if (matched.after.empty()) {
    verdict.conclusion = "undecided: no window before the change carried a load like those after it";
  } else if (verdict.windows_before < options.minimum_windows || verdict.windows_after < options.minimum_windows) {
    verdict.conclusion = fmt::format("undecided: only {} windows before and {} after carried the same load",
                                     verdict.windows_before, verdict.windows_after);
  } else {
    verdict.conclusion = "compared";
  }
  return verdict;
}

}  // namespace trimtab::insight
