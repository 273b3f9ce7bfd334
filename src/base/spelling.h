// Spelling: the nearest known name to one that is not known, for "did you mean".
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace trimtab {

// The candidate at most two letters (Levenshtein) from `name`, and not wholly different from it; empty when there is
// none. O(candidates * length^2).
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string> candidates);
// A hint for an error: "did you mean "x"?", else "known: a, b, c" (the first 32), else empty.
[[nodiscard]] std::string spelling_hint(std::string_view name, std::span<const std::string> candidates,
                                        std::string_view known = "known");

}  // namespace trimtab
