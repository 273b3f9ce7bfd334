// step() with the optimiser's own search.
#include "engine/live_collaborators.h"

namespace trimtab::engine {

StepResult step(const model::Application& application, LiveApplicationState state, const Event& event) {
  const Collaborators optimiser{optimizer::safe_search, optimizer::predict};
  return step(application, std::move(state), event, optimiser);
}

}  // namespace trimtab::engine
