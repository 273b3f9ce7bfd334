// StudyData: what a request holds, in the form that models learn from. Private to study_search.
#pragma once

#include <optional>
#include <vector>

#include "optimizer/encoding.h"
#include "optimizer/problem.h"
#include "optimizer/study_search.h"

namespace trimtab::optimizer {

// All trials of one configuration in one context.
struct Trial {
  model::Configuration configuration;
  std::vector<double> row;                // the configuration, encoded
  std::vector<double> context;            // scaled
  int count = 0;                          // trials with metrics
  int failures = 0;                       // trials that crashed
  std::vector<double> goals;              // means, in the goals' own units
  std::vector<std::vector<double>> slos;  // per SLO: every value
  std::vector<double> goal_values;        // of goal 0: every value

  // Whether it ran every time and the mean of every SLO holds.
  [[nodiscard]] bool holds(const model::Objective& objective) const;
};

struct StudyData {
  std::vector<Trial> trials;    // in the order of their first observations
  std::vector<double> context;  // of the request, scaled
  bool context_varies = false;  // whether trials were in other contexts than the request's
  int breaches = 0;             // observations after the first kFreeTrials that failed or broke an SLO
};

// The first observations of a study may break SLOs while it finds out where they hold.
inline constexpr int kFreeTrials = 10;

// Cost: O(observations), measured 4 us each with 20 parameters.
[[nodiscard]] StudyData collect_trials(const Problem& problem, const StudySearchRequest& request,
                                       const Encoding& encoding);

// Indices of the measured trials that models are learned from: all, or of more than `most` the best half, the latest
// eighth and an even share of the rest (the landscape around the best is what decides).
[[nodiscard]] std::vector<std::size_t> modelled_trials(const Problem& problem, const std::vector<Trial>& trials,
                                                       std::size_t most);

}  // namespace trimtab::optimizer
