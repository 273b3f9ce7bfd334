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

// Waits two minutes at most, and never beyond options.until. kExhausted: ask for less; kUnavailable and
// kDeadlineExceeded: later, or for less. Other errors as measure().
[[nodiscard]] Result<void> ask(const net::HttpClient& client, const MeasureOptions& options, const RangeQuery& query,
                               const std::function<void(const Series&)>& visit);

// For =~ within double quotes: every character of the text stands for itself; bytes that are no UTF-8, which no
// Prometheus can hold, for any character.
[[nodiscard]] std::string quoted_regexp(std::string_view text);

}  // namespace trimtab::scan
