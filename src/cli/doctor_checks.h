// What `trimtab doctor` finds: one line per check. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/application.h"
#include "telemetry/prometheus_source.h"

namespace trimtab::cli {

struct Check {
  enum class Status { kOk, kWarning, kFailed } status = Status::kOk;
  std::string kind;     // "document", "metric", "slo", "goal"
  std::string subject;  // a name or a place
  std::string value;    // with its unit; may be empty
  std::string detail;   // why it is not ok; empty when it is
  std::string hint;
};

[[nodiscard]] std::string_view to_string(Check::Status status);

[[nodiscard]] std::vector<Check> document_checks(const std::vector<Error>& faults);

// A metric fails when it is required and has no usable value, when its value is outside what is plausible, or when it
// cannot be in the unit that is stated. It is a warning when it is not required and has no data.
[[nodiscard]] std::vector<Check> metric_checks(const model::Application& application,
                                               const telemetry::ExplainedWindow& window);

// Whether the SLOs hold now and the goal has a value, for the metrics of the window and the baseline. A breach is a
// warning: the document may be right and the application wrong.
[[nodiscard]] std::vector<Check> objective_checks(const model::Application& application,
                                                  const telemetry::ExplainedWindow& window);

// Why a value of a metric in `unit` looks as if it were in another unit; empty when it does not.
[[nodiscard]] std::string unit_doubt(const model::Metric& metric, double value);

}  // namespace trimtab::cli
