// Ulid: sortable unique identifiers (https://github.com/ulid/spec): 48 bits of milliseconds, 80 random bits,
// 26 characters of Crockford base 32. Clock and randomness are inputs, so tests and replays are exact.
#pragma once

#include <string>

#include "base/random.h"
#include "base/time.h"

namespace trimtab {

[[nodiscard]] std::string make_ulid(Instant at, Random& random);
[[nodiscard]] bool is_ulid(std::string_view text);

}  // namespace trimtab
