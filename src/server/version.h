// Version and revision of this program.
#pragma once

#include <string_view>

namespace trimtab::server {

extern const std::string_view kVersion;   // "0.1.0"
extern const std::string_view kRevision;  // abbreviated commit the build was configured at, or "unknown"

}  // namespace trimtab::server
