// Values of API answers as people read them.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace trimtab::cli {

// The member as text; numbers in short form; "-" when absent or null.
[[nodiscard]] std::string cell(const nlohmann::json& object, const char* name);
// "18.50 EUR"; "-" when it is no number.
[[nodiscard]] std::string money(const nlohmann::json& amount, const std::string& currency);
// At most six significant digits, no exponent for everyday sizes.
[[nodiscard]] std::string number_text(double value);
// "cpu=0.5 gc=G1"
[[nodiscard]] std::string configuration_text(const nlohmann::json& configuration);
// A check of CLI11: what is wrong with the text as a price; empty when nothing is.
[[nodiscard]] std::string price_fault(const std::string& text);

}  // namespace trimtab::cli
