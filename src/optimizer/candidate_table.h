// Candidates of a discrete study, from CSV text: a header of parameter names, then one configuration a line. Columns
// that are no parameters are passed over, so that a table of measurements can be used as it is; an empty cell leaves an
// inactive parameter out. Quotes as in RFC 4180, without line ends inside.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/space.h"

namespace trimtab::optimizer {

// Valid and different from one another, in the order of the file. kInvalidInput with position.line at the fault: a
// parameter without a column, a value outside its range, a broken constraint, no line at all.
[[nodiscard]] Result<std::vector<model::Configuration>> read_candidates(std::string_view text,
                                                                        const model::Space& space);

}  // namespace trimtab::optimizer
