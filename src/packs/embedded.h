// Texts put into the binary by the build (cmake/TrimtabPacks.cmake): packs/*.yaml and schemas/*.json.
#pragma once

#include <string_view>
#include <vector>

namespace trimtab::packs {

struct EmbeddedText {
  std::string_view file;  // "jvm.yaml"
  std::string_view text;
};

// The views live as long as the program.
[[nodiscard]] const std::vector<EmbeddedText>& embedded_packs();
// JSON Schemas (draft 2020-12) of the documents: "application.json", "pack.json", "space.json", "study.json".
[[nodiscard]] const std::vector<EmbeddedText>& embedded_schemas();

}  // namespace trimtab::packs
