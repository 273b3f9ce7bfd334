// A Comparison as a table for people (plain text or Markdown) and as JSON. The same comparison gives the same bytes.
#pragma once

#include <string>

#include "simulation/live_simulation.h"
#include <nlohmann/json_fwd.hpp>

namespace trimtab::simulation {

[[nodiscard]] std::string comparison_table(const Comparison& comparison);
// What each policy did and when, one line each.
[[nodiscard]] std::string comparison_story(const Comparison& comparison, std::string_view policy);
[[nodiscard]] nlohmann::json comparison_json(const Comparison& comparison);

}  // namespace trimtab::simulation
