// The secret that changes need: made at the first start, kept in clear only in a file of mode 0600 in the state
// directory; the store and the process know its hash (api/token.h). Never logged. To replace it, delete the file and
// start the server again.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/store.h"

namespace trimtab::server {

struct AccessToken {
  std::string hash;
  bool is_new = false;  // made just now
};

// Reads the file, or makes it, and stores the hash. Errors: kUnavailable (file), kDenied (others may read the file),
// those of the store.
[[nodiscard]] Result<AccessToken> open_access_token(const std::string& file, engine::Store& store);

// For clients: the first line of the file. kUnavailable when it cannot be read, kInvalidInput when it is empty.
[[nodiscard]] Result<std::string> read_token_file(const std::string& file);

}  // namespace trimtab::server
