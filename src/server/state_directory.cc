#include "server/state_directory.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trimtab::server {

Result<StateDirectory> StateDirectory::open(const std::string& path) {
  if (path.empty()) return fail(invalid_input("the state directory has no name", "--state"));
  const std::filesystem::path parent = std::filesystem::absolute(path).parent_path();
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(unavailable("cannot make the state directory " + path + ": " + std::generic_category().message(errno),
                            "name another with --state"));
  }
  const std::string file = path + "/lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) {
    return fail(
        unavailable("cannot write in the state directory " + path + ": " + std::generic_category().message(errno),
                    "check its rights"));
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return fail(conflict("the state directory " + path + " is in use by another trimtab serve",
                         "stop that one, or name another directory with --state"));
  }
  return StateDirectory(path, lock);
}

StateDirectory::StateDirectory(StateDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

StateDirectory::~StateDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace trimtab::server
