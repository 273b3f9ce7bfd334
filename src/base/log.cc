#include "base/log.h"

#include <atomic>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "base/time.h"

// A line is built here and handed to one fwrite, which stdio locks: no interleaving, no format string from data, and no
// logging library between a secret-free field list and standard error.
namespace trimtab::log {
namespace {

// The process-wide sink settings: set once at start by configure(), read everywhere.
std::atomic<Level> minimum{Level::kInfo};
std::atomic<Format> format{Format::kHuman};

constexpr std::string_view name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
    case Level::kOff:
      break;
  }
  return "off";
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_value(std::string& out, const Field& field, bool json) {
  if (const auto* text = std::get_if<std::string>(&field.value)) {
    const bool plain = !json && !text->empty() && text->find_first_of(" \"\\\n\t=") == std::string::npos;
    if (plain) {
      out += *text;
    } else {
      append_quoted(out, *text);
    }
  } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
    out += fmt::format("{}", *integer);
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    if (std::isfinite(*real)) {
      out += fmt::format("{:.6g}", *real);
    } else {
      out += json ? "null" : "nan";
    }
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

}  // namespace

void configure(Level level, Format f) {
  minimum = level;
  format = f;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < minimum.load(std::memory_order_relaxed)) return;
  const bool json = format.load(std::memory_order_relaxed) == Format::kJson;
  const std::string now = format_rfc3339(SystemClock().now());
  std::string line;
  if (json) {
    line = fmt::format(R"({{"time":"{}","level":"{}","event":)", now, name(level));
    append_quoted(line, event);
    for (const auto& field : fields) {
      line += ',';
      append_quoted(line, field.key);
      line += ':';
      append_value(line, field, true);
    }
    line += "}\n";
  } else {
    line = fmt::format("{} {:<7} {}", now, name(level), event);
    for (const auto& field : fields) {
      line += ' ';
      line += field.key;
      line += '=';
      append_value(line, field, false);
    }
    line += '\n';
  }
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace trimtab::log
