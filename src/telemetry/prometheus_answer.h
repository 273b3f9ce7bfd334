// The answer of Prometheus' query API (/api/v1/query and /api/v1/query_range), taken apart.
// https://prometheus.io/docs/prometheus/2.42/querying/api/
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/metric_source.h"

namespace trimtab::telemetry {

struct QueryAnswer {
  // Oldest point first; values may be NaN or infinite. A scalar is one series with one point.
  std::vector<std::vector<engine::SeriesPoint>> series;
  // Why data may be missing (a remote store or a Thanos store did not answer); empty when all is there.
  std::string partial;
};

// Cost O(size): 6 MB take some 13 ms. Errors: kInvalidInput when Prometheus refuses the query (the message is its own),
// kDeadlineExceeded when its own time limit ended the query, kUnavailable when it says that it cannot answer or the
// text is not an answer of Prometheus' API at all.
[[nodiscard]] Result<QueryAnswer> parse_query_answer(std::string_view body);

}  // namespace trimtab::telemetry
