// Observation: one steady window of a running application, or one trial of a study: configuration, load, what was
// measured.
#pragma once

#include <string>

#include "base/time.h"
#include "model/configuration.h"
#include "model/objective.h"

namespace trimtab::model {

struct Observation {
  Instant start;
  Instant end;
  Configuration configuration;
  double load = 0;      // the load metric over the window (requests/s); 0 when there is none
  std::string context;  // id of the load context recognised, empty when unknown
  Metrics metrics;      // every usable metric of the window
  bool failed = false;  // crashed, out of memory, never became ready: metrics may be empty
  std::string failure;  // reason code and text when failed
};

}  // namespace trimtab::model
