// LiveFeatures: (configuration, load) as the columns that the live models see, and the prior knowledge that makes a
// first small step possible: how strongly a response may follow a relative change of each parameter.
//
// Numbers with min > 0 enter as natural logarithms, because sensitivities of running systems are exponents (response ~
// resource^-s); other numbers as their share of the range. The load enters as its logarithm. Pressure is the
// processor's predicted utilisation rho as phi = -log(1 - rho), the growth of waiting in a processor-sharing queue
// (Kleinrock 1976, Queueing Systems II, section 4.4). docs/algorithms/safe-search.md has the table of exponents and
// their origin. Immutable; safe to share for reading. Space and incumbent must outlive it.
#pragma once

#include <string_view>
#include <vector>

#include "optimizer/kernel.h"
#include "optimizer/live_windows.h"
#include "optimizer/problem.h"

namespace trimtab::optimizer {

// What a parameter is to the running system, recognised by the last part of its name.
enum class Role { kCpu, kMemory, kHeap, kCollectorThreads, kServerThreads, kOther };
[[nodiscard]] Role role_of(std::string_view parameter);

struct LivePoint {
  const model::Configuration* configuration = nullptr;
  double load = 0;         // requests/s
  double utilisation = 0;  // of the processor, 0 when unknown
  std::size_t age = 0;     // changes of the application since (live_windows.h)
};

// Prior of one output in units of its scale: log output = level + exponents . log parameters + ... (see above).
struct OutputPrior {
  std::vector<double> exponent;   // per parameter: expected d log output / d log parameter
  std::vector<double> deviation;  // and its standard deviation
  double load_exponent = 0;
  double load_deviation = 0.5;
  double pressure = 0;  // expected factor of phi
  double pressure_deviation = 0;
  double roughness = 0.2;  // standard deviation of what the terms above do not explain, over configurations
};

class LiveFeatures {
 public:
  LiveFeatures(const model::Space& space, const model::Configuration& incumbent, double reference_load,
               std::vector<EraBoundary> boundaries = {});

  [[nodiscard]] std::size_t columns() const;
  // Appends the point's row; `prior` scales its linear features.
  void append(Points& points, const LivePoint& point, const OutputPrior& prior) const;
  [[nodiscard]] double prior_mean(const LivePoint& point, const OutputPrior& prior) const;
  [[nodiscard]] Kernel kernel(const OutputPrior& prior) const;
  [[nodiscard]] double log_load(double load) const;
  // Variance of what the changes since may have done to how configurations differ.
  [[nodiscard]] double relative_variance(std::size_t age) const;
  [[nodiscard]] std::size_t parameters() const { return space_->parameters().size(); }
  [[nodiscard]] const model::Space& space() const { return *space_; }

 private:
  [[nodiscard]] double coordinate(std::size_t parameter, const model::Configuration& configuration) const;

  const model::Space* space_;
  const model::Configuration* incumbent_;
  double reference_load_;
  std::vector<EraBoundary> boundaries_;
  std::vector<double> at_incumbent_;
};

// Prior of a response time or another cost that grows when resources shrink.
[[nodiscard]] OutputPrior response_prior(const model::Space& space, bool utilisation_known);
// Prior of a resource's use: of the processor, of memory, of live data, of threads.
[[nodiscard]] OutputPrior usage_prior(const model::Space& space, Role resource);
// Prior of the share of periods in which the CPU quota throttles; in logarithms.
[[nodiscard]] OutputPrior throttling_prior(const model::Space& space);
// Prior of a goal that is measured.
[[nodiscard]] OutputPrior goal_prior(const model::Space& space);

}  // namespace trimtab::optimizer
