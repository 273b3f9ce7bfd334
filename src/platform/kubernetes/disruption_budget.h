// Whether a rollout would take more ready pods away than the namespace's PodDisruptionBudgets allow. A rollout is no
// eviction, so the API server doesn't hold it against them. Pure functions over JSON that may lack anything.
// https://kubernetes.io/docs/tasks/run-application/configure-pdb/
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace trimtab::platform {

// How many ready pods a rollout of the workload's template may take away at once.
[[nodiscard]] int most_unavailable(const nlohmann::json& workload);

// A label selector as policy/v1 reads it: none selects nothing, an empty one everything.
[[nodiscard]] bool selects(const nlohmann::json& selector, const nlohmann::json& labels);

// kInvalidInput: "the PodDisruptionBudget shop/cart lets 0 more pods be away, a rollout of cart takes 1".
[[nodiscard]] Result<void> check_disruption_budgets(const std::vector<nlohmann::json>& budgets,
                                                    const nlohmann::json& workload);

}  // namespace trimtab::platform
