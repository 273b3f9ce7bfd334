// Tokens kept in files, as secrets are mounted.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace trimtab::net {

// The text of the file without white space around it, at most its first `max_bytes`; nullopt when there is none or it
// cannot be read. Callers say in their own words what the token is for, and never its text.
[[nodiscard]] std::optional<std::string> read_token_file(const std::string& path, std::size_t max_bytes);

}  // namespace trimtab::net
