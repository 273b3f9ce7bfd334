// Pattern: a text with places for one value: "-Xmx${value}m", "-Xms${value}m -Xmx${value}m". ${value:x} writes a whole
// number in hexadecimal digits, as .NET reads its variables: "0x${value:x}00000" is a number of MiB in bytes. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/space.h"

namespace trimtab::packs {

// Has a place, and something between two of them; all of one form.
[[nodiscard]] bool is_pattern(std::string_view text);
[[nodiscard]] bool is_hexadecimal(std::string_view pattern);

// The pattern with the value in its places. kInvalidInput: neither a number nor a text, or no whole number from 0 for
// hexadecimal digits.
[[nodiscard]] Result<std::string> fill(std::string_view pattern, const model::Parameter& parameter,
                                       const model::Value& value);

// The value that makes the word of the pattern. A pattern that ends in the parameter's unit ("-Xmx${value}m" in MiB)
// stands for any way to write a size, one of hexadecimal digits for any number of them, with 0x or without.
[[nodiscard]] std::optional<model::Value> match(std::string_view pattern, const model::Parameter& parameter,
                                                std::string_view word);

}  // namespace trimtab::packs
