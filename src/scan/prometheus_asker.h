// One query to Prometheus. Internal to the room.
#pragma once

#include <functional>
#include <string>

#include "scan/measure.h"
#include "scan/series_answer.h"

namespace trimtab::scan {

struct RangeQuery {
  std::string text;
  Instant first;
  Instant last;
  Duration step{};  // zero: an instant query at `last`
};

// kExhausted and kDeadlineExceeded: ask for less. Other errors as measure().
[[nodiscard]] Result<void> ask(const net::HttpClient& client, const MeasureOptions& options, const RangeQuery& query,
                               Duration deadline, const std::function<void(const Series&)>& visit);

// For =~ within double quotes: everything of the text stands for itself.
[[nodiscard]] std::string quoted_regexp(const std::string& text);

}  // namespace trimtab::scan
