// Result<T>: a value or an Error. Class-level [[nodiscard]]: dropping one is a warning, and warnings are errors.
//
//   Result<int> parse(std::string_view text);
//   TRY_ASSIGN(const int n, parse("7"));   // returns the error from the enclosing function
//   TRY(check(n));                         // for Result<void>
//   return fail(invalid_input("..."));
#pragma once

#include <type_traits>
#include <utility>

#include <tl/expected.hpp>

#include "base/error.h"

namespace trimtab {

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace trimtab

#define TRIMTAB_CONCAT_INNER(a, b) a##b
#define TRIMTAB_CONCAT(a, b) TRIMTAB_CONCAT_INNER(a, b)

#define TRY(expression)                                                           \
  do {                                                                            \
    if (auto trimtab_try_result = (expression); !trimtab_try_result) [[unlikely]] \
      return ::trimtab::fail(std::move(trimtab_try_result).error());              \
  } while (false)

#define TRY_ASSIGN_INNER(temporary, declaration, ...)     \
  auto temporary = (__VA_ARGS__);                         \
  if (!temporary) [[unlikely]]                            \
    return ::trimtab::fail(std::move(temporary).error()); \
  declaration = std::move(*temporary)

#define TRY_ASSIGN(declaration, ...) TRY_ASSIGN_INNER(TRIMTAB_CONCAT(trimtab_try_, __LINE__), declaration, __VA_ARGS__)
