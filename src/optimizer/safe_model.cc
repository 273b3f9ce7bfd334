#include "optimizer/safe_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "numeric/normal.h"
#include "numeric/statistics.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Observation;

// A saturating quantity keeps this share of its own margin instead of the ratio, which may be larger than all of it.
constexpr double kMarginShare = 0.2;
constexpr double kHighestConfidenceZ = 8;
// A 95th percentile is free of throttling pauses while fewer than 5 % of the requests meet one; below that with some
// room. Where windows were comfortable with more, twice as much may be tried.
constexpr double kFirstThrottling = 0.03;
constexpr double kThrottlingGrowth = 2;
constexpr double kComfort = 0.2;  // of the bound, kept by every SLO in such a window
// Of -log(1 - utilisation), beyond the highest in a comfortable window: waiting may grow by two thirds at a step.
constexpr double kPressureStep = 0.5;
constexpr double kThrottlingOffset = 0.005;  // shares below it count as none
constexpr double kThrottlingDeviations = 0.5;

std::vector<std::string> names_of(const model::Space& space) {
  std::vector<std::string> names;
  for (const model::Parameter& parameter : space.parameters())
    names.push_back(parameter.name);
  return names;
}

double reference_load(const std::vector<Observation>& observations, const std::vector<double>& loads) {
  double highest = 0;
  for (const Observation& observation : observations)
    highest = std::max(highest, observation.load);
  for (const double load : loads)
    highest = highest > 0 ? highest : load;
  return highest;
}

}  // namespace

SafeModel::SafeModel(const Problem& problem, const SafeSearchRequest& request, std::vector<double> loads)
    : problem_(&problem),
      request_(&request),
      loads_(std::move(loads)),
      windows_(tell_eras(problem, request.observations, request.releases)),
      features_(std::make_unique<LiveFeatures>(problem.space, request.incumbent,
                                               reference_load(request.observations, loads_), windows_.boundaries)) {}

Result<SafeModel> SafeModel::learn(const Problem& problem, const SafeSearchRequest& request,
                                   std::vector<double> loads) {
  SafeModel model(problem, request, std::move(loads));
  model.learn_utilisation();
  TRY(model.learn_slos());
  TRY(model.learn_goal());
  model.learn_pressure();
  model.learn_throttling();
  model.floors_ = ResourceFloor::learn(*model.features_, model.windows_);
  return model;
}

void SafeModel::learn_utilisation() {
  for (const model::Parameter& parameter : problem_->space.parameters()) {
    if (role_of(parameter.name) != Role::kCpu || !parameter.is_number()) continue;
    const std::string metric = metric_for(parameter.name, {"cpu_used", "cpu_used_peak"}, request_->observations);
    if (metric.empty()) continue;
    const auto value = [&](const Observation& observation) -> std::optional<double> {
      const auto at = observation.metrics.find(metric);
      if (at == observation.metrics.end() || !(at->second > 0)) return std::nullopt;
      return std::log(at->second);
    };
    const Sample sample = merge_windows(windows_, *features_, value, Merge::kMean);
    if (sample.points.empty()) continue;
    auto model = OutputModel::fit(*features_, usage_prior(problem_->space, Role::kCpu), sample, 1);
    if (!model) continue;
    cpu_parameter_ = parameter.name;
    cpu_used_ = std::move(*model);
    cpu_metric_ = metric;
    return;
  }
}

void SafeModel::set_utilisation(std::vector<LivePoint>& points) const {
  if (!cpu_used_) return;
  const std::vector<Estimate> used = cpu_used_->predict(points);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto limit = points[i].configuration->number(cpu_parameter_);
    if (limit && *limit > 0) points[i].utilisation = std::exp(used[i].mean) / *limit;
  }
}

// Whether every SLO kept a fifth of its bound in the window.
bool SafeModel::is_comfortable(const Observation& observation) const {
  if (observation.failed) return false;
  for (std::size_t k = 0; k < slos_.size(); ++k) {
    const auto value = problem_->objective.slo_value(k, observation.metrics, observation.configuration);
    const double least = kComfort * (slos_[k].scale->saturating() ? 0 : 1);
    if (!value || problem_->objective.slos()[k].margin(*value) <= least) return false;
  }
  return true;
}

// How busy the processor may become: a bounded step of the queue beyond what was comfortable. The knee of a response
// time is not seen from afar, whatever a model says.
void SafeModel::learn_pressure() {
  if (!cpu_used_) return;
  double highest = 0;
  for (const Observation& observation : request_->observations) {
    const auto used = observation.metrics.find(cpu_metric_);
    const auto limit = observation.configuration.number(cpu_parameter_);
    if (used == observation.metrics.end() || !limit || *limit <= 0 || !is_comfortable(observation)) continue;
    highest = std::max(highest, std::min(1.0, used->second / *limit));
  }
  utilisation_allowed_ = 1 - (1 - highest) * std::exp(-kPressureStep);
}

// The quota's throttling rises well before response times do, and by orders of magnitude: what warns of the cliff.
void SafeModel::learn_throttling() {
  if (cpu_parameter_.empty()) return;
  const std::string metric = metric_for(cpu_parameter_, {"throttled_ratio"}, request_->observations);
  if (metric.empty()) return;
  throttling_allowed_ = kFirstThrottling;
  for (const Observation& observation : request_->observations) {
    const auto at = observation.metrics.find(metric);
    if (at == observation.metrics.end() || !is_comfortable(observation)) continue;
    throttling_allowed_ = std::max(throttling_allowed_, kThrottlingGrowth * at->second);
  }
  const auto value = [&](const Observation& observation) -> std::optional<double> {
    const auto at = observation.metrics.find(metric);
    if (at == observation.metrics.end() || !(at->second >= 0)) return std::nullopt;
    return std::log(at->second + kThrottlingOffset);
  };
  Sample sample = merge_windows(windows_, *features_, value, Merge::kMean);
  if (sample.points.empty()) return;
  set_utilisation(sample.points);
  auto model = OutputModel::fit(*features_, throttling_prior(problem_->space), sample, 1);
  if (!model) return;
  throttling_metric_ = metric;
  throttling_ = std::move(*model);
}

OutputPrior SafeModel::prior_of(const model::Slo& slo) const {
  OutputPrior prior = response_prior(problem_->space, cpu_used_.has_value());
  const std::vector<std::string>& used = slo.value.variables();
  for (const model::Monotone& monotone : request_->monotone) {
    if (std::ranges::find(used, monotone.metric) == used.end()) continue;
    for (std::size_t k = 0; k < prior.exponent.size(); ++k) {
      if (problem_->space.parameters()[k].name != monotone.parameter) continue;
      // Worse means up for an upper bound; the expected size is the deviation, so that the sign is right at 1 sigma.
      const bool worsens = monotone.increasing == slo.upper;
      prior.exponent[k] = (worsens ? 1 : -1) * std::max(std::abs(prior.exponent[k]), 0.5 * prior.deviation[k]);
    }
  }
  return prior;
}

Result<void> SafeModel::learn_slos() {
  const auto& slos = problem_->objective.slos();
  for (std::size_t k = 0; k < slos.size(); ++k) {
    slos_.emplace_back();
    std::vector<double> values;
    for (const Observation& observation : request_->observations) {
      const auto value = problem_->objective.slo_value(k, observation.metrics, observation.configuration);
      if (value && std::isfinite(*value)) values.push_back(*value);
    }
    if (values.empty()) continue;
    const SloScale scale(slos[k], values);
    const auto on_scale = [&](const Observation& observation) -> std::optional<double> {
      const auto value = problem_->objective.slo_value(k, observation.metrics, observation.configuration);
      if (!value) return std::nullopt;
      return scale.to_scale(*value);
    };
    Sample sample = merge_windows(windows_, *features_, on_scale, Merge::kMean);
    set_utilisation(sample.points);
    TRY_ASSIGN(slos_.back().model, OutputModel::fit(*features_, prior_of(slos[k]), sample, scale.unit()));
    slos_.back().scale = scale;
  }
  return {};
}

Result<void> SafeModel::learn_goal() {
  const auto& objective = problem_->objective;
  if (objective.goals().empty()) return fail(invalid_input("a search needs a goal", "goal"));
  if (objective.goal_is_known(0, names_of(problem_->space))) {
    TRY(objective.goal_value(0, {}, request_->incumbent));
    return {};
  }
  std::vector<double> values;
  for (const Observation& observation : request_->observations)
    if (const auto value = objective.goal_value(0, observation.metrics, observation.configuration))
      values.push_back(*value);
  if (values.empty()) return fail(unavailable("the goal was never observed"));
  goal_in_logs_ = *std::ranges::min_element(values) > 0;
  const auto on_scale = [&](const Observation& observation) -> std::optional<double> {
    const auto value = objective.goal_value(0, observation.metrics, observation.configuration);
    if (!value) return std::nullopt;
    return goal_in_logs_ ? std::log(*value) : *value;
  };
  Sample sample = merge_windows(windows_, *features_, on_scale, Merge::kMean);
  const double scale = goal_in_logs_ ? 1 : std::max(1e-9, 2 * numeric::standard_deviation(values));
  TRY_ASSIGN(goal_, OutputModel::fit(*features_, goal_prior(problem_->space), sample, scale));
  return {};
}

std::vector<LivePoint> SafeModel::points(const std::vector<Configuration>& configurations,
                                         const std::vector<double>& loads) const {
  std::vector<LivePoint> points;
  points.reserve(configurations.size() * loads.size());
  for (const Configuration& configuration : configurations)
    for (const double load : loads)
      points.push_back({&configuration, load, 0, 0});
  set_utilisation(points);
  return points;
}

std::vector<Outlook> SafeModel::assess(const std::vector<Configuration>& configurations) const {
  return assess(configurations, loads_);
}

std::vector<Outlook> SafeModel::assess(const std::vector<Configuration>& configurations,
                                       const std::vector<double>& loads) const {
  std::vector<Outlook> outlooks(configurations.size());
  if (configurations.empty()) return outlooks;
  const std::vector<LivePoint> at = points(configurations, loads);
  assess_slos(at, loads.size(), outlooks);
  assess_goal(configurations, at, loads.size(), outlooks);
  assess_pressure(configurations, at, loads.size(), outlooks);
  assess_floors(configurations, at, loads.size(), outlooks);
  assess_throttling(configurations, at, loads.size(), outlooks);
  return outlooks;
}

// Loads are taken as fully dependent (a configuration that holds at the worst holds at the others), SLOs as
// independent, which is conservative.
void SafeModel::assess_slos(const std::vector<LivePoint>& points, std::size_t loads,
                            std::vector<Outlook>& outlooks) const {
  for (Outlook& outlook : outlooks) {
    outlook.slack = kHighestConfidenceZ;
    outlook.response = -kHighestConfidenceZ;
  }
  for (const ModelledSlo& slo : slos_) {
    for (Outlook& outlook : outlooks)
      outlook.slos.push_back({1, 0, 0, kHighestConfidenceZ});
    if (!slo.model) continue;
    const std::vector<Estimate> estimates = slo.model->predict(points);
    const double margin = slo.scale->saturating() ? kMarginShare * slo.scale->unit() : std::log(kMarginRatio);
    for (std::size_t i = 0; i < points.size(); ++i) {
      SloOutlook& worst = outlooks[i / loads].slos.back();
      const Estimate& e = estimates[i];
      if (!slo.scale->saturating()) outlooks[i / loads].response = std::max(outlooks[i / loads].response, e.mean);
      const double slack = (-margin - e.mean) / std::hypot(e.deviation, e.scatter);
      if (slack >= worst.slack && i % loads != 0) continue;
      worst.slack = std::min(slack, kHighestConfidenceZ);
      worst.load = points[i].load;
      worst.value = slo.scale->from_scale(e.mean);
      worst.confidence = numeric::normal_cdf(worst.slack);
    }
  }
  for (Outlook& outlook : outlooks) {
    for (const SloOutlook& slo : outlook.slos) {
      outlook.confidence *= slo.confidence;
      outlook.slack = std::min(outlook.slack, slo.slack);
    }
  }
}

void SafeModel::assess_goal(const std::vector<Configuration>& configurations, const std::vector<LivePoint>& points,
                            std::size_t loads, std::vector<Outlook>& outlooks) const {
  const double sign = problem_->objective.goals().front().direction == model::Direction::kMaximize ? -1 : 1;
  if (!goal_) {
    for (std::size_t i = 0; i < configurations.size(); ++i) {
      const auto value = problem_->objective.goal_value(0, {}, configurations[i]);
      outlooks[i].goal = value ? sign * *value : std::numeric_limits<double>::infinity();
    }
    return;
  }
  // A measured goal counts at the typical load: the middle of those expected.
  const std::vector<Estimate> estimates = goal_->predict(points);
  for (std::size_t i = 0; i < outlooks.size(); ++i) {
    const Estimate& e = estimates[i * loads + loads / 2];
    const double value = goal_in_logs_ ? std::exp(e.mean) : e.mean;
    outlooks[i].goal = sign * value;
    outlooks[i].goal_deviation = goal_in_logs_ ? value * e.deviation : e.deviation;
  }
}

void SafeModel::assess_pressure(const std::vector<Configuration>& configurations, const std::vector<LivePoint>& points,
                                std::size_t loads, std::vector<Outlook>& outlooks) const {
  if (!cpu_used_) return;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto given = configurations[i / loads].number(cpu_parameter_);
    if (!given || points[i].utilisation <= utilisation_allowed_) continue;
    const double used = points[i].utilisation * *given;
    auto& shortage = outlooks[i / loads].shortage;
    if (shortage && shortage->needed >= used / utilisation_allowed_) continue;
    shortage = {cpu_parameter_, cpu_metric_, used / utilisation_allowed_, used, points[i].load};
  }
}

void SafeModel::assess_floors(const std::vector<Configuration>& configurations, const std::vector<LivePoint>& points,
                              std::size_t loads, std::vector<Outlook>& outlooks) const {
  for (const ResourceFloor& floor : floors_) {
    const auto needs = floor.needs(points);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto given = configurations[i / loads].number(floor.parameter());
      if (!given || *given >= needs[i].least) continue;
      auto& shortage = outlooks[i / loads].shortage;
      const double ratio = needs[i].least / *given;
      if (shortage && shortage->needed / *configurations[i / loads].number(shortage->parameter) >= ratio) continue;
      shortage = {floor.parameter(), floor.metric(), needs[i].least, needs[i].expected, points[i].load};
    }
  }
}

void SafeModel::assess_throttling(const std::vector<Configuration>& configurations,
                                  const std::vector<LivePoint>& points, std::size_t loads,
                                  std::vector<Outlook>& outlooks) const {
  if (cpu_used_) {
    const auto used = cpu_used_->predict(points);
    for (std::size_t i = 0; i < outlooks.size(); ++i)
      outlooks[i].log_cpu_used = used[i * loads + loads - 1].mean;
  }
  if (!throttling_) return;
  const auto estimates = throttling_->predict(points);
  for (std::size_t i = 0; i < points.size(); ++i) {
    auto& shortage = outlooks[i / loads].shortage;
    const double likely = estimates[i].mean + kThrottlingDeviations * estimates[i].deviation;
    const auto given = configurations[i / loads].number(cpu_parameter_);
    if (shortage || !given || std::exp(likely) - kThrottlingOffset <= throttling_allowed_) continue;
    shortage = {cpu_parameter_, throttling_metric_, throttling_allowed_,
                std::max(0.0, std::exp(likely) - kThrottlingOffset), points[i].load};
  }
}

Posterior SafeModel::slo_posterior(std::size_t k, const Configuration& configuration, double load) const {
  constexpr double kZ = 1.6448536269514722;  // of 95 %
  const std::vector<Configuration> one{configuration};
  const Estimate e = slos_[k].model->predict(points(one, {load})).front();
  const double reach = kZ * std::hypot(e.deviation, e.scatter);
  const double a = slos_[k].scale->from_scale(e.mean - reach);
  const double b = slos_[k].scale->from_scale(e.mean + reach);
  return {slos_[k].scale->from_scale(e.mean), std::min(a, b), std::max(a, b)};
}

std::vector<double> SafeModel::promise(std::size_t k, const std::vector<Configuration>& configurations,
                                       double load) const {
  std::vector<double> result(configurations.size(), 0);
  if (!slos_[k].model) return result;
  const std::vector<Configuration> incumbent{request_->incumbent};
  const LivePoint reference = points(incumbent, {load}).front();
  const auto differences = slos_[k].model->difference(points(configurations, {load}), reference);
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = differences[i].deviation - differences[i].mean;
  return result;
}

Result<Posterior> SafeModel::metric_posterior(const std::string& metric, const Configuration& configuration,
                                              double load) const {
  const auto value = [&](const Observation& observation) -> std::optional<double> {
    const auto at = observation.metrics.find(metric);
    if (at == observation.metrics.end()) return std::nullopt;
    return at->second;
  };
  std::vector<double> values;
  for (const Observation& observation : request_->observations)
    if (const auto v = value(observation); v && std::isfinite(*v)) values.push_back(*v);
  if (values.empty()) return fail(unavailable("no window has the metric \"" + metric + "\""));
  // A tenth of the median keeps the logarithm of small values tame; negative values stay on their own scale.
  const bool in_logs = *std::ranges::min_element(values) >= 0 && numeric::median(values) > 0;
  const double offset = in_logs ? 0.1 * numeric::median(values) : 0;
  const auto scaled = [&](const Observation& observation) -> std::optional<double> {
    const auto v = value(observation);
    if (!v) return std::nullopt;
    return in_logs ? std::log(*v + offset) : *v;
  };
  Sample sample = merge_windows(windows_, *features_, scaled, Merge::kMean);
  set_utilisation(sample.points);
  const double unit = in_logs ? 1 : std::max(1e-9, 2 * numeric::standard_deviation(values));
  TRY_ASSIGN(const OutputModel model, OutputModel::fit(*features_, goal_prior(problem_->space), sample, unit));
  const std::vector<Configuration> one{configuration};
  const Estimate e = model.predict(points(one, {load})).front();
  const double reach = 1.6448536269514722 * std::hypot(e.deviation, e.scatter);
  const auto back = [&](double y) { return in_logs ? std::max(0.0, std::exp(y) - offset) : y; };
  return Posterior{back(e.mean), back(e.mean - reach), back(e.mean + reach)};
}

}  // namespace trimtab::optimizer
