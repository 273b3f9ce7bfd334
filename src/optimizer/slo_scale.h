// SloScale: an SLO's value on a scale on which models are smooth and the bound lies at 0: y <= 0 holds.
//
//   upper bound h: y = log((v + e) / (h + e));  lower bound: y = log((h + e) / (v + e));  e = 0.1 |h|
// so that an error share of zero is a number. Where values or the bound can be negative: y = (v - h) / s.
// One unit of a model's prior is `unit`: 1 for a response that follows load and resources, less for one that sits at
// its natural end (no errors, nothing lost) and will do so until the service saturates, which response times show
// first.
#pragma once

#include <vector>

#include "model/objective.h"

namespace trimtab::optimizer {

class SloScale {
 public:
  // From the values seen so far; not empty.
  SloScale(const model::Slo& slo, const std::vector<double>& values);
  [[nodiscard]] double to_scale(double value) const;
  [[nodiscard]] double from_scale(double y) const;
  [[nodiscard]] double unit() const { return unit_; }
  // Whether the quantity sits at its natural end in everything seen.
  [[nodiscard]] bool saturating() const { return unit_ < 1; }

 private:
  bool upper_;
  double bound_;
  double offset_ = 0;  // e
  double span_ = 0;    // s; positive: linear scale
  double unit_ = 1;
};

}  // namespace trimtab::optimizer
