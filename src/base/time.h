// Instants and durations in whole microseconds, UTC; parsing and printing of RFC 3339 and of "90s", "5m", "1h30m".
// The core never reads a clock: time is an input. Clock is what the shell injects.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trimtab {

using Duration = std::chrono::microseconds;

// A point in time: microseconds since 1970-01-01T00:00:00Z.
struct Instant {
  std::int64_t us = 0;

  auto operator<=>(const Instant&) const = default;
  [[nodiscard]] double seconds() const { return static_cast<double>(us) / 1e6; }
};

[[nodiscard]] constexpr Instant operator+(Instant at, Duration by) {
  return {at.us + by.count()};
}
[[nodiscard]] constexpr Instant operator-(Instant at, Duration by) {
  return {at.us - by.count()};
}
[[nodiscard]] constexpr Duration operator-(Instant a, Instant b) {
  return Duration(a.us - b.us);
}
[[nodiscard]] constexpr double to_seconds(Duration d) {
  return static_cast<double>(d.count()) / 1e6;
}
[[nodiscard]] Instant instant_from_seconds(double seconds);
[[nodiscard]] Duration duration_from_seconds(double seconds);

// "2026-11-24T08:15:00.250Z"; the fraction is left out when zero, else milliseconds (microseconds when needed).
[[nodiscard]] std::string format_rfc3339(Instant at);
// Accepts fractions and offsets (+02:00). kInvalidInput otherwise.
[[nodiscard]] Result<Instant> parse_rfc3339(std::string_view text);

// "250ms", "90s", "5m", "1h30m", "2d"; a bare number is refused because its unit would be a guess.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
// The shortest exact form in the same grammar; "0s" for zero.
[[nodiscard]] std::string format_duration(Duration d);

// Where time comes from. Implementations are thread safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
};

}  // namespace trimtab
