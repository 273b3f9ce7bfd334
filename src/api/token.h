// The token that changes need: 256 random bits, shown once, stored only as a hash. Because it is random and long, a
// plain hash is enough (no salt, no slow function).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trimtab::api {

// "trimtab_" and 43 characters of base64url, from the system's random source. kInternal when there is none.
[[nodiscard]] Result<std::string> make_token();
// BLAKE2b-256 in hexadecimal.
[[nodiscard]] std::string hash_token(std::string_view token);
// Compares hashes in constant time; false for everything when `hash` is empty. Thread safe.
[[nodiscard]] std::function<bool(std::string_view token)> token_check(std::string hash);

}  // namespace trimtab::api
