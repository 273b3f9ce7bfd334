// StudyEvidence: what the finished trials of a study tell its search. Those of the present era are observations, those
// of past eras prior studies, and what must be measured again comes first (optimizer/study_eras.h).
//
// The eras follow from the trials alone, so a study that was killed and resumed, also by another version that did not
// know of eras, sees them again. Immutable. Cost: see choice().
#pragma once

#include <memory>
#include <vector>

#include "engine/study_document.h"
#include "engine/study_state.h"
#include "optimizer/study_eras.h"

namespace trimtab::engine {

class StudyEvidence {
 public:
  // For the next choice: trial after trial is watched for a change, and the problem refuses what is expected not to fit
  // into memory. Nothing is kept between choices: 200 trials take 0.2 s with one goal, 0.6 s with three SLOs as well,
  // 400 trials 1.3 s, where a trial takes a minute.
  [[nodiscard]] static StudyEvidence of_choice(const StudyDefinition& study, const StudyState& state);
  // For what is shown: the eras that the state remembers, so that it agrees with the rest of what is shown. Quick
  // without a change; with one, what is learned of 100 trials before it takes 0.2 s with three SLOs.
  [[nodiscard]] static StudyEvidence of_state(const StudyDefinition& study, const StudyState& state);

  // The first trial of every era after the first, as StudyState::changes.
  [[nodiscard]] const std::vector<int>& changes() const { return changes_; }
  // What request() is about.
  [[nodiscard]] const optimizer::Problem& problem() const { return *problem_; }
  // Holds as long as this object.
  [[nodiscard]] const optimizer::StudySearchRequest& request() const { return request_; }

 private:
  StudyEvidence(const StudyDefinition& study, const StudyState& state, optimizer::Problem problem, bool watched);

  std::unique_ptr<const optimizer::Problem> problem_;  // eras_ and what it has learned point at it
  optimizer::StudyEras eras_;
  std::vector<int> changes_;
  optimizer::StudySearchRequest request_;
};

// Experiments that the study may take.
[[nodiscard]] int budget_of(const StudyDefinition& study, const StudyState& state);

}  // namespace trimtab::engine
