// Error: what went wrong, where, and what to do about it; the one table from code to HTTP status, exit code and retry.
//
// Choosing a code (neighbours told apart):
//   kInvalidInput   the caller must change what was sent; the field or position says where
//   kNotFound       the named thing does not exist; kConflict: it exists in a state that refuses this (stale,
//   duplicate) kDenied         known caller, not allowed; kUnauthenticated: caller not known kUnavailable    may work
//   when tried again as it is; kDeadlineExceeded: gave up waiting, outcome unknown kExhausted      a limit (size,
//   depth, quota) was hit; kUnsupported: not possible here, now or later kDataLoss       stored bytes are damaged;
//   kInternal: a fault of ours; kCancelled: stopped by request
#pragma once

#include <string>
#include <string_view>

namespace trimtab {

enum class Code {
  kInvalidInput,
  kNotFound,
  kConflict,
  kDenied,
  kUnauthenticated,
  kUnavailable,
  kDeadlineExceeded,
  kExhausted,
  kUnsupported,
  kCancelled,
  kDataLoss,
  kInternal,
};

// A place in a document. Lines and columns count from 1; 0 means unknown.
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;
};

struct Error {
  Code code = Code::kInternal;
  std::string message;  // what happened, without trailing full stop
  std::string field;    // path such as "parameters[2].max"; empty when there is none
  std::string hint;     // what to do; may be empty
  SourcePosition position;

  // "what, file:line:column (field), hint": one line for people, without the leading "error: ".
  [[nodiscard]] std::string to_string() const;
};

struct CodeProperties {
  std::string_view name;  // stable, snake_case: "invalid_input"
  int http_status;
  int exit_code;  // 0 ok, 1 failed, 2 usage or invalid input, 3 not found, 4 conflict, 5 denied, 6 unavailable
  bool retryable;
};

// The single table. O(1).
[[nodiscard]] const CodeProperties& properties(Code code);

// Makers, so that a call site reads as a sentence.
[[nodiscard]] Error invalid_input(std::string message, std::string field = {}, std::string hint = {});
[[nodiscard]] Error not_found(std::string message, std::string hint = {});
[[nodiscard]] Error conflict(std::string message, std::string hint = {});
[[nodiscard]] Error denied(std::string message, std::string hint = {});
[[nodiscard]] Error unavailable(std::string message, std::string hint = {});
[[nodiscard]] Error deadline_exceeded(std::string message, std::string hint = {});
[[nodiscard]] Error exhausted(std::string message, std::string hint = {});
[[nodiscard]] Error unsupported(std::string message, std::string hint = {});
[[nodiscard]] Error internal_error(std::string message);

}  // namespace trimtab
