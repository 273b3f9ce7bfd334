// The stable names of a parameter's enumerations, as documents, the API and people see them.
#pragma once

#include <string_view>

#include "model/space.h"

namespace trimtab::model {

[[nodiscard]] std::string_view type_name(ParameterType type);     // "integer", "real", "categorical", "ordinal"
[[nodiscard]] std::string_view effect_name(ChangeEffect effect);  // "live", "reload", "restart"

}  // namespace trimtab::model
