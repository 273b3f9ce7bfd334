// GaussianProcess: exact regression with known noise per point, hyper-parameters at their maximum a posteriori.
//
// Notation: n points, y = f + e, f ~ GP(0, k), e_i ~ N(0, s_n^2 / m_i + v_i) with m_i and v_i known. The log posterior
// of the hyper-parameters is maximised by bounded L-BFGS with analytic gradients (Rasmussen and Williams 2006,
// section 5.4.1). Immutable after fit() or condition(); movable; safe to share for reading. Cost: fit O(iterations
// n^3), measured 0.4 ms an iteration at n = 100; prediction O(n) mean, O(n^2) variance a point.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "optimizer/kernel.h"
#include "optimizer/mean_function.h"

namespace trimtab::optimizer {

struct GaussianProcessData {
  Points points;
  std::vector<double> values;
  std::vector<double> noise;   // v_i, known variance of each value; empty: none
  std::vector<double> counts;  // m_i, trials that a value is the mean of: its noise is s_n^2 / m_i; empty: all 1
  // What trials of one configuration scatter: pooled variance and its degrees of freedom; 0: there were no repeats.
  double repeat_variance = 0;
  double repeat_freedom = 0;
  // f ~ GP(m, k); none: m = 0. Shared by all processes that are made from these data.
  std::shared_ptr<const MeanFunction> mean = nullptr;
};

struct FitOptions {
  LogPrior noise{-4, 1};  // of s_n^2
  int iterations = 25;
  std::size_t most_points = 300;  // hyper-parameters are fitted on an even subsample of this size
  std::vector<double> start{};    // hyper-parameters of an earlier fit (with the noise last); empty: the priors' means
  int starts = 1;  // 2: also from length-scales eight times shorter: 0.5 sqrt(D) under the dimension-scaled prior
};

struct Moments {
  std::vector<double> mean;
  std::vector<double> variance;    // of f, without noise; never negative
  std::vector<double> covariance;  // of f with f at the reference point, when one was given
};

// f at one point, with the derivatives by every column; those by categorical columns of a Matern term are 0.
struct LocalMoments {
  double mean = 0;
  double variance = 0;
  double covariance = 0;
  std::vector<double> mean_slope;
  std::vector<double> variance_slope;
  std::vector<double> covariance_slope;
};

// A point that covariances are wanted with, and what of them does not depend on the other point:
// weights = (K + noise)^-1 k(X, row). Holds for the process that made it.
struct ReferencePoint {
  std::vector<double> row;
  std::vector<double> weights;
};

class GaussianProcess {
 public:
  // kInvalidInput when sizes disagree, there is no point, or a number is not finite.
  [[nodiscard]] static Result<GaussianProcess> fit(Kernel kernel, GaussianProcessData data, const FitOptions& options);
  // With given hyper-parameters (logarithms in the kernel's order, the noise last).
  [[nodiscard]] static Result<GaussianProcess> condition(Kernel kernel, std::vector<double> hyper,
                                                         GaussianProcessData data);

  GaussianProcess(GaussianProcess&&) noexcept;
  GaussianProcess& operator=(GaussianProcess&&) noexcept;
  ~GaussianProcess();

  // Precondition: the width of the points is that of the data.
  [[nodiscard]] Moments predict(const Points& points) const;
  [[nodiscard]] Moments predict(const Points& points, const ReferencePoint& reference) const;
  [[nodiscard]] ReferencePoint reference(std::span<const double> row) const;
  // The means alone: O(n) a point.
  [[nodiscard]] std::vector<double> predict_means(const Points& points) const;
  // The covariance is that with f at the reference; without one it is left out. Cost O(n^2 + n columns).
  [[nodiscard]] LocalMoments predict_with_slopes(std::span<const double> row,
                                                 const ReferencePoint* reference = nullptr) const;
  // y_i minus its prediction from all other points, in units of that prediction's deviation (noise included).
  [[nodiscard]] std::vector<double> leave_one_out() const;

  // Log posterior of the hyper-parameters (up to a constant of the kernel and the number of points) that fit() ended
  // at: compares processes over the same points, as with and without a mean. 0 after condition().
  [[nodiscard]] double fitted_log_posterior() const;

  [[nodiscard]] const std::vector<double>& hyper() const;
  [[nodiscard]] double noise_variance() const;  // s_n^2
  [[nodiscard]] std::size_t size() const;

 private:
  struct Impl;
  explicit GaussianProcess(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Log posterior density of hyper-parameters up to a constant and its gradient; what fit() maximises. Shown for tests.
[[nodiscard]] double log_posterior(const Kernel& kernel, const GaussianProcessData& data, const LogPrior& noise,
                                   std::span<const double> hyper, std::span<double> gradient);

// The n x n covariance matrix of the points, without noise, row after row. Shown for tests.
[[nodiscard]] std::vector<double> covariance_matrix(const Kernel& kernel, const Points& points,
                                                    std::span<const double> hyper);

}  // namespace trimtab::optimizer
