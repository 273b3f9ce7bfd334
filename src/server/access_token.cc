#include "server/access_token.h"

#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/token.h"

namespace trimtab::server {
namespace {

constexpr const char* kSetting = "access_token.hash";

Result<void> write_new(const std::string& file, const std::string& token) {
  // O_EXCL: never into a file or link that somebody put there.
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const std::string line = token + "\n";
  const bool written =
      out >= 0 && ::write(out, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(out) == 0;
  const int error = errno;
  if (out >= 0) ::close(out);
  if (written) return {};
  return fail(unavailable("cannot write the token file " + file + ": " + std::generic_category().message(error),
                          "check the state directory"));
}

}  // namespace

Result<std::string> read_token_file(const std::string& file) {
  std::ifstream in(file);
  std::string token;
  if (!in) return fail(unavailable("cannot read the token file " + file, "name it with --token-file"));
  std::getline(in, token);
  while (!token.empty() && (token.back() == '\r' || token.back() == ' '))
    token.pop_back();
  if (token.empty()) return fail(invalid_input("the token file " + file + " is empty", "--token-file"));
  return token;
}

Result<AccessToken> open_access_token(const std::string& file, engine::Store& store) {
  struct stat status{};
  AccessToken made;
  made.is_new = ::stat(file.c_str(), &status) != 0;
  if (made.is_new) {
    TRY_ASSIGN(const std::string token, api::make_token());
    TRY(write_new(file, token));
    made.hash = api::hash_token(token);
  } else {
    if ((status.st_mode & 077) != 0) {
      return fail(
          denied("the token file " + file + " can be read by others", "chmod 600 it, or delete it for a new one"));
    }
    TRY_ASSIGN(const std::string token, read_token_file(file));
    made.hash = api::hash_token(token);
  }
  TRY_ASSIGN(const auto stored, store.setting(kSetting));
  if (stored != made.hash) TRY(store.put_setting(kSetting, made.hash));
  return made;
}

}  // namespace trimtab::server
