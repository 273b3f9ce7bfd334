// The values of the ask-and-tell protocol: JSON to configurations, contexts and metrics, and back. Private to ask_tell.
// Faults are kInvalidInput with the path of the field ("tell.metrics.p95").
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "model/recommendation.h"
#include "optimizer/encoding.h"
#include "optimizer/problem.h"

namespace trimtab::optimizer {

// Complete and valid; entries of inactive parameters are dropped.
[[nodiscard]] Result<model::Configuration> read_configuration(const nlohmann::json& value, const std::string& path,
                                                              const Encoding& encoding);
// Some of the declared variables, each a finite number.
[[nodiscard]] Result<Context> read_context(const nlohmann::json& value, const std::string& path,
                                           const std::vector<ContextVariable>& variables);
[[nodiscard]] Result<model::Metrics> read_metrics(const nlohmann::json& value, const std::string& path);

[[nodiscard]] nlohmann::json configuration_json(const model::Configuration& configuration);
[[nodiscard]] nlohmann::json numbers_json(const model::Metrics& numbers);
// {"p95":{"mean","low","high"}}: by metric where an SLO bounds a metric as it is, else by the formula's text; of
// several loads the highest.
[[nodiscard]] nlohmann::json predictions_json(const std::vector<model::Prediction>& predictions,
                                              const model::Objective& objective);

}  // namespace trimtab::optimizer
