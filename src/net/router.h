// Router: method and path pattern -> handler. Patterns are literal but for ":name" parts: "/api/v1/applications/:name".
// Immutable once serving; thread safe for reading. 404 and 405 (with Allow) are answered with the API's error object.
#pragma once

#include <string>
#include <vector>

#include "net/http_server.h"

namespace trimtab::net {

class Router {
 public:
  void add(std::string method, std::string pattern, Handler handler);
  // Called when nothing matches (the web page); when unset, 404.
  void set_fallback(Handler handler);
  [[nodiscard]] Response handle(const Request& request) const;
  // {method, pattern} of every route in order: checked against the OpenAPI document.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> routes() const;

 private:
  struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> parts;
    Handler handler;
  };
  std::vector<Route> routes_;
  Handler fallback_;
};

}  // namespace trimtab::net
