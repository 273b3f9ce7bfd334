// Waiting that a stop ends.
#pragma once

#include <stop_token>

#include "base/time.h"

namespace trimtab::kubernetes {

// Blocks for `time` at most; false when `stop` was requested. Thread safe.
[[nodiscard]] bool wait_for(Duration time, const std::stop_token& stop);

}  // namespace trimtab::kubernetes
