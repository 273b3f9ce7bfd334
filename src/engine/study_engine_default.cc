// The study engine with the real optimiser, apart so that tests of the engine do without it.
#include "engine/study_engine.h"

namespace trimtab::engine {

StudyStep step_study(const StudyDefinition& study, StudyState state, const StudyEvent& event) {
  return step_study(study, std::move(state), event, optimizer::suggest);
}

}  // namespace trimtab::engine
