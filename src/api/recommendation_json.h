// Recommendations, decisions and the audit trail as the REST surface shows them (web/src/api/types.ts).
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "engine/live_event.h"
#include "engine/store.h"
#include "model/recommendation.h"

namespace trimtab::api {

[[nodiscard]] nlohmann::json recommendation_json(const model::Recommendation& recommendation,
                                                 const std::string& currency);
[[nodiscard]] nlohmann::json audit_json(const engine::StoredAudit& audit);
// DecisionRequest; actor and recommendation are set by the caller. kInvalidInput with the field's path.
[[nodiscard]] Result<engine::PersonDecided> decision_from_json(const nlohmann::json& body);

}  // namespace trimtab::api
