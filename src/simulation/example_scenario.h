// For tests: the demonstration shop as an application and a scenario, made without reading a document.
#pragma once

#include "simulation/scenario.h"

namespace trimtab::simulation {

// A fortnight, unless `days` says otherwise, in minutes, from a Monday at midnight.
[[nodiscard]] Scenario example_scenario(int days, std::uint64_t seed);

}  // namespace trimtab::simulation
