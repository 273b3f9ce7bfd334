// Encoding: configurations as rows of numbers for the Gaussian processes, and back onto the grid of the space.
//
// Numbers become u in [0, 1], linear or logarithmic (when declared, or when min > 0 and max/min >= 100); ordinals
// rank/(levels - 1); categories their index. Numbers are those after snapping to the grid. An inactive or missing
// parameter takes the fallback's value: a deterministic map, so that kernels stay positive semi-definite.
// Immutable; safe to share for reading. The space must outlive it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "model/space.h"

namespace trimtab::optimizer {

class Encoding {
 public:
  Encoding(const model::Space& space, const model::Configuration& fallback);

  [[nodiscard]] const model::Space& space() const { return *space_; }
  [[nodiscard]] std::size_t size() const { return space_->parameters().size(); }
  [[nodiscard]] const std::vector<bool>& categorical() const { return categorical_; }
  [[nodiscard]] std::vector<double> encode(const model::Configuration& configuration) const;
  // Every active parameter set, snapped; inactive ones left out. Constraints may be violated.
  [[nodiscard]] model::Configuration decode(std::span<const double> row) const;
  // One coordinate of a value; the nearest admissible value of a coordinate.
  [[nodiscard]] double coordinate(std::size_t parameter, const model::Value& value) const;
  [[nodiscard]] model::Value value(std::size_t parameter, double coordinate) const;
  // Of a value from elsewhere: a number outside the range falls outside [0, 1], a category that is not known is -1.
  // Nothing where it has no place: another type, an unknown level, no logarithm.
  [[nodiscard]] std::optional<double> place(std::size_t parameter, const model::Value& value) const;
  // Without the entries of inactive parameters.
  [[nodiscard]] model::Configuration canonical(model::Configuration configuration) const;
  // Onto the row of the nearest admissible configuration: every coordinate snapped, inactive ones at the fallback.
  void canonicalise(std::span<double> row) const;
  // Whether a parameter can be inactive.
  [[nodiscard]] bool is_conditional() const { return conditional_; }
  // Admissible values of a parameter when they are few enough to try one by one, else 0.
  [[nodiscard]] std::size_t levels(std::size_t parameter) const { return levels_[parameter]; }
  [[nodiscard]] double distance(std::span<const double> a, std::span<const double> b) const;
  // Euclidean distance of the rows; a category that differs counts 1.
  [[nodiscard]] double distance(const model::Configuration& a, const model::Configuration& b) const;

 private:
  const model::Space* space_;
  std::vector<bool> categorical_;
  std::vector<bool> logarithmic_;
  std::vector<double> fallback_;
  std::vector<std::size_t> levels_;
  bool conditional_ = false;
};

}  // namespace trimtab::optimizer
