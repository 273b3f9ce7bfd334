#include "server/version.h"

namespace trimtab::server {

const std::string_view kVersion = TRIMTAB_VERSION;
const std::string_view kRevision = TRIMTAB_REVISION;

}  // namespace trimtab::server
