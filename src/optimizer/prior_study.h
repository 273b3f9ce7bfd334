// Prior studies: what was measured before, of the same or another version, hardware or load of what is now tuned.
// Their parameters need not be those of the space, nor their values lie in its ranges: see prior_model.h.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/configuration.h"
#include "model/objective.h"
#include "model/space.h"

namespace trimtab::optimizer {

struct PriorTrial {
  model::Configuration configuration;  // by the names of the space; may lack parameters
  model::Metrics metrics;
  bool failed = false;
};

struct PriorStudy {
  std::string name;  // what messages call it
  std::vector<PriorTrial> trials;
};

// Old name -> the name in the space.
using Renames = std::map<std::string, std::string, std::less<>>;

// Reads a study from text, which is one of
//   CSV       a header, one run a line; columns named as parameters are parameters, all other numbers metrics; a filled
//             column "failed" other than 0 and false marks a run that failed (unless it is a parameter)
//   JSON      lines of requests, of which every {"tell": {"configuration", "metrics" | "failed"}} counts, with tells by
//             id after the {"suggested"} records of a state file or the replies that named the id
// Runs that say nothing usable are passed over. kInvalidInput when none is left, or for a line that is neither.
[[nodiscard]] Result<PriorStudy> read_prior_study(std::string_view text, std::string name, const model::Space& space,
                                                  const Renames& renames);

}  // namespace trimtab::optimizer
