// What is worth knowing of a pack that reads without a fault, for the one who writes it: values that platforms do not
// set, relations that nothing satisfies, queries that ask for every series. Pure; milliseconds.
#pragma once

#include <string>
#include <vector>

#include "packs/pack.h"

namespace trimtab::packs {

struct PackNote {
  std::string field;  // "parameters[2]"
  std::string text;
};
[[nodiscard]] std::vector<PackNote> review(const Pack& pack);

}  // namespace trimtab::packs
