#include "base/id.h"

#include <algorithm>

namespace trimtab {
namespace {
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kLength = 26;
constexpr std::size_t kTimeCharacters = 10;
}  // namespace

std::string make_ulid(Instant at, Random& random) {
  std::string id(kLength, '0');
  auto ms = static_cast<std::uint64_t>(at.us / 1000);
  for (std::size_t i = kTimeCharacters; i-- > 0;) {
    id[i] = kAlphabet[ms & 31U];
    ms >>= 5U;
  }
  for (std::size_t i = kTimeCharacters; i < kLength; ++i)
    id[i] = kAlphabet[random.below(32)];
  return id;
}

bool is_ulid(std::string_view text) {
  return text.size() == kLength && std::ranges::all_of(text, [](char c) { return kAlphabet.contains(c); });
}

}  // namespace trimtab
