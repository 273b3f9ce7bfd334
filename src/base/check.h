// CHECK: a broken invariant of the program (never of its input) ends the process with the place and the condition.
#pragma once

namespace trimtab {
// Prints the place and the condition to standard error and aborts. Thread safe.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}  // namespace trimtab

#define CHECK(condition)                                       \
  do {                                                         \
    if (!(condition)) [[unlikely]]                             \
      ::trimtab::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
