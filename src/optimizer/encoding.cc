#include "optimizer/encoding.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Parameter;
using model::ParameterType;
using model::Value;

constexpr double kWideRange = 100;  // max/min above which a positive range is searched on a log scale

bool is_logarithmic(const Parameter& parameter) {
  if (!parameter.is_number() || parameter.min <= 0) return false;
  return parameter.scale == model::Scale::kLog || parameter.max / parameter.min >= kWideRange;
}

}  // namespace

Encoding::Encoding(const model::Space& space, const Configuration& fallback) : space_(&space) {
  for (std::size_t k = 0; k < space.parameters().size(); ++k) {
    const Parameter& parameter = space.parameters()[k];
    categorical_.push_back(parameter.type == ParameterType::kCategorical);
    logarithmic_.push_back(is_logarithmic(parameter));
    const Value* value = fallback.find(parameter.name);
    const double middle = parameter.type == ParameterType::kCategorical ? 0 : 0.5;
    fallback_.push_back(value != nullptr ? coordinate(k, *value) : middle);
  }
}

double Encoding::coordinate(std::size_t k, const Value& value) const {
  const Parameter& parameter = space_->parameters()[k];
  if (!parameter.is_number()) {
    const auto at = value.is_text() ? std::ranges::find(parameter.values, value.text()) : parameter.values.end();
    const auto index = at == parameter.values.end() ? 0.0 : static_cast<double>(at - parameter.values.begin());
    if (parameter.type == ParameterType::kCategorical) return index;
    return parameter.values.size() < 2 ? 0 : index / static_cast<double>(parameter.values.size() - 1);
  }
  if (!value.is_number() || parameter.max <= parameter.min) return 0;
  const double number = std::clamp(value.number(), parameter.min, parameter.max);
  if (logarithmic_[k]) return std::log(number / parameter.min) / std::log(parameter.max / parameter.min);
  return (number - parameter.min) / (parameter.max - parameter.min);
}

Value Encoding::value(std::size_t k, double coordinate) const {
  const Parameter& parameter = space_->parameters()[k];
  if (!parameter.is_number()) {
    const auto last = static_cast<double>(parameter.values.size() - 1);
    const double index = parameter.type == ParameterType::kCategorical ? coordinate : coordinate * last;
    return parameter.values[static_cast<std::size_t>(std::clamp(std::round(index), 0.0, last))];
  }
  const double u = std::clamp(coordinate, 0.0, 1.0);
  if (logarithmic_[k]) return parameter.snap(parameter.min * std::pow(parameter.max / parameter.min, u));
  return parameter.snap(parameter.min + u * (parameter.max - parameter.min));
}

std::vector<double> Encoding::encode(const Configuration& configuration) const {
  std::vector<double> row = fallback_;
  for (std::size_t k = 0; k < row.size(); ++k) {
    const Parameter& parameter = space_->parameters()[k];
    const Value* value = configuration.find(parameter.name);
    if (value != nullptr && space_->is_active(parameter, configuration)) row[k] = coordinate(k, *value);
  }
  return row;
}

Configuration Encoding::decode(std::span<const double> row) const {
  CHECK(row.size() == size());
  Configuration configuration;
  for (std::size_t k = 0; k < row.size(); ++k)
    configuration.set(space_->parameters()[k].name, value(k, row[k]));
  return canonical(std::move(configuration));
}

Configuration Encoding::canonical(Configuration configuration) const {
  const Configuration whole = configuration;
  for (const Parameter& parameter : space_->parameters())
    if (!space_->is_active(parameter, whole)) configuration.erase(parameter.name);
  return configuration;
}

double Encoding::distance(const Configuration& a, const Configuration& b) const {
  const std::vector<double> left = encode(a);
  const std::vector<double> right = encode(b);
  double sum = 0;
  for (std::size_t k = 0; k < left.size(); ++k) {
    const double difference = categorical_[k] ? (left[k] != right[k] ? 1 : 0) : left[k] - right[k];
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

}  // namespace trimtab::optimizer
