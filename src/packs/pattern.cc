#include "packs/pattern.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace trimtab::packs {
namespace {

constexpr std::string_view kDecimal = "${value}";
constexpr std::string_view kHexadecimal = "${value:x}";
constexpr double kMebibyte = 1048576;
// Up to here every whole number is exact in a double.
constexpr double kWhole = 9007199254740992.0;

std::string_view place_in(std::string_view pattern) {
  return pattern.contains(kHexadecimal) ? kHexadecimal : kDecimal;
}

std::string replaced(std::string_view pattern, std::string_view text) {
  const std::string_view place = place_in(pattern);
  std::string whole(pattern);
  for (auto at = whole.find(place); at != std::string::npos; at = whole.find(place, at + text.size()))
    whole.replace(at, place.size(), text);
  return whole;
}

// As a program reads it: whole numbers without exponent.
std::string number_text(double number) {
  if (number == std::floor(number) && std::fabs(number) < kWhole) return fmt::format("{:.0f}", number);
  return fmt::format("{}", number);
}

// Bytes of one unit of the suffix; JVM, Go and Kubernetes write binary multiples in these ways.
std::optional<double> bytes_of_suffix(std::string_view suffix) {
  if (suffix.ends_with("iB")) suffix.remove_suffix(2);
  if (suffix.ends_with('i')) suffix.remove_suffix(1);
  if (suffix.empty() || suffix == "B") return 1;
  if (suffix.size() != 1) return std::nullopt;
  switch (suffix[0]) {
    case 'k':
    case 'K':
      return 1024;
    case 'm':
    case 'M':
      return kMebibyte;
    case 'g':
    case 'G':
      return kMebibyte * 1024;
    case 't':
    case 'T':
      return kMebibyte * 1048576;
    default:
      return std::nullopt;
  }
}

struct Number {
  double value = 0;
  std::string_view rest;
};
std::optional<Number> leading_number(std::string_view text) {
  Number number;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number.value);
  if (status != std::errc{} || !std::isfinite(number.value)) return std::nullopt;
  number.rest = text.substr(static_cast<std::size_t>(end - text.data()));
  return number;
}

double bytes_of_unit(std::string_view unit) {
  if (unit == "KiB") return 1024;
  if (unit == "MiB") return kMebibyte;
  return unit == "GiB" ? kMebibyte * 1024 : 0;
}

bool is_size(const model::Parameter& parameter, std::string_view suffix) {
  const double unit = bytes_of_unit(parameter.unit);
  return unit > 0 && !suffix.empty() && bytes_of_suffix(suffix) == unit;
}

std::optional<model::Value> size_of(const model::Parameter& parameter, std::string_view text) {
  const auto number = leading_number(text);
  if (!number) return std::nullopt;
  const auto bytes = bytes_of_suffix(number->rest);
  if (!bytes) return std::nullopt;
  return model::Value(number->value * *bytes / bytes_of_unit(parameter.unit));
}

// "0xc800000" for "0x${value:x}00000": 200. The zeros behind the place are digits of the number.
std::optional<model::Value> hexadecimal_of(std::string_view before, std::string_view zeros, std::string_view word) {
  if (before.ends_with("0x")) before.remove_suffix(2);
  if (!word.starts_with(before)) return std::nullopt;
  word.remove_prefix(before.size());
  if (word.starts_with("0x") || word.starts_with("0X")) word.remove_prefix(2);
  unsigned long long digits = 0;
  const auto [end, status] = std::from_chars(word.data(), word.data() + word.size(), digits, 16);
  if (status != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return model::Value(std::ldexp(static_cast<double>(digits), -4 * static_cast<int>(zeros.size())));
}

// A pattern with one place.
std::optional<model::Value> match_once(std::string_view pattern, const model::Parameter& parameter,
                                       std::string_view word) {
  const std::string_view place = place_in(pattern);
  const auto at = pattern.find(place);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view before = pattern.substr(0, at);
  const std::string_view suffix = pattern.substr(at + place.size());
  const bool only_zeros = std::ranges::all_of(suffix, [](char c) { return c == '0'; });
  if (place == kHexadecimal && only_zeros) return hexadecimal_of(before, suffix, word);
  if (!word.starts_with(before)) return std::nullopt;
  std::string_view text = word.substr(at);
  if (parameter.is_number() && is_size(parameter, suffix)) return size_of(parameter, text);
  if (!text.ends_with(suffix)) return std::nullopt;
  text.remove_suffix(suffix.size());
  if (place == kHexadecimal) return hexadecimal_of({}, {}, text);
  if (!parameter.is_number()) {
    return std::ranges::find(parameter.values, text) != parameter.values.end() ? std::optional<model::Value>(text)
                                                                               : std::nullopt;
  }
  const auto number = leading_number(text);
  if (!number || !number->rest.empty()) return std::nullopt;
  return model::Value(number->value);
}

}  // namespace

bool is_hexadecimal(std::string_view pattern) {
  return pattern.contains(kHexadecimal);
}

bool is_pattern(std::string_view text) {
  if (text.contains(kHexadecimal) && text.contains(kDecimal)) return false;
  const std::string place(place_in(text));
  return text.contains(place) && !text.contains(place + place);
}

Result<std::string> fill(std::string_view pattern, const model::Parameter& parameter, const model::Value& value) {
  if (is_hexadecimal(pattern)) {
    const double number = value.is_number() ? value.number() : -1;
    if (number < 0 || number != std::floor(number) || number >= kWhole) {
      return fail(invalid_input(fmt::format("{} takes a whole number from 0", parameter.name), parameter.name));
    }
    return replaced(pattern, fmt::format("{:x}", static_cast<unsigned long long>(number)));
  }
  if (value.is_number()) return replaced(pattern, number_text(value.number()));
  if (value.is_text()) return replaced(pattern, value.text());
  return fail(invalid_input("a parameter is a number or a text", parameter.name));
}

// Several places are matched by the first, and then as a whole: the others must hold the same text.
std::optional<model::Value> match(std::string_view pattern, const model::Parameter& parameter, std::string_view word) {
  const std::string_view place = place_in(pattern);
  const auto first = pattern.find(place);
  const auto second = first == std::string_view::npos ? first : pattern.find(place, first + place.size());
  if (second == std::string_view::npos) return match_once(pattern, parameter, word);
  const std::string_view between = pattern.substr(first + place.size(), second - first - place.size());
  if (!word.starts_with(pattern.substr(0, first))) return std::nullopt;
  const auto end = word.find(between, first);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view text = word.substr(first, end - first);
  if (replaced(pattern, text) != word) return std::nullopt;
  return match_once(place, parameter, text);
}

}  // namespace trimtab::packs
