// Structured logging: an event name in dotted lower case and fields. Human lines on a terminal, JSON lines elsewhere.
// Thread safe. Never pass a secret: redaction is not attempted.
//
//   log::info("replica.started", {{"replica", "shop-1"}, {"pid", pid}});
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace trimtab::log {

enum class Level { kDebug, kInfo, kWarning, kError, kOff };
enum class Format { kHuman, kJson };

struct Field {
  std::string_view key;
  std::variant<std::string, std::int64_t, double, bool> value;

  Field(std::string_view k, std::string_view v) : key(k), value(std::string(v)) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  template <class Integer>
    requires std::is_integral_v<Integer>
  Field(std::string_view k, Integer v) : key(k), value(static_cast<std::int64_t>(v)) {}
};

// Lines go to standard error. Call once at start, before threads; the default is kInfo, kHuman.
void configure(Level level, Format format);

void write(Level level, std::string_view event, std::initializer_list<Field> fields);
inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kDebug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kWarning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kError, event, fields);
}

}  // namespace trimtab::log
