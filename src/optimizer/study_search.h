// Offline search for studies: the next configuration to try when a trial may fail without hurting anybody.
// Constrained log expected improvement over Gaussian processes, a separate model of crashes, a space-filling start.
// See docs/algorithms/study-search.md. Deterministic in (problem, request).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/observation.h"
#include "model/recommendation.h"
#include "optimizer/prior_model.h"
#include "optimizer/problem.h"

namespace trimtab::optimizer {

// Hyper-parameters of the models that a suggestion was made with. Handed on to the next request they make it cheaper;
// what is suggested then depends on them, so whoever wants the same suggestions again keeps them with the observations.
struct ModelFit {
  std::size_t observations = 0;  // that they were fitted to
  // Of what is searched by (the goal, or the weighted goals), SLOs, crashes, and each of several goals alone; empty
  // where there was no model.
  std::vector<std::vector<double>> hyper;
  std::vector<bool> as_measured;  // by goal: modelled as it is, though its logarithm exists
  bool operator==(const ModelFit&) const = default;
};

// A configuration that is measured again before anything else, because measurements seem to have changed.
struct Recheck {
  model::Configuration configuration;
  std::string why;
};

struct StudySearchRequest {
  std::vector<model::Observation> observations;  // of one experiment each or repeats; failed ones included
  std::vector<model::Configuration> pending;     // being tried now
  int budget = 0;                                // experiments in all, 0: unknown; shapes the start design
  Context context;                               // load and other context variables the answer is wanted for
  std::uint64_t seed = 0;
  // Not empty: only these may be suggested (a discrete study). They outlive the request.
  std::span<const model::Configuration> candidates = {};
  ModelFit fit;                       // of the last suggestion; none: everything is fitted anew
  const PriorModel* prior = nullptr;  // of the same problem; outlives the request
  std::optional<Recheck> recheck = std::nullopt;
};

struct Suggestion {
  model::Configuration configuration;
  double feasible = 1;  // probability that it does not crash and every SLO holds
  std::vector<model::Prediction> predictions;
  std::string why;  // "baseline", "start design", "exploit", "explore", "verify", with a sentence
  ModelFit fit;
};

// kInvalidInput when the space has no valid configuration that could be found.
[[nodiscard]] Result<Suggestion> suggest(const Problem& problem, const StudySearchRequest& request);

// What is expected of one configuration, with an empty `why`. Without a measured trial: no predictions.
[[nodiscard]] Result<Suggestion> foresee(const Problem& problem, const StudySearchRequest& request,
                                         const model::Configuration& configuration);

// The probability of each configuration to run without a crash and to hold every SLO, with one model for all.
[[nodiscard]] Result<std::vector<double>> feasibility(const Problem& problem, const StudySearchRequest& request,
                                                      std::span<const model::Configuration> configurations);

struct BestConfiguration {
  model::Configuration configuration;
  double goal = 0;        // measured mean
  double confidence = 0;  // that every SLO holds
  int trials = 0;
};
// The best feasible configuration so far; nothing when none was feasible.
[[nodiscard]] std::optional<BestConfiguration> best(const Problem& problem, const StudySearchRequest& request);

struct Importance {
  std::string parameter;
  double share = 0;  // of the variation of the goal that the parameter explains by itself; sums to at most 1
  // Of the variation, the share that it explains only together with others (the total Sobol index less the first-order
  // one): what is shared by two parameters counts for both.
  double interaction = 0;
};
[[nodiscard]] std::vector<Importance> importance(const Problem& problem, const StudySearchRequest& request);

}  // namespace trimtab::optimizer
