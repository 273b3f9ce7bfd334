#include "cli/values.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace trimtab::cli {
namespace {

std::string value_text(const nlohmann::json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>().empty() ? "-" : value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number()) return number_text(value.get<double>());
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string number_text(double value) {
  return fmt::format("{:.6g}", value);
}

std::string cell(const nlohmann::json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() ? "-" : value_text(*found);
}

std::string money(const nlohmann::json& amount, const std::string& currency) {
  if (!amount.is_number()) return "-";
  return fmt::format("{:.2f} {}", amount.get<double>(), currency);
}

std::string configuration_text(const nlohmann::json& configuration) {
  std::string text;
  if (!configuration.is_object()) return text;
  for (const auto& [name, value] : configuration.items())
    text += (text.empty() ? "" : " ") + name + "=" + value_text(value);
  return text;
}

std::string price_fault(const std::string& text) {
  double price = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), price);
  const bool number = error == std::errc() && end == text.data() + text.size() && std::isfinite(price);
  return number && price >= 0 ? "" : "a price is a number of zero or more, not " + text;
}

}  // namespace trimtab::cli
