// Queries to Prometheus, carried out side by side.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "model/application.h"
#include "net/http_client.h"
#include "telemetry/prometheus_answer.h"
#include "telemetry/window_judgement.h"

namespace trimtab::telemetry {

struct Query {
  std::string text;  // PromQL
  bool range = false;
  Grid grid;  // of a range query; an instant query is asked at grid.last
};

// The metric's query with $WINDOW$ in whole seconds ("15s", at least "1s").
[[nodiscard]] std::string expand_window(const std::string& query, Duration window);

// Answers in the order of the queries; an Error in one of them concerns that query alone (refused, too large). When the
// source as a whole cannot be asked, the remaining queries are given up and that error is returned: kUnavailable,
// kDeadlineExceeded, kUnauthenticated, kDenied. At most four queries at a time; returns by `deadline`.
[[nodiscard]] Result<std::vector<Result<QueryAnswer>>> ask_all(const model::Telemetry& telemetry,
                                                               const net::HttpClient& client,
                                                               const std::vector<Query>& queries,
                                                               std::chrono::steady_clock::time_point deadline);

}  // namespace trimtab::telemetry
