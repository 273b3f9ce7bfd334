#include "api/rest_guard.h"

#include <algorithm>

#include <fmt/format.h>

namespace trimtab::api {
namespace {

// "localhost:7070" -> "localhost", "[::1]:7070" -> "::1".
std::string_view host_name(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

std::string_view field(const net::Request& request, std::string_view name) {
  const auto* value = request.headers.find(name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

Result<void> check_origin(const net::Request& request) {
  const auto origin = field(request, "Origin");
  if (origin.empty()) return {};
  const auto separator = origin.find("://");
  const auto authority = separator == std::string_view::npos ? std::string_view() : origin.substr(separator + 3);
  if (!authority.empty() && net::equal_ignoring_case(authority, field(request, "Host"))) return {};
  return fail(denied("changes are accepted only from this server's own page", "open the page at this server"));
}

Result<void> check_content_type(const net::Request& request) {
  if (request.body.empty()) return {};
  auto type = field(request, "Content-Type");
  type = type.substr(0, type.find(';'));
  type = type.substr(0, type.find_last_not_of(' ') + 1);
  if (net::equal_ignoring_case(type, "application/json")) return {};
  return fail(invalid_input("the body must be JSON", "Content-Type", "send Content-Type: application/json"));
}

}  // namespace

Result<void> check_host(const net::Request& request, const std::vector<std::string>& allowed_hosts) {
  const auto name = host_name(field(request, "Host"));
  if (net::is_loopback(name) || net::equal_ignoring_case(name, "localhost")) return {};
  const auto allowed = [name](const std::string& one) { return one == "*" || net::equal_ignoring_case(one, name); };
  if (std::ranges::any_of(allowed_hosts, allowed)) return {};
  return fail(invalid_input(fmt::format("this server does not go by the name \"{}\"", name), "Host",
                            "use the address that Trimtab listens on, or allow the name"));
}

Result<void> check_change(const net::Request& request, const std::function<bool(std::string_view)>& token_is_valid) {
  TRY(check_origin(request));
  static constexpr std::string_view kScheme = "bearer ";
  const auto given = field(request, "Authorization");
  const bool is_bearer = net::equal_ignoring_case(given.substr(0, kScheme.size()), kScheme);
  if (!is_bearer || !token_is_valid || !token_is_valid(given.substr(kScheme.size()))) {
    return fail(Error{Code::kUnauthenticated,
                      "changes need a valid token",
                      "Authorization",
                      "send Authorization: Bearer with the token that was created at the first start",
                      {}});
  }
  return check_content_type(request);
}

}  // namespace trimtab::api
