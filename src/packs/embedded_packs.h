// The texts of packs/*.yaml, put into the binary by the build (cmake/TrimtabPacks.cmake).
#pragma once

#include <string_view>
#include <vector>

namespace trimtab::packs {

struct EmbeddedPack {
  std::string_view file;  // "jvm.yaml"
  std::string_view text;
};

// The views live as long as the program.
[[nodiscard]] const std::vector<EmbeddedPack>& embedded_packs();

}  // namespace trimtab::packs
