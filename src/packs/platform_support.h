// Which platforms bring a value of a pack to the running thing, by where it is written. docs/guide/packs.md has the
// same as a table. Studies that apply by commands get every value, if only as TRIMTAB_<PARAMETER>. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/space_document.h"
#include "packs/application_parts.h"
#include "packs/pack.h"

namespace trimtab::packs {

// Names of the platforms ("local", "kubernetes") that do not; empty when all do.
[[nodiscard]] std::vector<std::string_view> platforms_without(const Rendering& rendering);

// Adds a fault for every parameter of an application that its platform cannot set: a change would never be seen live.
// A simulated platform sets everything.
void check_platform(const std::vector<model::PlacedParameter>& parameters,
                    const std::vector<ResolvedComponent>& components, std::string_view platform, yaml::Faults& faults);

}  // namespace trimtab::packs
