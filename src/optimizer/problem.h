// Problem: what an optimiser is asked to solve. Pure values shared by the offline optimiser and the safe live search.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/objective.h"
#include "model/observation.h"
#include "model/space.h"

namespace trimtab::optimizer {

using Context = std::map<std::string, double, std::less<>>;  // context variable -> value, e.g. load -> 310

struct ContextVariable {
  std::string name;
  bool log_scale = false;
};

struct Problem {
  model::Space space;
  model::Objective objective;
  std::vector<ContextVariable> context;
  model::Configuration baseline;  // complete and valid when not empty
};

}  // namespace trimtab::optimizer
