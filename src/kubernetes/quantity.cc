#include "kubernetes/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace trimtab::kubernetes {
namespace {

constexpr double kMebi = 1024.0 * 1024.0;
// What a division leaves behind: 0.25 * 1000 may be 250.00000000000003.
constexpr double kRounding = 1e-9;

constexpr std::array<std::pair<std::string_view, double>, 15> kSuffixes{{{"", 1},
                                                                         {"n", 1e-9},
                                                                         {"u", 1e-6},
                                                                         {"m", 1e-3},
                                                                         {"k", 1e3},
                                                                         {"M", 1e6},
                                                                         {"G", 1e9},
                                                                         {"T", 1e12},
                                                                         {"P", 1e15},
                                                                         {"E", 1e18},
                                                                         {"Ki", 1024},
                                                                         {"Mi", kMebi},
                                                                         {"Gi", kMebi * 1024},
                                                                         {"Ti", kMebi* kMebi},
                                                                         {"Pi", kMebi* kMebi * 1024}}};

}  // namespace

Result<double> parse_quantity(std::string_view text) {
  const auto refuse = [&] { return fail(invalid_input("\"" + std::string(text.substr(0, 40)) + "\" is no quantity")); };
  std::string_view rest = text;
  if (rest.starts_with('+')) rest.remove_prefix(1);
  // "1E" is an exa, "1E3" a thousand: from_chars takes an exponent only when digits follow.
  double number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc() || !std::isfinite(number) || number < 0) return refuse();
  const std::string_view suffix(end, static_cast<std::size_t>(rest.data() + rest.size() - end));
  for (const auto& [name, factor] : kSuffixes) {
    // 350 * 0.001 is not 0.35, 350 / 1000 is.
    if (suffix == name) return factor < 1 ? number / std::round(1 / factor) : number * factor;
  }
  return refuse();
}

std::string format_cpu(double cores) {
  const auto milli = std::max(1LL, static_cast<long long>(std::ceil(cores * 1000 - kRounding)));
  return milli % 1000 == 0 ? std::to_string(milli / 1000) : std::to_string(milli) + "m";
}

std::string format_memory(double bytes) {
  const auto mebi = std::max(1LL, static_cast<long long>(std::ceil(bytes / kMebi - kRounding)));
  return mebi % 1024 == 0 ? std::to_string(mebi / 1024) + "Gi" : std::to_string(mebi) + "Mi";
}

}  // namespace trimtab::kubernetes
