// Import: component types of optimisation packs, studies and telemetry instances in the reference product's YAML (or
// JSON) form, turned into kind Pack and kind Space. What could not be carried over is listed, never dropped in silence.
// Pure; linear.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "yaml/document.h"

namespace trimtab::packs {

struct Imported {
  std::string kind;                   // "Pack" or "Space"
  std::string document;               // YAML of that kind
  std::vector<std::string> left_out;  // "parameters[3] jvm_gcType: ..."
};

// A component type has `parameters`, a study `parametersSelection`, a telemetry instance `provider` and `metrics`.
// kInvalidInput when it is none of them.
[[nodiscard]] Result<Imported> import_foreign(const yaml::Document& document);

}  // namespace trimtab::packs
