#include "base/spelling.h"

#include <algorithm>
#include <vector>

namespace trimtab {
namespace {

constexpr std::size_t kFurthest = 2;  // further than two letters apart is no typing mistake
constexpr std::size_t kShown = 32;    // names a line of an error can carry

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string> candidates) {
  std::string best;
  std::size_t nearest = kFurthest + 1;
  for (const auto& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < nearest && distance < candidate.size() && distance < name.size()) {
      nearest = distance;
      best = candidate;
    }
  }
  return best;
}

std::string spelling_hint(std::string_view name, std::span<const std::string> candidates, std::string_view known) {
  if (candidates.empty()) return {};
  if (const std::string nearest = nearest_name(name, candidates); !nearest.empty()) {
    return "did you mean \"" + nearest + "\"?";
  }
  std::string hint(known);
  for (std::size_t i = 0; i < std::min(candidates.size(), kShown); ++i)
    hint += (i == 0 ? ": " : ", ") + candidates[i];
  if (candidates.size() > kShown) hint += ", ...";
  return hint;
}

}  // namespace trimtab
