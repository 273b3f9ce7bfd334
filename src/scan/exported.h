// A folder of exported series instead of a Prometheus: what cAdvisor and kube-state-metrics said, with all its samples.
//
//   *.json   answers of /api/v1/query (metric[14d]) or /api/v1/query_range, with the metrics' names
//   *.txt    lines as `promtool tsdb dump` prints them: {__name__="metric", pod="x"} 1.5 1700000000000
//
// Read once for the inventory and once for use; a file at a time is held in memory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scan/measure.h"

namespace trimtab::scan {

class ExportedSeries {
 public:
  // kNotFound: no such folder, or no such files in it.
  [[nodiscard]] static Result<ExportedSeries> open(const std::string& folder);

  // Calls `visit` for every series of all files; one series may come in several parts.
  [[nodiscard]] Result<void> each(const std::function<void(const Series& series)>& visit) const;
  // The newest sample's time. kNotFound: there is none.
  [[nodiscard]] Result<Instant> newest() const;
  [[nodiscard]] Result<Inventory> inventory(const std::vector<std::string>& spaces) const;

 private:
  std::vector<std::string> files_;
};

// As measure(), from the folder. Of the options only end and window count.
[[nodiscard]] Result<MeasureReport> measure_exported(
    const Inventory& inventory, const ExportedSeries& exported, const MeasureOptions& options,
    const std::function<void(std::size_t index, const HourlyUse& use)>& done);

}  // namespace trimtab::scan
