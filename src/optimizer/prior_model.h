// PriorModel: what prior studies let expect of a new one: a mean for the new study's Gaussian processes, and
// configurations to start from.
//
//   m(x) = sum_p w_p s_p (m_p(x) - mean of m_p over the trials)
// m_p is the posterior mean of a Gaussian process over prior study p alone. s_p, how far the prior's effects carry over
// in size, is estimated from the new study's trials with the prior N(1, 1/2); w_p, the trust among several, from how
// well p orders those trials. The new study's own process then models what the priors do not explain, so that a prior
// that is half right is corrected where it was measured to be wrong. A prior that orders the trials no better than
// chance is dropped. (Rank-weighted as in Feurer, Letham and Bakshy 2018, "Scalable meta-learning for Bayesian
// optimization"; the residual form as in Golovin et al. 2017, "Google Vizier", section 3.3.)
//
// Parameters that a prior study does not know, or never varied, have no effect in its m_p; its values outside the
// space's ranges stay where they are, outside. Immutable; safe to share for reading. The problem must outlive it.
// Cost: learn a few 10 ms a study of 200 runs; expect() O(trials^2) a study; a mean O(prior runs) a point.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "optimizer/mean_function.h"
#include "optimizer/prior_study.h"
#include "optimizer/problem.h"

namespace trimtab::optimizer {

// The scale that a new study models an output on: one unit of the process's values is `unit`, of the logarithm of the
// output where `in_logs`.
struct OutputScale {
  double unit = 1;
  bool in_logs = false;
};

class PriorModel {
 public:
  // Never fails for what studies hold: one that says nothing about this problem is left out, and notes() says why.
  [[nodiscard]] static PriorModel learn(const Problem& problem, const std::vector<PriorStudy>& studies);
  PriorModel(PriorModel&&) noexcept;
  PriorModel& operator=(PriorModel&&) noexcept;
  ~PriorModel();

  // One sentence a study: how it is taken.
  [[nodiscard]] const std::vector<std::string>& notes() const;
  // Whether some study says something about the goal.
  [[nodiscard]] bool usable() const;

  struct Expectation {
    std::shared_ptr<const MeanFunction> mean;  // null: nothing is expected. Over rows that begin with the encoded ones
    std::vector<std::string> dropped;          // a sentence each
  };
  // Of output 0 (the goal, to be minimised), 1 + k (SLO k on its SloScale) or 1 + number of SLOs (the crash label
  // + 1), given what the new study measured: `points` begin with encoded rows, `values` are in the unit of `scale`.
  [[nodiscard]] Expectation expect(std::size_t output, const Points& points, std::span<const double> values,
                                   const OutputScale& scale) const;
  // Whether a prior trial crashed.
  [[nodiscard]] bool saw_crashes() const;

  // The best configurations of the studies in turn, encoded, valid in the space, different from one another.
  [[nodiscard]] const std::vector<std::vector<double>>& start_rows() const;
  // How much the priors promise of encoded rows: less is better; to choose among given candidates.
  [[nodiscard]] std::vector<double> promise(const Points& rows) const;

 private:
  struct Impl;
  explicit PriorModel(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

}  // namespace trimtab::optimizer
