#include <algorithm>

#include <fmt/format.h>

#include "net/error_response.h"
#include "net/request_reader.h"

namespace trimtab::net {
namespace {

struct Field {
  std::string_view name;
  std::string_view value;
};

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Response bad(std::string message) {
  return error_response(400, "invalid_input", std::move(message));
}

// Every line ends with CR LF, and nothing else in it is a control character but a tab.
bool has_clean_lines(std::string_view head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto c = static_cast<unsigned char>(head[i]);
    if (c == '\r') {
      if (i + 1 >= head.size() || head[i + 1] != '\n') return false;
      ++i;
    } else if ((c < ' ' && c != '\t') || c == 0x7f) {
      return false;
    }
  }
  return true;
}

struct Counts {
  int host = 0;
  int content_length = 0;
  int transfer_encoding = 0;
};

std::optional<Response> fault_of_field(const Field& field, bool http_1_0, Counts& counts) {
  if (!is_token(field.name)) return bad("a header field has a name that is none");
  if (equal_ignoring_case(field.name, "Host")) {
    ++counts.host;
    if (field.value.find_first_of(" \t,/@?#") != std::string_view::npos) return bad("the Host field is not an address");
  }
  if (equal_ignoring_case(field.name, "Content-Length")) {
    ++counts.content_length;
    if (field.value.empty() || !std::ranges::all_of(field.value, [](char c) { return c >= '0' && c <= '9'; })) {
      return bad("Content-Length is not a whole number");
    }
  }
  if (equal_ignoring_case(field.name, "Transfer-Encoding")) {
    ++counts.transfer_encoding;
    if (http_1_0) return bad("HTTP/1.0 knows no Transfer-Encoding");
    if (!equal_ignoring_case(field.value, "chunked")) {
      return error_response(501, "unsupported", "the only transfer coding known is chunked");
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Response> fault_of_head(std::string_view head) {
  if (!has_clean_lines(head)) return bad("the head has a bare line end or a control character");
  const auto first_end = head.find("\r\n");
  const auto request_line = head.substr(0, first_end);
  const auto version = request_line.substr(std::min(request_line.size(), request_line.rfind(' ') + 1));
  if (version.starts_with("HTTP/") && version != "HTTP/1.1" && version != "HTTP/1.0") {
    return error_response(505, "unsupported", "only HTTP/1.1 and HTTP/1.0 are spoken here");
  }
  const bool http_1_0 = version == "HTTP/1.0";
  Counts counts;
  auto rest = head.substr(std::min(head.size(), first_end + 2));
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') return bad("a header field is folded over lines");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return bad("a header field has no colon");
    const Field field{line.substr(0, colon), trim(line.substr(colon + 1))};
    if (auto fault = fault_of_field(field, http_1_0, counts)) return fault;
  }
  if (counts.host > 1 || (counts.host == 0 && !http_1_0)) return bad("exactly one Host field is needed");
  if (counts.content_length > 1 || counts.transfer_encoding > 1 ||
      (counts.content_length > 0 && counts.transfer_encoding > 0)) {
    return bad("the length of the body is stated more than once");
  }
  return std::nullopt;
}

}  // namespace trimtab::net
