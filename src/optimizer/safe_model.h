// SafeModel: what a live application is expected to do at a configuration and load: every SLO, the goal, and what the
// application needs. Learned once per request; private to safe_search.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "optimizer/resource_floor.h"
#include "optimizer/safe_search.h"
#include "optimizer/slo_scale.h"

namespace trimtab::optimizer {

struct SloOutlook {
  double confidence = 1;  // that one window holds the SLO, at the worst expected load
  double load = 0;        // that load
  double value = 0;       // expected median there, in the SLO's unit
  double slack = 0;       // (bound - margin - mean) / deviation: above the quantile of the confidence is safe
};

struct Shortage {
  std::string parameter;
  std::string metric;
  double needed = 0;
  double expected = 0;  // of the metric
  double load = 0;
};

struct Outlook {
  std::vector<SloOutlook> slos;
  double confidence = 1;  // joint
  double goal = 0;        // to be minimised: the negative of a goal to be maximised
  double goal_deviation = 0;
  std::optional<Shortage> shortage;  // the worst, when a resource would lie below its floor
  double slack = 0;                  // the least of the SLOs
  double response = 0;               // expected y of the SLO nearest its bound that follows the load, at its worst load
  double log_cpu_used = 0;           // expected at the highest load; 0 when unknown
};

class SafeModel {
 public:
  // kInvalidInput when the problem has no goal or the goal cannot be evaluated.
  [[nodiscard]] static Result<SafeModel> learn(const Problem& problem, const SafeSearchRequest& request,
                                               std::vector<double> loads);
  // Joint outlook over the loads, one per configuration.
  [[nodiscard]] std::vector<Outlook> assess(const std::vector<model::Configuration>& configurations) const;
  [[nodiscard]] std::vector<Outlook> assess(const std::vector<model::Configuration>& configurations,
                                            const std::vector<double>& loads) const;
  // Distribution of one window of SLO k: median and 5 % and 95 % quantiles, in the SLO's unit.
  [[nodiscard]] Posterior slo_posterior(std::size_t k, const model::Configuration& configuration, double load) const;
  // Of any observed metric or formula of one, in its own unit. kUnavailable when it was never observed.
  [[nodiscard]] Result<Posterior> metric_posterior(const std::string& metric, const model::Configuration& configuration,
                                                   double load) const;
  // How much better than at the incumbent SLO k may turn out at each configuration, on its scale: expectation plus one
  // deviation of the difference.
  [[nodiscard]] std::vector<double> promise(std::size_t k, const std::vector<model::Configuration>& configurations,
                                            double load) const;
  [[nodiscard]] bool slo_is_modelled(std::size_t k) const { return slos_[k].model.has_value(); }
  [[nodiscard]] bool goal_is_known() const { return !goal_.has_value(); }
  [[nodiscard]] const std::vector<double>& loads() const { return loads_; }
  [[nodiscard]] const LiveFeatures& features() const { return *features_; }
  [[nodiscard]] const LiveWindows& windows() const { return windows_; }
  // Points with the processor's predicted utilisation filled in.
  [[nodiscard]] std::vector<LivePoint> points(const std::vector<model::Configuration>& configurations,
                                              const std::vector<double>& loads) const;

 private:
  struct ModelledSlo {
    std::optional<SloScale> scale;
    std::optional<OutputModel> model;  // none: never observed
  };

  SafeModel(const Problem& problem, const SafeSearchRequest& request, std::vector<double> loads);
  void learn_utilisation();
  void learn_throttling();
  void learn_pressure();
  [[nodiscard]] bool is_comfortable(const model::Observation& observation) const;
  [[nodiscard]] Result<void> learn_slos();
  [[nodiscard]] Result<void> learn_goal();
  void set_utilisation(std::vector<LivePoint>& points) const;
  [[nodiscard]] OutputPrior prior_of(const model::Slo& slo) const;
  void assess_slos(const std::vector<LivePoint>& points, std::size_t loads, std::vector<Outlook>& outlooks) const;
  void assess_goal(const std::vector<model::Configuration>& configurations, const std::vector<LivePoint>& points,
                   std::size_t loads, std::vector<Outlook>& outlooks) const;
  void assess_throttling(const std::vector<model::Configuration>& configurations, const std::vector<LivePoint>& points,
                         std::size_t loads, std::vector<Outlook>& outlooks) const;
  void assess_pressure(const std::vector<model::Configuration>& configurations, const std::vector<LivePoint>& points,
                       std::size_t loads, std::vector<Outlook>& outlooks) const;
  void assess_floors(const std::vector<model::Configuration>& configurations, const std::vector<LivePoint>& points,
                     std::size_t loads, std::vector<Outlook>& outlooks) const;

  const Problem* problem_;
  const SafeSearchRequest* request_;
  std::vector<double> loads_;
  LiveWindows windows_;
  std::unique_ptr<LiveFeatures> features_;
  std::string cpu_parameter_;
  std::optional<OutputModel> cpu_used_;  // logarithm of cores
  std::vector<ModelledSlo> slos_;
  std::optional<OutputModel> goal_;  // none: exact
  bool goal_in_logs_ = false;
  std::vector<ResourceFloor> floors_;
  std::string throttling_metric_;
  std::optional<OutputModel> throttling_;  // logarithm of the share of periods
  double throttling_allowed_ = 0;
  std::string cpu_metric_;
  double utilisation_allowed_ = 1;  // of the processor
};

// The margin that predictions keep from a bound, as a ratio: configurations are compared within 5 % anyway.
inline constexpr double kMarginRatio = 1.05;

}  // namespace trimtab::optimizer
