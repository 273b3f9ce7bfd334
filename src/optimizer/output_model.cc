#include "optimizer/output_model.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>

#include "base/check.h"

namespace trimtab::optimizer {
namespace {

using model::Observation;

constexpr std::size_t kMostPoints = 128;   // merged windows; 128 keep predictions fast
constexpr std::size_t kMostFitted = 64;    // of them for hyper-parameters
constexpr double kFirstWidth = 0.08;       // of a class of loads, in logarithm
constexpr double kExpectedScatter = 0.07;  // of one window, in units of the scale: typical of a 95th percentile
constexpr double kScatterWeight = 4;       // in windows
// Two deployments of one configuration differ a little (placement, compilation): never averaged away.
constexpr double kDeployment = 0.02;
// The application drifts: variance added to a window for each one since. After 256 windows 0.07 of a unit.
constexpr double kDriftVariance = 2e-5;

struct Group {
  const model::Configuration* configuration = nullptr;
  double load = 0;
  double sum = 0;
  double squares = 0;
  double highest = 0;
  double count = 0;
  double age = 0;
  std::size_t changes = 0;
};

struct Entry {
  const Observation* observation = nullptr;
  std::string fingerprint;
  double value = 0;
  double age = 0;
  std::size_t changes = 0;  // since
};

using Groups = std::map<std::tuple<std::string, long, std::size_t>, Group>;

Groups group(const std::vector<Entry>& entries, const LiveFeatures& features, double width) {
  Groups groups;
  for (const Entry& entry : entries) {
    const double load = entry.observation->load;
    Group& g = groups[{entry.fingerprint, std::lround(features.log_load(load) / width), entry.changes}];
    g.changes = entry.changes;
    g.highest = g.count == 0 ? entry.value : std::max(g.highest, entry.value);
    g.configuration = &entry.observation->configuration;
    g.load += load;
    g.sum += entry.value;
    g.squares += entry.value * entry.value;
    g.age += entry.age;
    g.count += 1;
  }
  return groups;
}

}  // namespace

Sample merge_windows(const LiveWindows& windows, const LiveFeatures& features,
                     const std::function<std::optional<double>(const Observation&)>& value, Merge merge) {
  std::vector<Entry> entries;
  const std::vector<Observation>& observations = *windows.observations;
  for (std::size_t i = 0; i < observations.size(); ++i) {
    const auto v = value(observations[i]);
    if (!v || !std::isfinite(*v)) continue;
    entries.push_back({&observations[i], observations[i].configuration.fingerprint(), *v,
                       static_cast<double>(observations.size() - 1 - i), windows.age_of(i)});
  }
  double width = kFirstWidth;
  auto groups = group(entries, features, width);
  for (int round = 0; round < 8 && groups.size() > kMostPoints; ++round)
    groups = group(entries, features, width *= 1.5);
  Sample sample;
  double squares = 0;
  double freedom = 0;
  for (const auto& [key, g] : groups) {
    const double mean = g.sum / g.count;
    sample.points.push_back({g.configuration, g.load / g.count, 0, g.changes});
    sample.values.push_back(merge == Merge::kMean ? mean : g.highest);
    sample.counts.push_back(g.count);
    sample.ages.push_back(g.age / g.count);
    squares += std::max(0.0, g.squares - g.count * mean * mean);
    freedom += g.count - 1;
  }
  sample.scatter = freedom > 0 ? std::sqrt(squares / freedom) : 0;
  return sample;
}

Result<OutputModel> OutputModel::fit(const LiveFeatures& features, OutputPrior prior, const Sample& sample,
                                     double scale) {
  CHECK(!sample.points.empty() && scale > 0);
  double freedom = 0;
  for (const double count : sample.counts)
    freedom += count - 1;
  const double measured = sample.scatter / scale;
  const double scatter =
      std::sqrt((kScatterWeight * kExpectedScatter * kExpectedScatter + freedom * measured * measured) /
                (kScatterWeight + freedom));
  GaussianProcessData data;
  data.points.columns = features.columns();
  for (std::size_t i = 0; i < sample.points.size(); ++i) {
    features.append(data.points, sample.points[i], prior);
    data.values.push_back(sample.values[i] / scale - features.prior_mean(sample.points[i], prior));
    data.noise.push_back(scatter * scatter / sample.counts[i] + kDeployment * kDeployment +
                         kDriftVariance * sample.ages[i] + features.relative_variance(sample.points[i].age));
  }
  FitOptions options;
  options.noise = {2 * std::log(0.02), 1};
  options.iterations = 10;
  options.most_points = kMostFitted;
  TRY_ASSIGN(GaussianProcess process, GaussianProcess::fit(features.kernel(prior), std::move(data), options));
  return OutputModel(features, std::move(prior), scale, scatter, std::move(process));
}

OutputModel::OutputModel(const LiveFeatures& features, OutputPrior prior, double scale, double scatter,
                         GaussianProcess process)
    : features_(&features), prior_(std::move(prior)), scale_(scale), scatter_(scatter), process_(std::move(process)) {}

std::vector<Estimate> OutputModel::difference(const std::vector<LivePoint>& points, const LivePoint& reference) const {
  Points rows{features_->columns(), {}};
  for (const LivePoint& point : points)
    features_->append(rows, point, prior_);
  Points one{features_->columns(), {}};
  features_->append(one, reference, prior_);
  const Moments at_reference = process_.predict(one);
  const Moments moments = process_.predict(rows, process_.reference(one.row(0)));
  const double base = at_reference.mean[0] + features_->prior_mean(reference, prior_);
  std::vector<Estimate> estimates(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double variance = moments.variance[i] + at_reference.variance[0] - 2 * moments.covariance[i];
    estimates[i].mean = scale_ * (moments.mean[i] + features_->prior_mean(points[i], prior_) - base);
    estimates[i].deviation = scale_ * std::sqrt(std::max(0.0, variance));
  }
  return estimates;
}

std::vector<Estimate> OutputModel::predict(const std::vector<LivePoint>& points) const {
  Points rows{features_->columns(), {}};
  for (const LivePoint& point : points)
    features_->append(rows, point, prior_);
  const Moments moments = process_.predict(rows);
  std::vector<Estimate> estimates(points.size());
  const double scatter = std::sqrt(scatter_ * scatter_ + process_.noise_variance());
  for (std::size_t i = 0; i < points.size(); ++i) {
    estimates[i].mean = scale_ * (moments.mean[i] + features_->prior_mean(points[i], prior_));
    estimates[i].deviation = scale_ * std::sqrt(moments.variance[i]);
    estimates[i].scatter = scale_ * scatter;
  }
  return estimates;
}

}  // namespace trimtab::optimizer
