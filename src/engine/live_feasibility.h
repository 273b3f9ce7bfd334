// Whether a configuration may be killed for memory, as the application's memory model and the windows seen tell
// (model/memory_model.h). A constraint of the search; what a person is told of an edit. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/live_state.h"
#include "model/application.h"
#include "model/space.h"

namespace trimtab::engine {

// That nothing may come to need more memory than its limit. Where the present configuration may already, others are
// held to what it lacks: what does not make it worse is not refused for it. nullopt: the application has no memory
// model, or it says nothing of what is live.
[[nodiscard]] std::optional<model::Constraint> memory_constraint(const model::Application& application,
                                                                 const std::vector<model::Observation>& seen,
                                                                 const model::Configuration& present);
// The same for a search before production. Before anything was measured only what is expected not to fit is left out:
// a trial that fails costs little, and the model's upper end is for services of unknown size. What does not make the
// baseline worse is not refused.
[[nodiscard]] std::optional<model::Constraint> memory_constraint_of_trials(const model::Application& application,
                                                                           const std::vector<model::Observation>& seen);

// A person's target. kInvalidInput with a hint when it is expected not to fit and lacks more than what is live does.
[[nodiscard]] Result<void> check_memory(const model::Application& application, const LiveApplicationState& state,
                                        const model::Configuration& target);
// What the target may come to hold, for people; empty when nothing can be said.
[[nodiscard]] std::string memory_statement(const model::Application& application, const LiveApplicationState& state,
                                           const model::Configuration& target);
// What to warn of: the target may come to need more than its limit. nullopt when it fits.
[[nodiscard]] std::optional<model::Binding> memory_warning(const model::Application& application,
                                                           const LiveApplicationState& state,
                                                           const model::Configuration& target);

}  // namespace trimtab::engine
