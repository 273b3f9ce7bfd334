// StudyWatch: tells when the runs of a study no longer agree with earlier ones: a new release, other hardware, drift.
//
// Every goal and SLO is watched. A run's residual is its value less what a Gaussian process over the runs before it
// says, over the full deviation that it says: far from all that was tried that is large, so that a search which goes to
// new places surprises nobody. Residuals go to a ChangePointDetector. Two precautions, because a model that is wrong
// about a cliff errs again and again without any change:
// - residuals are divided by their own robust size so far, where that is above 1;
// - an alarm is a suspicion only. It counts when the runs are explained far better by two landscapes, before and after,
//   than by one: by the log posteriors of a process that also knows the side of each run and one that does not, both
//   fitted anew (a Bayes factor; Kass and Raftery 1995, "Bayes factors", J. Am. Stat. Assoc. 90); and when a
//   configuration that was measured on both sides moved, or the evidence is overwhelming. New places alone cannot tell
//   a change from a landscape that is rougher there: doubted_since() asks for a repeat, which nearly always settles it.
// The process learns of a run at most what the detector sees of it, so that after a change the next runs surprise again
// (a robust filter: Masreliez and Martin 1977).
//
// Deterministic in the sequence of runs. Not thread safe. Cost of add(): one conditioning on at most 120 runs an
// output, and a fit whenever the runs grew by a quarter: 1 ms on average at 100 runs of one goal.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "model/observation.h"
#include "optimizer/change_point.h"
#include "optimizer/encoding.h"
#include "optimizer/gaussian_process.h"
#include "optimizer/problem.h"
#include "optimizer/residual_size.h"
#include "optimizer/slo_scale.h"

namespace trimtab::optimizer {

class StudyWatch {
 public:
  // The problem must outlive it.
  explicit StudyWatch(const Problem& problem);

  // Takes the next run. When it shows a change: the number, from 0 over all runs given, of the first run after it; the
  // watch then knows only the runs from there on. Failed runs are passed over.
  std::optional<std::size_t> add(const model::Observation& observation);

  // The number of the first run that does not agree with those before, while it is not certain that anything changed:
  // to measure one of those again would tell.
  [[nodiscard]] std::optional<std::size_t> doubted_since() const;

 private:
  struct Run {
    std::size_t number = 0;
    std::vector<double> row;      // encoded
    std::vector<double> context;  // raw, logarithms where declared
    std::vector<double> outputs;  // goals, then SLOs, in their own units; NaN where there is no value
  };
  // The scale that one output is modelled on: to be minimised, standardised, with bad outliers cut.
  struct Scale {
    bool in_logs = false;
    double centre = 0;
    double unit = 1;
    double worst = 0;                    // cut, before standardising
    std::vector<double> context_low{};   // per variable
    std::vector<double> context_size{};  // 0: the variable does not vary
    std::optional<SloScale> slo = std::nullopt;
  };
  struct Watched {
    ChangePointDetector detector{};
    ResidualSize usual{5};               // of the residuals so far; five of the right size assumed
    std::vector<std::size_t> numbers{};  // of the runs with a residual
    std::size_t count = 0;               // values so far
    std::size_t fitted_at = 0;           // the count when scale and hyper-parameters were fitted; 0: they are to be
    Scale scale{};
    std::vector<double> hyper{};
    GaussianProcessData data{};  // on the scale, what surprises too much cut
    struct Suspicion {
      std::size_t since = 0;
      int patience = 0;     // runs left to make it certain
      double evidence = 0;  // ln of the Bayes factor
    };
    std::optional<Suspicion> suspect{};
  };
  [[nodiscard]] Run run_of(const model::Observation& observation) const;
  [[nodiscard]] Scale scale_of(std::size_t output, const std::vector<const Run*>& runs) const;
  [[nodiscard]] std::optional<double> on_scale(std::size_t output, const Scale& scale, const Run& run) const;
  [[nodiscard]] std::vector<double> columns_of(const Scale& scale, const Run& run) const;
  [[nodiscard]] std::vector<const Run*> measured(std::size_t output) const;
  void fit(std::size_t output);
  [[nodiscard]] std::optional<std::size_t> watch(std::size_t output, const Run& run);
  [[nodiscard]] std::optional<std::size_t> judge(std::size_t output);
  struct Evidence {
    double log_factor = 0;  // ln of the Bayes factor of two landscapes against one
    double noise = 1;       // variance of a run, on the scale
    Scale scale{};
  };
  [[nodiscard]] Evidence evidence_of_change(std::size_t output, std::size_t since) const;
  [[nodiscard]] std::optional<double> repeats_moved(std::size_t output, const Evidence& evidence,
                                                    std::size_t since) const;
  void start_from(std::size_t number);

  const Problem* problem_;
  Encoding encoding_;
  std::size_t seen_ = 0;
  std::vector<Run> runs_;
  std::vector<bool> is_watched_;  // not a goal that follows from the parameters alone
  std::vector<Watched> outputs_;
};

}  // namespace trimtab::optimizer
