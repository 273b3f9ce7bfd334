// What the verbs that read documents share: files and packs.
#pragma once

#include <string>

#include "base/result.h"
#include "packs/pack.h"

namespace trimtab::cli {

// kNotFound when it cannot be read.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);
// The embedded packs and, when `folder` is not empty, those of a folder over them.
[[nodiscard]] Result<packs::PackLibrary> load_packs(const std::string& folder);

}  // namespace trimtab::cli
