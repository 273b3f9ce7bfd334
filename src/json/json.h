// Strict reading of untrusted JSON on nlohmann::json, and decoding with field paths.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace trimtab::json {

struct Limits {
  std::size_t bytes = 1024 * 1024;
  int depth = 64;
};

// Errors: kInvalidInput (syntax, with position.column = byte from 1; duplicate keys), kExhausted beyond a limit.
[[nodiscard]] Result<nlohmann::json> parse(std::string_view text, const Limits& limits = {});

// Fields of an object. Errors: kInvalidInput with `path.name` as the field.
[[nodiscard]] Result<std::string> text(const nlohmann::json& object, std::string_view name, std::string_view path = {});
[[nodiscard]] Result<double> number(const nlohmann::json& object, std::string_view name, std::string_view path = {});
[[nodiscard]] Result<std::int64_t> integer(const nlohmann::json& object, std::string_view name,
                                           std::string_view path = {});
[[nodiscard]] Result<bool> boolean(const nlohmann::json& object, std::string_view name, std::string_view path = {});
// Refuses members that are not in `known`.
[[nodiscard]] Result<void> only(const nlohmann::json& object, std::initializer_list<std::string_view> known,
                                std::string_view path = {});

// A number, or null when it is not finite: JSON has no NaN.
[[nodiscard]] nlohmann::json finite(double value);

}  // namespace trimtab::json
