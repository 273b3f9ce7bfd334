// OutputModel: one measured quantity over (configuration, load), learned from windows of a live application.
//
// Windows of the same configuration and era whose loads lie within a few per cent are merged: their mean (or maximum)
// keeps all the information on the response and shrinks n to what a decision in milliseconds allows.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "optimizer/gaussian_process.h"
#include "optimizer/live_features.h"

namespace trimtab::optimizer {

// Merged windows of one output.
struct Sample {
  std::vector<LivePoint> points;
  std::vector<double> values;
  std::vector<double> counts;
  std::vector<double> ages;  // mean number of windows since
  double scatter = 0;        // pooled standard deviation of single windows inside the merged ones
};

enum class Merge { kMean, kMaximum };

// Nothing for windows without the value. What `windows` refers to must outlive the sample. Pure and deterministic.
[[nodiscard]] Sample merge_windows(const LiveWindows& windows, const LiveFeatures& features,
                                   const std::function<std::optional<double>(const model::Observation&)>& value,
                                   Merge merge);

struct Estimate {
  double mean = 0;
  double deviation = 0;  // of the response itself
  double scatter = 0;    // of one window around it
};

class OutputModel {
 public:
  // `scale`: the size of one unit of the prior in the units of the values. Precondition: the sample is not empty.
  [[nodiscard]] static Result<OutputModel> fit(const LiveFeatures& features, OutputPrior prior, const Sample& sample,
                                               double scale);
  [[nodiscard]] std::vector<Estimate> predict(const std::vector<LivePoint>& points) const;
  // Of the response at each point minus that at the reference: what a change would do.
  [[nodiscard]] std::vector<Estimate> difference(const std::vector<LivePoint>& points,
                                                 const LivePoint& reference) const;

 private:
  OutputModel(const LiveFeatures& features, OutputPrior prior, double scale, double scatter, GaussianProcess process);
  const LiveFeatures* features_;
  OutputPrior prior_;
  double scale_;
  double scatter_;
  GaussianProcess process_;
};

}  // namespace trimtab::optimizer
