// Reading objects of which any part may be absent.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace trimtab::kubernetes {

// The member of an object, or null when there is none or this is no object.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& object, const char* name);
// The text of a member, or "" when there is none.
[[nodiscard]] std::string member_text(const nlohmann::json& object, const char* name);

}  // namespace trimtab::kubernetes
