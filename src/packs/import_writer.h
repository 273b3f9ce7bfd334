// What the imports of the reference product's documents share: reading loosely, writing YAML, and saying what was left
// out. Private to packs/import*.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "packs/import.h"

namespace trimtab::packs {

struct ImportWriter {
  std::string out;
  std::vector<std::string> left_out;
  void leave(const std::string& what, const std::string& why) { left_out.push_back(what + ": " + why); }
};

// The field's scalar; the fallback when it is absent or something else.
[[nodiscard]] std::string text_of(const yaml::Node& node, std::string_view field, std::string fallback = {});
// In double quotes; line ends become blanks.
[[nodiscard]] std::string quoted(std::string_view text);
// As formulas name things: letters, digits, '_' and '.'.
[[nodiscard]] std::string name_of(std::string_view text);

// A telemetry instance: its queries become the metrics of a pack (import_telemetry.cc).
[[nodiscard]] Result<Imported> import_telemetry(const yaml::Node& root);

}  // namespace trimtab::packs
