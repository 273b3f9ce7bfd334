#include "base/time.h"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace trimtab {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

bool read_digits(std::string_view text, std::size_t at, std::size_t count, int& out) {
  if (at + count > text.size()) return false;
  out = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  return true;
}

Error bad_time(std::string_view text) {
  return invalid_input(fmt::format("\"{}\" is not an RFC 3339 time", text.substr(0, 64)), {},
                       "write it as 2026-11-24T08:15:00Z");
}

// Reads ".digits" at `at` as microseconds; digits past the sixth are dropped.
bool read_fraction(std::string_view text, std::size_t& at, std::int64_t& micros) {
  micros = 0;
  if (at >= text.size() || text[at] != '.') return true;
  ++at;
  const std::size_t start = at;
  std::int64_t scale = 100'000;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    micros += (text[at] - '0') * scale;
    scale /= 10;
    ++at;
  }
  return at > start;
}

bool read_offset(std::string_view text, std::size_t at, std::int64_t& offset_seconds) {
  offset_seconds = 0;
  const std::string_view rest = text.substr(at);
  if (rest == "Z" || rest == "z") return true;
  int hours = 0;
  int minutes = 0;
  if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':') return false;
  if (!read_digits(rest, 1, 2, hours) || !read_digits(rest, 4, 2, minutes) || hours > 23 || minutes > 59) return false;
  offset_seconds = (hours * 3600 + minutes * 60) * (rest[0] == '-' ? -1 : 1);
  return true;
}

struct DurationUnit {
  std::string_view suffix;
  std::int64_t micros;
};
// Longest suffix first, so that "ms" is not read as "m".
constexpr std::array<DurationUnit, 6> kUnits{{{"us", 1},
                                              {"ms", 1000},
                                              {"s", kMicrosPerSecond},
                                              {"m", 60 * kMicrosPerSecond},
                                              {"h", 3600 * kMicrosPerSecond},
                                              {"d", 86400 * kMicrosPerSecond}}};

Error bad_duration(std::string_view text) {
  return invalid_input(fmt::format("\"{}\" is not a duration", text.substr(0, 64)), {},
                       "write it with its unit: 250ms, 90s, 5m, 1h30m, 2d");
}

}  // namespace

Instant instant_from_seconds(double seconds) {
  return {static_cast<std::int64_t>(std::llround(seconds * 1e6))};
}
Duration duration_from_seconds(double seconds) {
  return Duration(std::llround(seconds * 1e6));
}

std::string format_rfc3339(Instant at) {
  using namespace std::chrono;
  const auto point = sys_time<microseconds>(microseconds(at.us));
  const auto day = floor<days>(point);
  const year_month_day date(day);
  const hh_mm_ss<microseconds> clock(point - day);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  const auto micros = clock.subseconds().count();
  if (micros % 1000 != 0) {
    text += fmt::format(".{:06}", micros);
  } else if (micros != 0) {
    text += fmt::format(".{:03}", micros / 1000);
  }
  return text + "Z";
}

Result<Instant> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  const bool shape = text.size() >= 20 && text.size() <= 40 && text[4] == '-' && text[7] == '-' &&
                     (text[10] == 'T' || text[10] == 't' || text[10] == ' ') && text[13] == ':' && text[16] == ':';
  if (!shape || !read_digits(text, 0, 4, y) || !read_digits(text, 5, 2, mo) || !read_digits(text, 8, 2, d) ||
      !read_digits(text, 11, 2, h) || !read_digits(text, 14, 2, mi) || !read_digits(text, 17, 2, s)) {
    return fail(bad_time(text));
  }
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
  std::size_t at = 19;
  std::int64_t micros = 0;
  std::int64_t offset = 0;
  if (!date.ok() || h > 23 || mi > 59 || s > 60 || !read_fraction(text, at, micros) || !read_offset(text, at, offset)) {
    return fail(bad_time(text));
  }
  const std::int64_t whole =
      std::int64_t{sys_days(date).time_since_epoch().count()} * 86400 + h * 3600 + mi * 60 + s - offset;
  return Instant{whole * kMicrosPerSecond + micros};
}

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = text;
  double total = 0;
  bool any = false;
  while (!rest.empty()) {
    double number = 0;
    const auto [end, status] =
        std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
    if (status != std::errc{} || !std::isfinite(number) || number < 0) return fail(bad_duration(text));
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const DurationUnit* found = nullptr;
    for (const auto& unit : kUnits) {
      if (rest.starts_with(unit.suffix)) {
        found = &unit;
        break;
      }
    }
    if (found == nullptr) return fail(bad_duration(text));
    rest.remove_prefix(found->suffix.size());
    total += number * static_cast<double>(found->micros);
    any = true;
  }
  constexpr double kTenThousandYearsUs = 3.2e17;  // keeps sums of instants and durations inside int64
  if (!any || total > kTenThousandYearsUs) return fail(bad_duration(text));
  return Duration(std::llround(total));
}

std::string format_duration(Duration d) {
  std::int64_t left = d.count();
  if (left == 0) return "0s";
  std::string text = left < 0 ? "-" : "";
  if (left < 0) left = -left;
  constexpr std::array<DurationUnit, 6> kDescending{{kUnits[5], kUnits[4], kUnits[3], kUnits[2], kUnits[1], kUnits[0]}};
  for (const auto& unit : kDescending) {
    if (left >= unit.micros) {
      text += fmt::format("{}{}", left / unit.micros, unit.suffix);
      left %= unit.micros;
    }
  }
  return text;
}

Instant SystemClock::now() const {
  return {std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

}  // namespace trimtab
