// The parts of kind: Application that say how, when and with how much freedom: prometheus, prices, cadence, policy.
#pragma once

#include "model/application.h"
#include "yaml/reader.h"

namespace trimtab::packs {

[[nodiscard]] model::Telemetry read_telemetry(yaml::MappingReader& application, bool required);
[[nodiscard]] model::Prices read_prices(yaml::MappingReader& application);
[[nodiscard]] model::Cadence read_cadence(yaml::MappingReader& application);
[[nodiscard]] model::Policy read_policy(yaml::MappingReader& application);
// A fault for every name in policy.parameter_modes that is no parameter.
void check_parameter_modes(yaml::MappingReader& application, const model::Space& space);

}  // namespace trimtab::packs
