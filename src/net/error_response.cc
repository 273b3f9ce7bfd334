#include "net/error_response.h"

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
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

}  // namespace trimtab::net
