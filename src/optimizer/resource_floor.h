// Resource floors: what the application was seen to need, so that no proposal takes it away: processor time, memory
// that cannot be reclaimed, live data, busy threads. Used where such metrics exist beside the SLOs
// ("container.cpu_used_peak" for "container.cpu_limit"), recognised by the last part of their names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "optimizer/output_model.h"

namespace trimtab::optimizer {

class ResourceFloor {
 public:
  // Every floor that the windows support. `features` and the observations must outlive the result.
  [[nodiscard]] static std::vector<ResourceFloor> learn(const LiveFeatures& features, const LiveWindows& windows);

  [[nodiscard]] const std::string& parameter() const { return parameter_; }
  [[nodiscard]] const std::string& metric() const { return metric_; }
  // The least value of the parameter at each point, and what the metric is expected to read there.
  struct Need {
    double least = 0;
    double expected = 0;
  };
  [[nodiscard]] std::vector<Need> needs(const std::vector<LivePoint>& points) const;

 private:
  ResourceFloor(std::string parameter, std::string metric, Role role, OutputModel model);
  [[nodiscard]] double seen_with_no_more_heap(const model::Configuration& configuration) const;

  std::string parameter_;
  std::string metric_;
  Role role_;
  OutputModel model_;
  std::string heap_;  // name of the heap's parameter, for memory; empty when there is none
  std::vector<std::pair<double, double>> heap_and_use_;
};

// The metric with one of the last parts, of the parameter's own component first; the first such in order of `parts`.
// Empty when no observation has one.
[[nodiscard]] std::string metric_for(std::string_view parameter, const std::vector<std::string_view>& parts,
                                     const std::vector<model::Observation>& observations);

}  // namespace trimtab::optimizer
