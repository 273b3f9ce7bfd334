#include "net/token_file.h"

#include <fstream>

namespace trimtab::net {

std::optional<std::string> read_token_file(const std::string& path, std::size_t max_bytes) {
  std::ifstream in(path, std::ios::binary);
  std::string token(max_bytes, '\0');
  in.read(token.data(), static_cast<std::streamsize>(token.size()));
  token.resize(static_cast<std::size_t>(in.gcount()));
  const auto first = token.find_first_not_of(" \t\r\n");
  if (in.bad() || first == std::string::npos) return std::nullopt;
  return token.substr(first, token.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace trimtab::net
