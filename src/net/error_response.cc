#include "net/error_response.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

namespace trimtab::net {
namespace {

Response make(int status, std::string_view code, const std::string& message, const std::string& field,
              const std::string& hint) {
  const nlohmann::json body{{"error", {{"code", code}, {"message", message}, {"field", field}, {"hint", hint}}}};
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
  // Messages may quote what a client sent, which need not be UTF-8.
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

// RFC 9110 section 15, RFC 6585; 499 is nginx's.
constexpr std::pair<int, std::string_view> kReasonPhrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

}  // namespace

Response error_response(const Error& error) {
  Error whole = error;
  if (error.position.line > 0) {
    // The place belongs to the message: the object has no field of its own for it.
    whole.message += " (line " + std::to_string(error.position.line) +
                     (error.position.column > 0 ? ", column " + std::to_string(error.position.column) : "") + ")";
  }
  const auto& known = properties(error.code);
  return make(known.http_status, known.name, whole.message, whole.field, whole.hint);
}

Response error_response(int status, std::string code, std::string message) {
  return make(status, code, message, {}, {});
}

std::string_view reason_phrase(int status) {
  const auto* const known = std::ranges::find(kReasonPhrases, status, &std::pair<int, std::string_view>::first);
  return known == std::end(kReasonPhrases) ? "Unknown" : known->second;
}

}  // namespace trimtab::net
