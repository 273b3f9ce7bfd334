#include "base/error.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace trimtab {
namespace {

// In the order of Code.
constexpr std::array<CodeProperties, 12> kTable{{
    {"invalid_input", 400, 2, false},
    {"not_found", 404, 3, false},
    {"conflict", 409, 4, false},
    {"denied", 403, 5, false},
    {"unauthenticated", 401, 5, false},
    {"unavailable", 503, 6, true},
    {"deadline_exceeded", 504, 6, true},
    {"exhausted", 429, 1, true},
    {"unsupported", 501, 1, false},
    {"cancelled", 499, 1, false},
    {"data_loss", 500, 1, false},
    {"internal", 500, 1, false},
}};

Error make(Code code, std::string message, std::string field, std::string hint) {
  return Error{code, std::move(message), std::move(field), std::move(hint), {}};
}

}  // namespace

const CodeProperties& properties(Code code) {
  const auto index = static_cast<std::size_t>(code);
  CHECK(index < kTable.size());
  return kTable[index];
}

std::string Error::to_string() const {
  std::string text = message;
  if (!position.file.empty() || position.line > 0) {
    text += ", ";
    text += position.file.empty() ? "line" : position.file;
    if (position.line > 0) text += (position.file.empty() ? " " : ":") + std::to_string(position.line);
    if (position.column > 0) text += ":" + std::to_string(position.column);
    if (!field.empty()) text += " (" + field + ")";
  } else if (!field.empty()) {
    text += ", at " + field;
  }
  if (!hint.empty()) text += ", " + hint;
  return text;
}

Error invalid_input(std::string message, std::string field, std::string hint) {
  return make(Code::kInvalidInput, std::move(message), std::move(field), std::move(hint));
}
Error not_found(std::string message, std::string hint) {
  return make(Code::kNotFound, std::move(message), {}, std::move(hint));
}
Error conflict(std::string message, std::string hint) {
  return make(Code::kConflict, std::move(message), {}, std::move(hint));
}
Error denied(std::string message, std::string hint) {
  return make(Code::kDenied, std::move(message), {}, std::move(hint));
}
Error unavailable(std::string message, std::string hint) {
  return make(Code::kUnavailable, std::move(message), {}, std::move(hint));
}
Error deadline_exceeded(std::string message, std::string hint) {
  return make(Code::kDeadlineExceeded, std::move(message), {}, std::move(hint));
}
Error exhausted(std::string message, std::string hint) {
  return make(Code::kExhausted, std::move(message), {}, std::move(hint));
}
Error unsupported(std::string message, std::string hint) {
  return make(Code::kUnsupported, std::move(message), {}, std::move(hint));
}
Error internal_error(std::string message) {
  return make(Code::kInternal, std::move(message), {}, {});
}

}  // namespace trimtab
