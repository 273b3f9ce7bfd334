// The oracle: the cheapest static configuration that would have been safe, found with the model and the future load in
// hand. It bounds from above what a static choice can save; nobody can know it beforehand.
#pragma once

#include <vector>

#include "simulation/scenario.h"

#include "base/result.h"

namespace trimtab::simulation {

// Exhaustive search in the order of cost: every level of the parameters the cost depends on, up to 48 levels of every
// other one. A configuration is safe when its SLOs hold, warm, at the load that all but `allowed_breach` of the steps
// stay below, and when a run over the whole scenario confirms it. kNotFound when none is. Seconds.
[[nodiscard]] Result<RunOutcome> run_oracle(const Scenario& scenario, const ServiceModel& model,
                                            const std::vector<double>& loads);

}  // namespace trimtab::simulation
