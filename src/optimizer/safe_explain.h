// What a proposal says about itself: predictions, what stops it from going further, and one sentence per parameter.
// Private to safe_search.
#pragma once

#include "optimizer/safe_model.h"
#include "optimizer/step_region.h"

namespace trimtab::optimizer {

// Fills predictions, bindings and why of the proposal, whose configuration and outlook are given.
void explain(const Problem& problem, const SafeSearchRequest& request, const SafeModel& model, const StepRegion& region,
             const std::vector<StepRegion::Direction>& helps, const Outlook& now, const Outlook& then,
             SafeProposal& proposal);

// "0.85 cores", "G1", "310".
[[nodiscard]] std::string number_text(double number);

}  // namespace trimtab::optimizer
