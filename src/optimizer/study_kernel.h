// The covariance of studies over encoded configurations, and the columns that it sees. Private to the study models.
//
// Columns: the encoded parameters, `more` further numbers (context), a constant 1, centred one-hot categories.
// Length-scales of categories grow with the dimension D, so that a random point stays informative (Hvarfner, Hellsten
// and Nardi 2024, "Vanilla Bayesian optimization performs great in high dimensions"): log l ~ N(sqrt2 + log(D)/2,
// sqrt3), and main effects carry the rest while trials are few. Numbers that matter bend within their range, log l ~
// N(0, 1): with the longer lengths, or with main effects, a search ended in corners (forty numbers of which four
// matter: regret 0.20 instead of 0.06 after 50 runs; Hartmann's six: 0.55 instead of 0.2).
#pragma once

#include <span>
#include <vector>

#include "optimizer/encoding.h"
#include "optimizer/kernel.h"

namespace trimtab::optimizer {

[[nodiscard]] Kernel study_kernel(const Encoding& encoding, std::size_t more);

// One row of the kernel's columns. Precondition: the row is encoded, `more` has the length given to study_kernel().
[[nodiscard]] std::vector<double> study_columns(const Encoding& encoding, std::span<const double> row,
                                                std::span<const double> more);

}  // namespace trimtab::optimizer
