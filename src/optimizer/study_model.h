// StudyModel: what a study's trials say about configurations: goal, SLOs, crashes, as Gaussian processes over the
// encoded space (and the context, where it varies). Learned once per request; private to study_search.
//
// Notation: y the goal on the model's scale (to be minimised, logarithm when positive, standardised), c_j the SLOs on
// SloScale divided by their root mean square (<= 0 holds), f the crash label (+1 failed, -1 not).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "optimizer/encoding.h"
#include "optimizer/gaussian_process.h"
#include "optimizer/slo_scale.h"
#include "optimizer/study_search.h"

namespace trimtab::optimizer {

// All trials of one configuration in one context.
struct Trial {
  model::Configuration configuration;
  std::vector<double> context;            // scaled
  int count = 0;                          // trials with metrics
  int failures = 0;                       // trials that crashed
  std::vector<double> goals;              // means, in the goals' own units
  std::vector<std::vector<double>> slos;  // per SLO: every value
  std::vector<double> goal_values;        // of goal 0: every value
};

class StudyModel {
 public:
  // Works from no trial on. `weights_seed` draws the weights of several goals.
  [[nodiscard]] static Result<StudyModel> learn(const Problem& problem, const StudySearchRequest& request,
                                                std::uint64_t weights_seed);

  struct Belief {
    std::vector<double> mean;          // of y
    std::vector<double> deviation;     // of y, without noise
    std::vector<double> covariance;    // with y at the incumbent
    std::vector<double> log_feasible;  // log probability that every SLO holds and nothing crashes
  };
  // Of configurations in the request's context.
  [[nodiscard]] Belief believe(const std::vector<model::Configuration>& configurations) const;
  // Treats the configurations as tried with the outcome that is expected (kriging believer, Ginsbourger et al. 2010).
  [[nodiscard]] Result<void> assume_tried(const std::vector<model::Configuration>& configurations);

  [[nodiscard]] const Encoding& encoding() const { return *encoding_; }
  [[nodiscard]] const std::vector<Trial>& trials() const { return trials_; }
  // Whether trials were in other contexts than the request's.
  [[nodiscard]] bool context_varies() const { return context_varies_; }
  [[nodiscard]] bool has_goal() const { return goal_.has_value(); }
  // Index into trials() of the best posterior mean among those whose joint feasibility is at least one half; the most
  // feasible when there is none; nothing without a measured trial. `feasible` says which case it is.
  [[nodiscard]] std::optional<std::size_t> incumbent() const { return incumbent_; }
  [[nodiscard]] bool incumbent_is_feasible() const { return incumbent_feasible_; }
  [[nodiscard]] double noise_share() const;  // noise variance over signal variance of y
  [[nodiscard]] const std::vector<double>& lengths() const { return lengths_; }  // per parameter

  // A goal's or SLO's median and 90 % interval at a configuration, in its own unit.
  [[nodiscard]] std::vector<model::Prediction> predictions(const model::Configuration& configuration) const;

 private:
  struct Output {
    Kernel kernel;
    GaussianProcessData data;
    std::optional<GaussianProcess> process;
  };
  struct ModelledSlo {
    SloScale scale;
    double unit = 1;
    Output output;
  };

  StudyModel(const Problem& problem, const StudySearchRequest& request);
  void collect();
  void scale_context();
  [[nodiscard]] std::vector<double> row(const model::Configuration& configuration,
                                        const std::vector<double>& context) const;
  [[nodiscard]] Kernel kernel() const;
  [[nodiscard]] Points rows(const std::vector<model::Configuration>& configurations) const;
  [[nodiscard]] Result<void> learn_goal(std::uint64_t weights_seed);
  [[nodiscard]] Result<void> learn_slos();
  [[nodiscard]] Result<void> learn_crashes();
  void choose_incumbent();

  const Problem* problem_;
  const StudySearchRequest* request_;
  std::unique_ptr<Encoding> encoding_;
  struct ContextScale {
    double low = 0;
    double size = 1;
  };
  std::vector<ContextScale> context_scales_;
  std::vector<double> context_;  // of the request, scaled
  bool context_varies_ = false;
  std::vector<Trial> trials_;
  bool goal_in_logs_ = false;
  double goal_centre_ = 0;
  double goal_unit_ = 1;
  std::optional<Output> goal_;
  std::vector<std::optional<ModelledSlo>> slos_;
  std::optional<Output> crash_;
  std::optional<std::size_t> incumbent_;
  bool incumbent_feasible_ = false;
  std::vector<double> lengths_;
};

}  // namespace trimtab::optimizer
