#include "optimizer/live_features.h"

#include <algorithm>
#include <cmath>

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Parameter;
using model::ParameterType;

// Above this utilisation phi grows linearly: measured utilisation is never exact enough to tell 0.98 from 1.
constexpr double kHighestUtilisation = 0.95;
// A linear range counts as this many units of logarithm.
constexpr double kRangeInLogs = 2;

double pressure(double utilisation) {
  const double rho = std::max(0.0, utilisation);
  if (rho <= kHighestUtilisation) return -std::log1p(-rho);
  return -std::log1p(-kHighestUtilisation) + (rho - kHighestUtilisation) / (1 - kHighestUtilisation);
}

std::string_view last_part(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

bool in_logs(const Parameter& parameter) {
  return parameter.is_number() && parameter.min > 0;
}

}  // namespace

Role role_of(std::string_view parameter) {
  const std::string_view name = last_part(parameter);
  if (name == "cpu_limit" || name == "cpu_request" || name == "cpu") return Role::kCpu;
  if (name == "memory_limit" || name == "memory_request" || name == "memory") return Role::kMemory;
  if (name == "heap" || name == "max_heap" || name == "old_space" || name == "memory_soft_limit") return Role::kHeap;
  if (name == "gc_threads" || name == "active_processors") return Role::kCollectorThreads;
  if (name == "max_threads" || name == "threads" || name == "workers") return Role::kServerThreads;
  return Role::kOther;
}

LiveFeatures::LiveFeatures(const model::Space& space, const Configuration& incumbent, double reference_load,
                           std::vector<EraBoundary> boundaries)
    : space_(&space),
      incumbent_(&incumbent),
      reference_load_(reference_load > 0 ? reference_load : 1),
      boundaries_(std::move(boundaries)) {
  for (std::size_t k = 0; k < space.parameters().size(); ++k) {
    const bool known = incumbent.find(space.parameters()[k].name) != nullptr;
    at_incumbent_.push_back(known ? coordinate(k, incumbent) : 0);
  }
}

std::size_t LiveFeatures::columns() const {
  // Parameters, log load, one, scaled parameters, pressure, boundaries.
  return 2 * parameters() + 3 + boundaries_.size();
}

double LiveFeatures::relative_variance(std::size_t age) const {
  double sum = 0;
  for (std::size_t b = boundaries_.size() - std::min(age, boundaries_.size()); b < boundaries_.size(); ++b)
    sum += boundaries_[b].relative;
  return sum;
}

double LiveFeatures::log_load(double load) const {
  // One hundredth of the reference: below it a service is idle and its logarithm would only stretch the scale.
  return std::log(std::max(0.0, load) / reference_load_ + 0.01);
}

double LiveFeatures::coordinate(std::size_t k, const Configuration& configuration) const {
  const Parameter& parameter = space_->parameters()[k];
  const model::Value* value = configuration.find(parameter.name);
  if (value == nullptr) return k < at_incumbent_.size() ? at_incumbent_[k] : 0;
  if (parameter.is_number()) {
    if (!value->is_number()) return at_incumbent_[k];
    if (in_logs(parameter)) return std::log(std::max(value->number(), 1e-3 * parameter.min));
    const double range = parameter.max - parameter.min;
    return range > 0 ? kRangeInLogs * (value->number() - parameter.min) / range : 0;
  }
  if (!value->is_text()) return 0;
  const auto index = static_cast<double>(std::ranges::find(parameter.values, value->text()) - parameter.values.begin());
  if (parameter.type == ParameterType::kCategorical || parameter.values.size() < 2) return index;
  return kRangeInLogs * index / static_cast<double>(parameter.values.size() - 1);
}

void LiveFeatures::append(Points& points, const LivePoint& point, const OutputPrior& prior) const {
  const std::size_t d = parameters();
  std::vector<double> row(columns());
  for (std::size_t k = 0; k < d; ++k) {
    row[k] = coordinate(k, *point.configuration);
    const bool ordered = space_->parameters()[k].type != ParameterType::kCategorical;
    row[d + 2 + k] = ordered ? (row[k] - at_incumbent_[k]) * prior.deviation[k] : 0;
  }
  row[d] = log_load(point.load);
  row[d + 1] = 1;
  row[2 * d + 2] = pressure(point.utilisation) * prior.pressure_deviation;
  // Which boundaries lie between the point and now: the level walks from era to era.
  for (std::size_t b = boundaries_.size() - std::min(point.age, boundaries_.size()); b < boundaries_.size(); ++b)
    row[2 * d + 3 + b] = 1;
  points.add(row);
}

double LiveFeatures::prior_mean(const LivePoint& point, const OutputPrior& prior) const {
  double mean = prior.load_exponent * log_load(point.load) + prior.pressure * pressure(point.utilisation);
  for (std::size_t k = 0; k < parameters(); ++k)
    if (space_->parameters()[k].type != ParameterType::kCategorical)
      mean += prior.exponent[k] * (coordinate(k, *point.configuration) - at_incumbent_[k]);
  return mean;
}

Kernel LiveFeatures::kernel(const OutputPrior& prior) const {
  const std::size_t d = parameters();
  Kernel kernel;
  kernel.categorical.assign(columns(), false);
  MaternTerm joint;  // what configuration and load do together
  joint.variance = {2 * std::log(prior.roughness), 0.5};
  for (std::size_t k = 0; k < d; ++k) {
    kernel.categorical[k] = space_->parameters()[k].type == ParameterType::kCategorical;
    joint.columns.push_back(k);
    // A factor of two of a resource decorrelates by about half; a parameter of little weight changes less.
    const double weight = std::clamp(prior.deviation[k] / 0.4, 0.25, 2.0);
    joint.lengths.push_back({std::log(kernel.categorical[k] ? 1.0 : 1.0 / weight), 0.5});
  }
  joint.columns.push_back(d);
  joint.lengths.push_back({std::log(1.0), 0.5});
  kernel.matern.push_back(std::move(joint));
  // The response to the load alone: seen from the first day on, so it may be rougher.
  kernel.matern.push_back({{d}, {{std::log(0.7), 0.5}}, {2 * std::log(0.25), 0.7}});
  kernel.linear.push_back({{d + 1}, {std::log(4.0), 0}});                   // level: unknown
  kernel.linear.push_back({{d}, {2 * std::log(prior.load_deviation), 0}});  // exponent of the load
  std::vector<std::size_t> scaled;
  for (std::size_t k = 0; k < d; ++k)
    scaled.push_back(d + 2 + k);
  scaled.push_back(2 * d + 2);
  kernel.linear.push_back({std::move(scaled), {0, 0.3}});  // exponents, in units of their deviations
  for (std::size_t b = 0; b < boundaries_.size(); ++b)
    kernel.linear.push_back({{2 * d + 3 + b}, {std::log(boundaries_[b].level), 0}});
  return kernel;
}

OutputPrior response_prior(const model::Space& space, bool utilisation_known) {
  OutputPrior prior;
  for (const Parameter& parameter : space.parameters()) {
    double exponent = 0;
    double deviation = 0.4;
    switch (role_of(parameter.name)) {
      case Role::kCpu:
        // With utilisation measured, phi carries the queue; what is left is stretched service.
        exponent = utilisation_known ? -0.3 : -1;
        deviation = utilisation_known ? 0.4 : 0.7;
        break;
      case Role::kMemory:
        deviation = 0.1;
        break;  // matters only through the heap and through kills, both apart
      case Role::kHeap:
        exponent = -0.15;
        deviation = 0.3;
        break;
      case Role::kCollectorThreads:
        deviation = 0.1;
        break;
      case Role::kServerThreads:
        deviation = 0.15;
        break;
      case Role::kOther:
        break;
    }
    prior.exponent.push_back(exponent);
    prior.deviation.push_back(deviation);
  }
  prior.load_exponent = utilisation_known ? 0.1 : 0.5;
  prior.load_deviation = 0.4;
  prior.pressure = utilisation_known ? 0.7 : 0;
  prior.pressure_deviation = utilisation_known ? 0.4 : 0;
  prior.roughness = 0.15;
  return prior;
}

OutputPrior usage_prior(const model::Space& space, Role resource) {
  OutputPrior prior;
  for (const Parameter& parameter : space.parameters()) {
    const Role role = role_of(parameter.name);
    double exponent = 0;
    double deviation = 0.1;
    if (resource == Role::kCpu && role == Role::kHeap) exponent = -0.15, deviation = 0.2;
    if (resource == Role::kMemory && role == Role::kHeap) exponent = 0.6, deviation = 0.3;
    if (resource == Role::kHeap && role == Role::kHeap) exponent = 0.5, deviation = 0.4;
    if (resource == Role::kServerThreads && role == Role::kCpu) exponent = -0.5, deviation = 0.4;
    if (role == Role::kOther) deviation = 0.2;
    prior.exponent.push_back(exponent);
    prior.deviation.push_back(deviation);
  }
  const bool proportional = resource == Role::kCpu || resource == Role::kServerThreads;
  prior.load_exponent = proportional ? 0.9 : 0.05;
  prior.load_deviation = proportional ? 0.2 : 0.1;
  prior.roughness = 0.08;
  return prior;
}

OutputPrior throttling_prior(const model::Space& space) {
  OutputPrior prior;
  for (const Parameter& parameter : space.parameters()) {
    const Role role = role_of(parameter.name);
    prior.exponent.push_back(role == Role::kCpu ? -2 : (role == Role::kHeap ? -0.3 : 0));
    prior.deviation.push_back(role == Role::kCpu ? 1 : 0.3);
  }
  prior.load_exponent = 1.5;
  prior.load_deviation = 0.7;
  prior.pressure = 1;
  prior.pressure_deviation = 0.7;
  prior.roughness = 0.3;
  return prior;
}

OutputPrior goal_prior(const model::Space& space) {
  OutputPrior prior;
  prior.exponent.assign(space.parameters().size(), 0);
  prior.deviation.assign(space.parameters().size(), 0.4);
  return prior;
}

}  // namespace trimtab::optimizer
