// StudyCaution: which chance to hold the SLOs is asked of the next configuration of a study, so that few of its runs
// break one. See docs/algorithms/study-search.md, "Breaches". Pure. Private to study_search.
#pragma once

#include <optional>

namespace trimtab::optimizer {

struct StudyCaution {
  // The standard score of the chance, below which a configuration is to be avoided; nothing in the first runs, which
  // are free.
  std::optional<double> least_score;
  // Where nothing is left to gain with that chance: the lower score of what may be tried all the same.
  std::optional<double> dared_score;
};

// `runs` so far of `budget` (0: unknown); `breaches`: of them, those after the first kFreeTrials that broke an SLO or
// failed; `has_slos` false: only crashes are to be avoided.
[[nodiscard]] StudyCaution caution(bool has_slos, int runs, int budget, int breaches);

}  // namespace trimtab::optimizer
