// HTTP requests and responses as values, shared by server and client. RFC 9110.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace trimtab::net {

// Header fields in order; names compare without case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  // The first field of that name, or nullptr.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// A path with its query taken apart and percent-decoded. "/a%20b?x=1&y" -> path "/a b", query {x: 1, y: ""}.
struct Target {
  std::string path;
  std::map<std::string, std::string, std::less<>> query;  // the first of each name
};
// '+' in the query is a space, as in HTML forms. kInvalidInput when the text is no origin-form target (must begin with
// '/', valid escapes, no NUL, nothing outside visible ASCII).
[[nodiscard]] Result<Target> parse_target(std::string_view text);
// Everything but unreserved characters (RFC 3986) becomes %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);
// "a=1&b=x%20y": a query or a form body (application/x-www-form-urlencoded).
[[nodiscard]] std::string encode_form(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace trimtab::net
