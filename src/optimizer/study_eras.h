// StudyEras: the runs of a study, and which of them still tell the truth. A change point (study_watch.h) begins a new
// era. What was measured before is then no longer taken as true: it becomes a prior study (prior_model.h), whose
// effects count as far as they agree with the new runs, and which is dropped when it misleads.
//
// Deterministic in the sequence of runs. Not thread safe. Cost: add() is StudyWatch::add(); at a change it learns the
// priors anew, some 10 ms a study.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "optimizer/prior_model.h"
#include "optimizer/study_search.h"
#include "optimizer/study_watch.h"

namespace trimtab::optimizer {

class StudyEras {
 public:
  // `start`: seed, budget, candidates, and the model of `priors` (kept by the caller). The problem must outlive it.
  // `watched` false: nothing is ever taken for a change.
  StudyEras(const Problem& problem, StudySearchRequest start, std::vector<PriorStudy> priors, bool watched);

  // Takes the next run; `id` is what people call it. True when it shows a change.
  bool add(model::Observation observation, const std::string& id);
  // For runs that are not watched: a change is known to lie before the run of this number, from 0 over all; it was
  // added, and is not of an era before the present one. Numbers that do not fit change nothing.
  void begin_era(std::size_t first);

  // All runs, and those of the present era.
  [[nodiscard]] const std::vector<model::Observation>& all() const { return all_; }
  [[nodiscard]] std::vector<model::Observation> present() const;
  // The number, from 0 over all, of the first run of the present era.
  [[nodiscard]] std::size_t present_from() const { return first_; }
  // The id of that run; nothing before the first change.
  [[nodiscard]] std::optional<std::string> changed_since() const;
  // Of the present era, without context and pending runs. Holds as long as this object does not change.
  [[nodiscard]] StudySearchRequest request() const;

 private:
  void ask_about(std::size_t from, const std::string& why);
  [[nodiscard]] StudySearchRequest request_of(std::size_t first, std::size_t end) const;

  const Problem* problem_;
  StudySearchRequest start_;
  std::vector<PriorStudy> priors_;  // those given, then the past eras
  std::size_t given_;
  std::optional<StudyWatch> watch_;
  std::vector<model::Observation> all_;
  std::vector<std::string> ids_;
  std::size_t first_ = 0;                      // of the present era
  std::unique_ptr<const PriorModel> learned_;  // of the priors, once there is a past era
  struct Question {
    std::size_t from = 0;  // no run from there on has answered it yet
    Recheck recheck;
  };
  std::optional<Question> question_;
};

}  // namespace trimtab::optimizer
