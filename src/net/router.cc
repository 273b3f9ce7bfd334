#include "net/router.h"

#include <algorithm>

#include <fmt/format.h>

#include "net/error_response.h"

namespace trimtab::net {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const auto end = std::min(path.find('/'), path.size());
    parts.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

using PathParameters = std::map<std::string, std::string, std::less<>>;

bool match(const std::vector<std::string>& pattern, const std::vector<std::string>& path, PathParameters& parameters) {
  if (pattern.size() != path.size()) return false;
  PathParameters found;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i].starts_with(':')) {
      if (path[i].empty()) return false;
      found[pattern[i].substr(1)] = path[i];
    } else if (pattern[i] != path[i]) {
      return false;
    }
  }
  parameters = std::move(found);
  return true;
}

}  // namespace

void Router::add(std::string method, std::string pattern, Handler handler) {
  auto parts = split(pattern);
  routes_.push_back({std::move(method), std::move(pattern), std::move(parts), std::move(handler)});
}

void Router::set_fallback(Handler handler) {
  fallback_ = std::move(handler);
}

Response Router::handle(const Request& request) const {
  const auto path = split(request.target.path);
  std::string allowed;
  for (const auto& route : routes_) {
    Request routed;
    if (!match(route.parts, path, routed.path)) continue;
    // The server leaves the body out for HEAD, so a GET handler answers both.
    if (route.method == request.method || (route.method == "GET" && request.method == "HEAD")) {
      auto parameters = std::move(routed.path);
      routed = request;
      routed.path = std::move(parameters);
      return route.handler(routed);
    }
    allowed += (allowed.empty() ? "" : ", ") + route.method + (route.method == "GET" ? ", HEAD" : "");
  }
  if (!allowed.empty()) {
    auto response = error_response(405, "method_not_allowed",
                                   fmt::format("{} is not possible on {}", request.method, request.target.path));
    response.headers.add("Allow", allowed);
    return response;
  }
  if (fallback_) return fallback_(request);
  return error_response(not_found(fmt::format("there is no {}", request.target.path)));
}

std::vector<std::pair<std::string, std::string>> Router::routes() const {
  std::vector<std::pair<std::string, std::string>> result;
  result.reserve(routes_.size());
  for (const auto& route : routes_)
    result.emplace_back(route.method, route.pattern);
  return result;
}

}  // namespace trimtab::net
