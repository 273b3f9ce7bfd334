// Safe contextual search for production: the next configuration of a live application, close to what is known good,
// whose SLOs hold with the stated confidence under every load expected until the next decision.
//
// Model: Gaussian process per SLO over (configuration, load); objective exact where it is a formula of parameters only.
// Method: safe set by lower confidence bounds with bounded steps (SafeOpt, Sui et al. 2015; GoOSE, Turchetta et al.
// 2019), constrained expected improvement inside it. See docs/algorithms/safe-search.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "model/recommendation.h"
#include "optimizer/problem.h"

namespace trimtab::optimizer {

struct BarredRegion {
  model::Configuration configuration;  // the neighbourhood of a configuration that failed
  double radius = 0.1;                 // in the normalised space
};

struct SafeSearchRequest {
  model::Configuration incumbent;                // live now
  std::vector<model::Observation> observations;  // oldest first; failed ones included
  std::vector<std::size_t> releases{};           // the first observation of each new release, ascending
  std::vector<double> expected_loads;            // requests/s: the loads to be safe at (quantiles of what is expected)
  double confidence = 0.95;
  double minimum_gain = 0.01;       // relative, of the goal
  double restart_gain = 0;          // relative: what a change that restarts must gain beyond the best in place
  int max_changes = 0;              // parameters changed at once; 0: no limit
  std::vector<std::string> frozen;  // parameters that may not change now
  std::vector<BarredRegion> barred;
  std::vector<model::Monotone> monotone;
  std::uint64_t seed = 0;
};

struct SafeProposal {
  model::Configuration configuration;
  double confidence = 0;  // joint probability that every SLO holds at every expected load
  double gain = 0;        // relative improvement of the goal over the incumbent, predicted
  std::string kind;       // "exploit", "explore"
  std::vector<model::Prediction>
      predictions;                         // per SLO metric and goal, at the highest expected load and at the median
  std::vector<model::Binding> bindings;    // which SLO, range, step or constraint stops it
  std::map<std::string, std::string> why;  // parameter -> one sentence
};

// What the model would need before it can propose; stated to people.
struct NoProposal {
  std::string reason_code;  // "not_enough_evidence", "no_safe_gain", "load_not_covered", "slo_breached_at_incumbent"
  std::string text;
};

struct SafeSearchResult {
  std::optional<SafeProposal> proposal;
  std::optional<NoProposal> none;  // exactly one of the two is set
};

// Deterministic in (problem, request). Cost: tens of milliseconds at 256 observations and 10 parameters.
// kInvalidInput when the request does not fit the problem (incumbent incomplete, unknown names).
[[nodiscard]] Result<SafeSearchResult> safe_search(const Problem& problem, const SafeSearchRequest& request);

// Posterior of one SLO's value or metric at a configuration and load: mean and standard deviation of the value itself
// (medians and factors are handled inside). Used by evidence and charts. kUnavailable when nothing was observed.
struct Posterior {
  double mean = 0;
  double low = 0;   // 5 %
  double high = 0;  // 95 %
};
[[nodiscard]] Result<Posterior> predict(const Problem& problem, const SafeSearchRequest& request,
                                        const std::string& metric, const model::Configuration& configuration,
                                        double load);

}  // namespace trimtab::optimizer
