#include "base/utf8.h"

namespace trimtab {
namespace {

struct Form {
  unsigned char first_low;  // of the first byte
  unsigned char first_high;
  unsigned char second_low;  // of the second, where there is one; the others are 80..BF
  unsigned char second_high;
  std::size_t length;
};
constexpr Form kForms[] = {
    {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

bool fits(std::string_view text, const Form& form) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.size() < form.length || byte(0) < form.first_low || byte(0) > form.first_high) return false;
  if (form.length > 1 && (byte(1) < form.second_low || byte(1) > form.second_high)) return false;
  for (std::size_t i = 2; i < form.length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return false;
  }
  return true;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  for (const Form& form : kForms) {
    if (fits(text, form)) return form.length;
  }
  return 0;
}

}  // namespace trimtab
