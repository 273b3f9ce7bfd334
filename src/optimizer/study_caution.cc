#include "optimizer/study_caution.h"

#include <algorithm>

#include "optimizer/study_data.h"

namespace trimtab::optimizer {
namespace {

// Of the runs after the first kFreeTrials, the share that may break an SLO or fail before more is asked of a
// suggestion: of the runs after that, a few per cent still do.
constexpr double kBreachShare = 0.02;
// Standard scores of the probability to hold the SLOs that are asked of a suggestion: 90 % and, once the share is used
// up, 99.4 % and more for every breach beyond it, because a model of few trials is too sure of itself.
constexpr double kUsualScore = 1.28;
constexpr double kCarefulScore = 2.5;
constexpr double kScoreStep = 1;
constexpr double kGreatestScore = 6;
// Now and then what may gain most is tried with a chance of 16 % already, while fewer than this share of the runs so
// far broke an SLO: a better place behind worse ones is never reached by steps that are sure to hold (`smarttuning`:
// half the processors).
constexpr int kBoldEvery = 5;
constexpr double kBoldShare = 0.04;
constexpr double kBoldScore = -1;
// Where all that is left to gain with the asked chance is negligible, every further run would be spent for nothing:
// the usual chance is enough for what gains more, while fewer than this share of the planned runs broke an SLO.
constexpr double kDaredShare = 0.03;
// Without SLOs: of the probability not to crash, 75 %. A crash costs its run only, and being as careful as with SLOs
// left `tuna_nginx` at a regret of 0.25 after 100 runs instead of 0.10.
constexpr double kNoCrashScore = 0.67;
constexpr int kUnplanned = 20;  // further runs, where the budget is not known

}  // namespace

StudyCaution caution(bool has_slos, int runs, int budget, int breaches) {
  const int late = runs - kFreeTrials;
  if (late < 0) return {};
  if (!has_slos) return {kNoCrashScore, std::nullopt};
  if (late > 0 && late % kBoldEvery == 0 && breaches <= kBoldShare * late) return {kBoldScore, std::nullopt};
  const int planned = budget > 0 ? std::max(late, budget - kFreeTrials) : late + kUnplanned;
  // Every breach beyond the share that may be says that the model's chances are too high.
  const double over = breaches + 1 - kBreachShare * planned;
  if (over <= 0) return {kUsualScore, std::nullopt};
  StudyCaution careful{std::min(kGreatestScore, kCarefulScore + kScoreStep * over), std::nullopt};
  if (breaches < kDaredShare * planned) careful.dared_score = kUsualScore;
  return careful;
}

}  // namespace trimtab::optimizer
