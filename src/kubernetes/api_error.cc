#include "kubernetes/api_error.h"

#include <algorithm>

#include "kubernetes/client.h"

#include "json/json.h"

namespace trimtab::kubernetes {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxMessage = 1000;
constexpr const char* kExpiredField = "resourceVersion";

std::string shown(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, ' ');
  if (text.size() > kMaxMessage) text.resize(kMaxMessage);
  return text;
}

std::string text_of(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The fields that the causes name, at most three.
std::string fields_of(const Json& status) {
  if (!status.is_object() || !status.contains("details") || !status["details"].is_object()) return {};
  const auto causes = status["details"].find("causes");
  if (causes == status["details"].end() || !causes->is_array()) return {};
  std::string fields;
  int count = 0;
  for (const Json& cause : *causes) {
    const std::string field = text_of(cause, "field");
    if (field.empty() || ++count > 3) continue;
    fields += (fields.empty() ? "" : ", ") + field;
  }
  return shown(fields);
}

struct Meaning {
  Code code;
  const char* hint;
};

Meaning meaning_of(int status) {
  switch (status) {
    case 400:
    case 422:
      return {Code::kInvalidInput, ""};
    case 401:
      return {Code::kUnauthenticated, "the credential is missing, wrong or expired"};
    case 403:
      return {Code::kDenied, "the role of this user does not allow it; see deploy/rbac"};
    case 404:
      return {Code::kNotFound, ""};
    case 405:
    case 406:
    case 415:
      return {Code::kUnsupported, "this version of Kubernetes does not serve it"};
    case 409:
    case 410:
      return {Code::kConflict, "read it again and decide anew"};
    case 413:
      return {Code::kExhausted, ""};
    case 429:
      return {Code::kUnavailable, "the API server is busy; try again later"};
    default:
      return {status >= 500 ? Code::kUnavailable : Code::kInternal, ""};
  }
}

}  // namespace

Error api_error(int status, std::string_view body) {
  const auto parsed = Json::parse(body, nullptr, false);
  const Meaning meaning = meaning_of(status);
  Error error;
  error.code = meaning.code;
  error.hint = meaning.hint;
  error.message = shown(text_of(parsed, "message"));
  if (error.message.empty()) error.message = "the API server answered with status " + std::to_string(status);
  error.field = fields_of(parsed);
  if (status == 410) error.field = kExpiredField;
  return error;
}

std::string continuation_of(std::string_view body) {
  const auto parsed = Json::parse(body, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("metadata")) return {};
  return text_of(parsed["metadata"], "continue");
}

bool is_expired(const Error& error) {
  return error.code == Code::kConflict && error.field == kExpiredField;
}

}  // namespace trimtab::kubernetes
