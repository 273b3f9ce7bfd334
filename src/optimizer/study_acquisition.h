// StudyAcquisition: how much the next run is worth at a configuration, and where it is worth most.
//
//   a(x) = log s + log h(D / s) + log P(feasible),   D = m(x+) - m(x)
// h(z) = z Phi(z) + phi(z). Where measurements scatter, s is how far one measurement at x moves the difference between
// x and the incumbent x+: s = (var(x) - cov(x, x+)) / sqrt(var(x) + noise) (knowledge gradient of the two, Frazier,
// Powell and Dayanik 2009); where they do not, that is expected improvement over the best measured value. Below the
// least probability that SLOs are to hold with, a falls steeply. Private to study_search.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "optimizer/study_candidates.h"
#include "optimizer/study_model.h"

namespace trimtab::optimizer {

class StudyAcquisition {
 public:
  // `least_score`: the standard score of the probability to hold every SLO, below which a suggestion is to be avoided.
  StudyAcquisition(const StudyModel& model, std::optional<double> least_score);

  // Higher is better. By feasibility only while the incumbent is not feasible.
  [[nodiscard]] std::vector<double> values(const Points& rows) const;
  // The same of one row, and the derivatives by its coordinates.
  double value_with_slope(std::span<const double> row, std::span<double> slope) const;
  // The logarithm of the improvement that is expected at a row, in standard deviations of the goal, whatever the SLOs.
  [[nodiscard]] double log_gain(std::span<const double> row) const;
  // What one more measurement of a tried configuration is worth, on the same scale as values(). One of the two is the
  // incumbent; `incumbent_first`: the first.
  [[nodiscard]] double repeat_value(std::span<const double> row, std::span<const double> rival,
                                    bool incumbent_first) const;

  struct Found {
    std::vector<double> row;
    double value = 0;
  };
  using Taken = std::set<std::vector<double>>;
  // From a row uphill: the numbers along their slope and the best single move of a level, in turns; never to a taken
  // row.
  void climb(const StudyCandidates& candidates, const Taken& taken, Random& random, Found& found) const;

 private:
  // How far one measurement moves the difference to the incumbent.
  [[nodiscard]] double scale(double variance, double covariance) const;
  bool accept(const Taken& taken, std::vector<double> row, double value, Found& found) const;
  [[nodiscard]] std::vector<std::size_t> moved_numbers(std::span<const double> row) const;
  bool move_numbers(const StudyCandidates& candidates, const Taken& taken, Found& found) const;
  bool move_level(const StudyCandidates& candidates, const Taken& taken, Random& random, Found& found) const;

  const StudyModel& model_;
  std::optional<double> least_score_;
  bool seeks_feasible_;
  bool exact_;  // measurements do not scatter
  double best_ = 0;
  double best_variance_ = 0;
  double noise_ = 0;
};

}  // namespace trimtab::optimizer
