// The report of a scan: assessments with totals by namespace, and its forms for machines.
#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "scan/signals.h"
#include "scan/sizing.h"
#include <nlohmann/json_fwd.hpp>

namespace trimtab::scan {

struct Total {
  std::size_t containers = 0;
  std::size_t recommended = 0;  // with a change
  std::size_t findings = 0;
  double cost_now = 0;
  double cost_recommended = 0;
};

struct Report {
  std::string source;  // "cluster prod, Prometheus http://..."
  Instant at;
  Prices prices;
  Inventory inventory;
  std::vector<Assessment> assessments;  // in the order to show
  std::map<std::string, Total> by_space;
  Total total;
  MeasureReport measured;
  std::map<std::size_t, Signals> signals;  // by the index of a workload's first container

  [[nodiscard]] const Signals* signals_of(std::size_t index) const;  // of the workload of this container
};

enum class SortBy { kSaving, kRisk, kName, kSeverity };
// Orders the assessments and counts the totals.
void finish_report(Report& report, SortBy by);

[[nodiscard]] nlohmann::json report_json(const Report& report);
// The same document, written container by container: a fleet's would take many times its size as a whole.
void write_report_json(std::ostream& out, const Report& report);
// One line a container, RFC 4180. Cells that a spreadsheet would take for a formula begin with an apostrophe.
[[nodiscard]] std::string report_csv(const Report& report);
// One file without scripts or outside references, light or dark as the reader's system; every text of the cluster is
// escaped.
[[nodiscard]] std::string report_html(const Report& report);
// Strategic merge patches, one a workload, as a YAML stream for `kubectl patch` or a kustomization. What an
// autoscaler's target should become stands in a comment: its list of metrics cannot be merged.
[[nodiscard]] std::string report_patches(const Report& report);
// Values for Helm, a YAML document a namespace: workload.resources, or workload.container.resources where a pod has
// several containers. Charts name their values as they like: to be copied, not to be applied as it is.
[[nodiscard]] std::string report_helm_values(const Report& report);

// Text of a cluster made fit for a terminal: control characters and bytes that are no UTF-8 become '?', texts of more
// characters than `longest` (more than three) end in "...".
[[nodiscard]] std::string printable(std::string_view text, std::size_t longest = 60);
// "250m/1" and the like: request/limit; "-" where there is none.
[[nodiscard]] std::string cpu_text(const Sizes& sizes);
[[nodiscard]] std::string memory_text(const Sizes& sizes);

}  // namespace trimtab::scan
