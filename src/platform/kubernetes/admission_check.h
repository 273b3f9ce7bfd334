// Whether a namespace's LimitRanges and ResourceQuotas let a change in, before anything is touched. Without this a
// rolling update hangs with pods that are refused. Pure functions over JSON that may lack anything; quotas with scopes
// are left to the API server.
// https://kubernetes.io/docs/concepts/policy/
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace trimtab::platform {

// `pod_spec`: as it would be. kInvalidInput: "cpu limit 2 is above the LimitRange default/limits: max 1".
[[nodiscard]] Result<void> check_limit_ranges(const std::vector<nlohmann::json>& limit_ranges,
                                              const nlohmann::json& pod_spec);

// `in_place`: no pod is made; else up to maxSurge (Deployment) pods of the new spec run beside the old ones.
// kInvalidInput: "the quota default/team leaves 200m of limits.cpu, the change needs 600m".
[[nodiscard]] Result<void> check_quotas(const std::vector<nlohmann::json>& quotas, const nlohmann::json& workload,
                                        const nlohmann::json& pod_spec_after, bool in_place);

}  // namespace trimtab::platform
