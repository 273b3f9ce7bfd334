// Who may ask what: checks before a handler runs. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http_server.h"

namespace trimtab::api {

// kInvalidInput when the Host is neither loopback nor allowed: another site's page whose name was made to point here
// (DNS rebinding) still sends that name.
[[nodiscard]] Result<void> check_host(const net::Request& request, const std::vector<std::string>& allowed_hosts);
// For changes: the Origin, when there is one, must be this server (kDenied); a body must be declared as JSON, which no
// HTML form of another site can do (kInvalidInput); and the bearer token must be valid (kUnauthenticated).
[[nodiscard]] Result<void> check_change(const net::Request& request,
                                        const std::function<bool(std::string_view)>& token_is_valid);

}  // namespace trimtab::api
