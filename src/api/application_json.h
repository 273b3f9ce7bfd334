// Applications as the REST surface shows them: ApplicationSummary and ApplicationDetail of web/src/api/types.ts.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "api/live_service.h"
#include "model/configuration.h"

namespace trimtab::api {

// `now`: breaches are counted over the seven days before it.
[[nodiscard]] nlohmann::json application_summary_json(const LiveApplication& live, Instant now);
[[nodiscard]] nlohmann::json application_detail_json(const LiveApplication& live, Instant now);

// Whole numbers are written without a fraction.
[[nodiscard]] nlohmann::json value_json(const model::Value& value);
[[nodiscard]] nlohmann::json configuration_json(const model::Configuration& configuration);
[[nodiscard]] nlohmann::json configuration_change_json(const engine::ConfigurationChanged& change);

// ParameterInfo: `mode` as set for this parameter or, failing that, `otherwise`.
[[nodiscard]] nlohmann::json parameter_json(const model::Parameter& parameter, const model::Configuration& live,
                                            const model::Configuration& baseline, model::Mode mode);

}  // namespace trimtab::api
