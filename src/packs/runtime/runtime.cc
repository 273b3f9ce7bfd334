#include "packs/runtime/runtime.h"

#include <charconv>
#include <vector>

#include <fmt/format.h>

namespace trimtab::packs {
namespace {

// "1.8.0_372-b07" -> 1 8 0 372; stops at the first character that does not belong to a version.
std::vector<int> numbers_of(std::string_view text) {
  std::vector<int> numbers;
  while (!text.empty()) {
    int number = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (status != std::errc{}) break;
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty() || (text[0] != '.' && text[0] != '_' && text[0] != 'u')) break;
    text.remove_prefix(1);
  }
  return numbers;
}

}  // namespace

std::string_view runtime_name(RuntimeKind kind) {
  switch (kind) {
    case RuntimeKind::kHotspot:
      return "hotspot";
    case RuntimeKind::kOpenJ9:
      return "openj9";
    case RuntimeKind::kGo:
      return "go";
    case RuntimeKind::kNodejs:
      return "nodejs";
    case RuntimeKind::kDotnet:
      return "dotnet";
    case RuntimeKind::kPython:
      return "python";
    case RuntimeKind::kNginx:
      return "nginx";
    case RuntimeKind::kUnknown:
      break;
  }
  return "unknown";
}

bool is_managed(RuntimeKind kind) {
  return kind == RuntimeKind::kHotspot || kind == RuntimeKind::kOpenJ9 || kind == RuntimeKind::kNodejs ||
         kind == RuntimeKind::kDotnet || kind == RuntimeKind::kGo;
}

std::string RuntimeVersion::to_string() const {
  if (!is_known()) return "unknown";
  return fmt::format("{}.{}.{}", major, minor, patch);
}

Result<RuntimeVersion> parse_version(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with("go")) rest.remove_prefix(2);
  if (rest.starts_with('v')) rest.remove_prefix(1);
  std::vector<int> numbers = numbers_of(rest);
  if (numbers.empty() || numbers.front() < 0) {
    return fail(invalid_input(fmt::format("\"{}\" is no version", text), {}, "for example 17.0.5, 8u372 or go1.25"));
  }
  if (numbers.size() >= 2 && numbers[0] == 1 && numbers[1] == 8) numbers.erase(numbers.begin());  // Java 1.8
  const bool java8_update = numbers.size() == 2 && numbers[0] == 8 && text.find('u') != std::string_view::npos;
  if (java8_update) numbers.insert(numbers.begin() + 1, 0);
  numbers.resize(std::max<std::size_t>(numbers.size(), 3), 0);
  return RuntimeVersion{numbers[0], numbers[1], numbers[2]};
}

}  // namespace trimtab::packs
