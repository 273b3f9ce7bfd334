// What a configuration turns a container of a pod template into, and which configuration a container shows. Pure.
//
// Resources become requests and limits. Flags of a runtime replace those that stand on the command line; where none do,
// they go into the variable that the runtime reads, beside the words others put there. Arguments of the program are
// replaced or appended on the command line.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "model/configuration.h"
#include "platform/local/stack.h"

namespace trimtab::platform {

// `actual`: status.containerStatuses[].resources of a pod, what is really in force; null: as specified.
[[nodiscard]] model::Configuration read_container(const nlohmann::json& container, const nlohmann::json& actual,
                                                  const Stack& stack);

// The container with the target in it. kInvalidInput: it cannot be expressed there, or something else in the container
// would win over it.
[[nodiscard]] Result<nlohmann::json> changed_container(const nlohmann::json& container,
                                                       const model::Configuration& target, const Stack& stack,
                                                       const std::string& flags_variable);

// The fields of `container` that a change to `changed` touches, as server-side apply takes them: what Trimtab owns.
[[nodiscard]] nlohmann::json owned_fields(const nlohmann::json& container, const nlohmann::json& changed,
                                          const model::Configuration& target, const Stack& stack,
                                          const std::string& flags_variable);

// Values that came through quantities are compared with a relative 1e-6 (memory is rounded to whole MiB, CPU to 1 m).
[[nodiscard]] bool same_value(const model::Value& a, const model::Value& b);
// The names of `target` whose value `live` does not have.
[[nodiscard]] std::vector<std::string> missing_values(const model::Configuration& live,
                                                      const model::Configuration& target);

}  // namespace trimtab::platform
