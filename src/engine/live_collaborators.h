// What the live engine asks of the optimiser, as functions, so that its stories can be tested with a search of their
// own. step() of live_engine.h uses the real ones.
#pragma once

#include <functional>
#include <string>

#include "engine/live_engine.h"
#include "optimizer/safe_search.h"

namespace trimtab::engine {

// As optimizer::safe_search and optimizer::predict say: pure and deterministic.
using ProposalSearch =
    std::function<Result<optimizer::SafeSearchResult>(const optimizer::Problem&, const optimizer::SafeSearchRequest&)>;
using MetricPrediction = std::function<Result<optimizer::Posterior>(
    const optimizer::Problem&, const optimizer::SafeSearchRequest&, const std::string& metric,
    const model::Configuration& configuration, double load)>;

struct Collaborators {
  ProposalSearch search;
  MetricPrediction predict;
};

[[nodiscard]] StepResult step(const model::Application& application, LiveApplicationState state, const Event& event,
                              const Collaborators& collaborators);

}  // namespace trimtab::engine
