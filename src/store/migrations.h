// Migrations: the numbered steps that bring a store's schema to what this program needs. A step that was applied is
// never changed: its checksum is kept in the store and compared at every opening.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/sql.h"

namespace trimtab::store {

struct Migration {
  int number = 0;  // from 1, without gaps
  std::string_view name;
  std::string_view sql;
};

// The steps of this program, ascending.
[[nodiscard]] const std::vector<Migration>& migrations();

// Applies what is missing, each step in its own transaction; a second process doing the same waits. Errors:
// kUnsupported when the store was written by a newer program, kDataLoss when an applied step's checksum differs.
[[nodiscard]] Result<void> migrate(Connection& connection, const std::vector<Migration>& steps);

}  // namespace trimtab::store
