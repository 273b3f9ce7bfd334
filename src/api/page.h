// The web page's files: compressed as they are embedded, with validators and the page's security headers.
#pragma once

#include <vector>

#include "api/assets.h"
#include "base/result.h"
#include "net/http_server.h"

namespace trimtab::api {

// The file of that path; for a path that is none and looks like a view of the page ("/applications/shop"), the page
// itself, because the browser does the routing. Files whose names hold a hash (below /assets/) may be kept for ever.
// kNotFound for others, and for anything below /api/.
[[nodiscard]] Result<net::Response> page_response(const std::vector<Asset>& assets, const net::Request& request);

}  // namespace trimtab::api
