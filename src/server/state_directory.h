// StateDirectory: where one server keeps what it decides: the store, the token, and a lock that keeps a second server
// out. Made with mode 0700.
#pragma once

#include <string>

#include "base/result.h"

namespace trimtab::server {

class StateDirectory {
 public:
  // Makes and locks it. kConflict when another process holds it, kUnavailable when it cannot be made.
  [[nodiscard]] static Result<StateDirectory> open(const std::string& path);
  ~StateDirectory();
  StateDirectory(StateDirectory&& other) noexcept;
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;
  StateDirectory& operator=(StateDirectory&&) = delete;

  [[nodiscard]] std::string store_file() const { return path_ + "/trimtab.db"; }
  [[nodiscard]] std::string token_file() const { return path_ + "/token"; }

 private:
  StateDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;  // open file that carries the lock; the kernel lets go of it with the process
};

}  // namespace trimtab::server
