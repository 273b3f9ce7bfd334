// Reads named numbers out of what a load test prints: by path in JSON or by regular expression in text. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/objective.h"

namespace trimtab::engine {

struct OutputMetric {
  std::string name;
  std::string unit;
  std::string json;   // path "latency.p95" (a key may hold dots only with '/' as separator: "/metrics/p(95)"), or
  std::string regex;  // ECMAScript; the first group is the number; the last line that matches counts
  double scale = 1;   // the number is multiplied with it: 0.001 makes seconds of milliseconds
};

// JSON is the whole output, or else its last line that starts with '{'. Lines above 64 KiB are not searched. Errors:
// kInvalidInput naming the first metric that is not found or not a finite number, and what was found instead.
[[nodiscard]] Result<model::Metrics> parse_output(std::string_view output, const std::vector<OutputMetric>& metrics);

// kInvalidInput when the regular expression is not one or has no group.
[[nodiscard]] Result<void> check_output_metric(const OutputMetric& metric);

}  // namespace trimtab::engine
