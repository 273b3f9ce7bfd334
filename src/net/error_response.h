// The API's error object as a response: {"error":{"code","message","field","hint"}} with the HTTP status of the code.
#pragma once

#include <string>

#include "base/error.h"
#include "net/http_server.h"

namespace trimtab::net {

[[nodiscard]] Response error_response(const Error& error);
// For what HTTP itself knows and the table of codes does not: 405, 408, 413, 431, ...
[[nodiscard]] Response error_response(int status, std::string code, std::string message);
// "Not Found"; "Unknown" for a status that is not in RFC 9110.
[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace trimtab::net
