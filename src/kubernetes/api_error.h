// What the API server's refusals (kind: Status) mean. Internal to the room.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace trimtab::kubernetes {

// `body` may be anything. The message is the server's, without control characters, at most 1,000 bytes.
[[nodiscard]] Error api_error(int status, std::string_view body);
// metadata.continue of a 410: from here a list may go on, though no longer as of one moment. Empty: it cannot.
[[nodiscard]] std::string continuation_of(std::string_view body);

}  // namespace trimtab::kubernetes
