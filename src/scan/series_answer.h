// The answer of a Prometheus query with its labels, series by series: nothing is kept of what was visited.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trimtab::scan {

struct Point {
  double seconds = 0;
  double value = 0;  // finite
};

struct Series {
  std::function<std::string_view(std::string_view label)> label;  // empty: the series has none of that name
  std::span<const Point> points;  // oldest first; points that are not finite are left out
};

// Errors: kInvalidInput (Prometheus refuses the query), kExhausted (it would touch too many samples: ask for less),
// kDeadlineExceeded (it gave up), kUnavailable (it cannot answer, or the text is no answer of Prometheus).
[[nodiscard]] Result<void> read_series(std::string_view body, const std::function<void(const Series&)>& visit);

}  // namespace trimtab::scan
