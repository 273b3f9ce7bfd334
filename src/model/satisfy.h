// Whether any configuration satisfies a space's constraints.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "model/space.h"

namespace trimtab::model {

// A configuration that Space::validate() accepts. Error kInvalidInput with a message that names the constraints in the
// way and a field such as "constraints[1]": either proved (a linear constraint that no values within the ranges
// satisfy), or not found among 20,000 samples. Method: bounds propagation over linear constraints (as in Apt,
// Principles of Constraint Programming, 2003, ch. 6), then random samples in what is left, repaired constraint by
// constraint. Pure: the same seed gives the same answer. Costs below a millisecond when satisfiable, some tens when
// not.
[[nodiscard]] Result<Configuration> find_satisfying(const Space& space, std::uint64_t seed);

}  // namespace trimtab::model
