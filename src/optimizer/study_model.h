// StudyModel: what a study's trials say about configurations: goal, SLOs, failures, as Gaussian processes over the
// encoded space (and the context, where it varies). Learned once per request; private to study_search.
//
// Notation: y the goal or its logarithm on the model's scale (to be minimised, standardised), c_j the SLOs on
// SloScale divided by their root mean square (<= 0 holds), f the label of a failure (+1 crashed or broke an SLO, -1
// not). Configurations are rows of Encoding here, canonical ones.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "optimizer/encoding.h"
#include "optimizer/gaussian_process.h"
#include "optimizer/slo_scale.h"
#include "optimizer/study_data.h"
#include "optimizer/study_search.h"

namespace trimtab::optimizer {

inline constexpr std::size_t kMostModelled = 200;  // trials: more cost n^2 each prediction
inline constexpr std::size_t kMostFitted = 120;    // of them for hyper-parameters
inline constexpr double kNoisy = 0.05;             // noise share from which trials are repeated and the model ranks
inline constexpr double kFailureNoise = 0.05;      // variance of the label: a failure may be chance

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
  [[nodiscard]] Belief believe(const Points& rows) const;
  [[nodiscard]] Belief believe(std::span<const double> row) const;

  struct LocalBelief {
    LocalMoments goal;  // slopes by parameter
    double log_feasible = 0;
    std::vector<double> feasible_slope;
  };
  // Precondition: has_goal().
  [[nodiscard]] LocalBelief believe_with_slopes(std::span<const double> row) const;

  // Treats the configurations as tried with the outcome that is expected (kriging believer, Ginsbourger et al. 2010).
  [[nodiscard]] Result<void> assume_tried(const Points& rows);

  [[nodiscard]] const Encoding& encoding() const { return *encoding_; }
  [[nodiscard]] const std::vector<Trial>& trials() const { return data_.trials; }
  [[nodiscard]] int breaches() const { return data_.breaches; }
  [[nodiscard]] bool context_varies() const { return data_.context_varies; }
  [[nodiscard]] bool has_goal() const { return goal_.has_value(); }
  [[nodiscard]] bool has_bounds() const { return failure_.has_value() || !slos_.empty(); }
  // Index into trials() of the best among those that are feasible: as measured where measurements do not scatter, else
  // by the model. The most feasible when there is none; nothing without a measured trial. `feasible` says which it is.
  [[nodiscard]] std::optional<std::size_t> incumbent() const { return incumbent_; }
  [[nodiscard]] bool incumbent_is_feasible() const { return incumbent_feasible_; }
  // The goal at the incumbent as acquisitions take it: y and its standard deviation.
  [[nodiscard]] double incumbent_mean() const { return incumbent_mean_; }
  [[nodiscard]] double incumbent_variance() const { return incumbent_variance_; }

  // What is known of the scatter of measurements: whether a configuration was repeated, and whether repeats agree.
  enum class Scatter { kUnknown, kNone, kSome };
  [[nodiscard]] Scatter scatter() const { return scatter_; }
  [[nodiscard]] double noise_variance() const;  // of y; with Scatter::kNone what the model does not explain
  [[nodiscard]] double noise_share() const;     // of the variation of y
  [[nodiscard]] const std::vector<double>& lengths() const { return lengths_; }  // per parameter
  // Whether prior studies say something of the goal, and what is said of those that are not used.
  [[nodiscard]] bool has_prior() const { return has_prior_; }
  [[nodiscard]] const std::vector<std::string>& dropped_priors() const { return dropped_priors_; }
  // The hyper-parameters, for the next request.
  [[nodiscard]] const ModelFit& fit() const { return fit_; }

  // Every goal's and SLO's median and 90 % interval at a configuration, in its own unit.
  [[nodiscard]] std::vector<model::Prediction> predictions(std::span<const double> row) const;

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
  [[nodiscard]] std::vector<double> features(std::span<const double> row, std::span<const double> context) const;
  [[nodiscard]] Output new_output() const;
  [[nodiscard]] Points features_of(const Points& rows) const;
  enum class Fitting { kKeep, kImprove, kAnew };
  [[nodiscard]] const std::vector<double>* last_hyper(std::size_t at) const;
  [[nodiscard]] Fitting fitting_of(std::size_t at) const;
  void start_fit();
  [[nodiscard]] Result<void> process_of(Output& output, FitOptions options, std::size_t at);
  // y = (g - centre) / unit, with g the goal or its logarithm, to be minimised.
  struct GoalScale {
    bool in_logs = false;
    double centre = 0;
    double unit = 1;
  };
  struct GoalValues {
    std::vector<double> values;  // y
    GoalScale scale;
  };
  struct ModelledGoal {
    GoalScale scale;
    Output output;
  };
  // In logarithms where these exist, unless it is to be `as_measured`.
  [[nodiscard]] GoalValues goal_on_scale(const std::vector<std::size_t>& modelled, std::size_t goal,
                                         bool as_measured) const;
  struct Repeats {
    double freedom = 0;
    double variance = 0;  // of y
  };
  [[nodiscard]] Repeats repeats(const std::vector<std::size_t>& modelled, const GoalScale& scale) const;
  [[nodiscard]] Output output_of(const std::vector<std::size_t>& modelled, std::vector<double> values) const;
  [[nodiscard]] bool scale_is_open(const std::vector<std::size_t>& modelled, std::size_t goal) const;
  [[nodiscard]] double goal_evidence(const ModelledGoal& one, const std::vector<std::size_t>& modelled,
                                     std::size_t goal) const;
  [[nodiscard]] std::size_t place_of(std::size_t goal) const;
  [[nodiscard]] Result<ModelledGoal> model_goal(const std::vector<std::size_t>& modelled, std::size_t goal,
                                                bool as_measured);
  [[nodiscard]] Result<ModelledGoal> model_on_better_scale(const std::vector<std::size_t>& modelled, std::size_t goal);
  [[nodiscard]] Result<Output> model_weighted(const std::vector<std::size_t>& modelled, std::uint64_t weights_seed);
  [[nodiscard]] Result<void> learn_goals(const std::vector<std::size_t>& modelled, std::uint64_t weights_seed);
  [[nodiscard]] model::Prediction prediction_of(std::size_t goal, const Points& point) const;
  [[nodiscard]] Result<void> learn_slos(const std::vector<std::size_t>& modelled);
  [[nodiscard]] Result<void> learn_failures(const std::vector<std::size_t>& modelled);
  void note_surprises(const ModelledSlo& slo, const std::vector<std::size_t>& trials);
  [[nodiscard]] double label_of(std::size_t i) const;
  void choose_incumbent(const std::vector<std::size_t>& modelled);
  void expect_from_priors(Output& output, std::size_t at, const OutputScale& scale);
  [[nodiscard]] std::vector<double> of_parameters(std::vector<double> slopes) const;
  [[nodiscard]] Result<void> weigh_prior(Output& output, const FitOptions& options, std::size_t at);

  const Problem* problem_;
  const StudySearchRequest* request_;
  std::unique_ptr<Encoding> encoding_;
  StudyData data_;
  Kernel kernel_;
  std::optional<Output> goal_;     // what is searched by: the goal, or the weighted goals
  std::vector<GoalScale> scales_;  // by goal
  std::vector<Output> alone_;      // by goal, of several
  std::vector<std::optional<ModelledSlo>> slos_;
  std::set<std::size_t> surprising_;  // indices of trials
  std::optional<Output> failure_;
  Scatter scatter_ = Scatter::kUnknown;
  std::optional<std::size_t> incumbent_;
  ReferencePoint incumbent_reference_;
  bool incumbent_feasible_ = false;
  double incumbent_mean_ = 0;
  double incumbent_variance_ = 0;
  std::vector<double> lengths_;
  bool has_prior_ = false;
  double prior_variance_ = 0;  // of y over the trials, that priors explain
  std::vector<std::string> dropped_priors_;
  ModelFit fit_;
};

}  // namespace trimtab::optimizer
