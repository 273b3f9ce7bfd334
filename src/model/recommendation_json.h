// Recommendations, observations and configurations as JSON: exact round trip, with a version field on the outside. This
// is the stored form; the form that people and the page see is the API's.
//
// Instants are whole microseconds. Decoding errors: kInvalidInput with the field's path, kUnsupported for a newer
// version.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "model/observation.h"
#include "model/recommendation.h"

namespace trimtab::model {

[[nodiscard]] nlohmann::json to_json(const Configuration& configuration);  // {"cpu": 0.5, "gc": "G1"}; no version field
[[nodiscard]] Result<Configuration> configuration_from_json(const nlohmann::json& json);

[[nodiscard]] nlohmann::json to_json(const Recommendation& recommendation);
[[nodiscard]] Result<Recommendation> recommendation_from_json(const nlohmann::json& json);

[[nodiscard]] nlohmann::json to_json(const Observation& observation);
[[nodiscard]] Result<Observation> observation_from_json(const nlohmann::json& json);

}  // namespace trimtab::model
