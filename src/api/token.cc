#include "api/token.h"

#include <array>
#include <vector>

#include <sodium.h>

namespace trimtab::api {
namespace {

constexpr std::size_t kBytes = 32;

}  // namespace

Result<std::string> make_token() {
  if (sodium_init() < 0) return fail(internal_error("no source of random numbers"));
  std::array<unsigned char, kBytes> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_ENCODED_LEN(kBytes, kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kVariant);
  text.pop_back();  // the terminating NUL
  sodium_memzero(bytes.data(), bytes.size());
  return "trimtab_" + text;
}

std::string hash_token(std::string_view token) {
  std::array<unsigned char, kBytes> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(token.data()), token.size(),
                     nullptr, 0);
  std::string text(2 * kBytes + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
  text.pop_back();
  return text;
}

std::function<bool(std::string_view token)> token_check(std::string hash) {
  return [hash = std::move(hash)](std::string_view token) {
    const auto given = hash_token(token);
    return given.size() == hash.size() && sodium_memcmp(given.data(), hash.data(), hash.size()) == 0;
  };
}

}  // namespace trimtab::api
