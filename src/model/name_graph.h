// Which name refers to which: cycles and order of formulas and of conditions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trimtab::model {

// name -> the names it uses. Names that are no keys are leaves.
using NameGraph = std::map<std::string, std::vector<std::string>, std::less<>>;

// A cycle as the names passed, the first one again at the end: {a, b, a}. The first found in the order of names.
[[nodiscard]] std::optional<std::vector<std::string>> find_cycle(const NameGraph& graph);
// The keys, each after those it uses. Precondition: no cycle.
[[nodiscard]] std::vector<std::string> in_order(const NameGraph& graph);

}  // namespace trimtab::model
