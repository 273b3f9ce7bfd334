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

constexpr std::size_t kFewLevels = 24;  // above, a grid is fine enough to be searched as if it were continuous
constexpr double kWideRange = 100;      // max/min above which a positive range is searched on a log scale

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
    const std::size_t levels = parameter.cardinality().value_or(0);
    levels_.push_back(!parameter.is_number() || levels <= kFewLevels ? levels : 0);
    conditional_ = conditional_ || parameter.when.has_value();
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

std::optional<double> Encoding::place(std::size_t k, const Value& value) const {
  const Parameter& parameter = space_->parameters()[k];
  if (parameter.is_number() ? !value.is_number() : !value.is_text()) return std::nullopt;
  if (!parameter.is_number()) {
    if (std::ranges::find(parameter.values, value.text()) != parameter.values.end()) return coordinate(k, value);
    return categorical_[k] ? std::optional(-1.0) : std::nullopt;
  }
  if (parameter.max <= parameter.min) return 0;
  if (!logarithmic_[k]) return (value.number() - parameter.min) / (parameter.max - parameter.min);
  if (value.number() <= 0) return std::nullopt;
  return std::log(value.number() / parameter.min) / std::log(parameter.max / parameter.min);
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

void Encoding::canonicalise(std::span<double> row) const {
  CHECK(row.size() == size());
  if (conditional_) {
    const std::vector<double> whole = encode(decode(row));
    std::ranges::copy(whole, row.begin());
    return;
  }
  for (std::size_t k = 0; k < row.size(); ++k) {
    const Parameter& parameter = space_->parameters()[k];
    if (parameter.is_number()) {
      const double u = std::clamp(row[k], 0.0, 1.0);
      row[k] = parameter.type == ParameterType::kReal && !parameter.step ? u : coordinate(k, value(k, u));
      continue;
    }
    const auto last = static_cast<double>(parameter.values.size() - 1);
    const double index = std::clamp(std::round(categorical_[k] ? row[k] : row[k] * last), 0.0, last);
    row[k] = categorical_[k] ? index : (last > 0 ? index / last : 0);
  }
}

double Encoding::distance(std::span<const double> a, std::span<const double> b) const {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double difference = categorical_[k] ? (a[k] != b[k] ? 1 : 0) : a[k] - b[k];
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

double Encoding::distance(const Configuration& a, const Configuration& b) const {
  return distance(encode(a), encode(b));
}

}  // namespace trimtab::optimizer
