#include "optimizer/gaussian_process.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "base/check.h"
#include "numeric/lbfgs.h"

namespace trimtab::optimizer {
namespace {

using Matrix = Eigen::MatrixXd;
using Array = Eigen::ArrayXXd;
using Vector = Eigen::VectorXd;

constexpr double kSqrt5 = 2.23606797749978969641;
constexpr double kLeastNoise = 1e-6;  // variance; keeps the Cholesky factor far from singular (BoTorch uses 1e-6 too)
constexpr double kLogTwoPi = 1.83787706640934548356;

Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> as_matrix(
    const Points& points) {
  return {points.values.data(), static_cast<Eigen::Index>(points.rows()), static_cast<Eigen::Index>(points.columns)};
}

// Squared distance along one column, of every a with every b.
Array column_distance(const Points& a, const Points& b, std::size_t column, bool categorical) {
  const auto left = as_matrix(a).col(static_cast<Eigen::Index>(column));
  const auto right = as_matrix(b).col(static_cast<Eigen::Index>(column));
  Array result(left.size(), right.size());
  for (Eigen::Index j = 0; j < right.size(); ++j) {
    const double value = right(j);
    if (categorical) {
      result.col(j) = (left.array() != value).cast<double>();
    } else {
      result.col(j) = (left.array() - value).square();
    }
  }
  return result;
}

Array inner_product(const Points& a, const Points& b, const std::vector<std::size_t>& columns) {
  Array result = Array::Zero(static_cast<Eigen::Index>(a.rows()), static_cast<Eigen::Index>(b.rows()));
  for (const std::size_t column : columns) {
    const auto c = static_cast<Eigen::Index>(column);
    result += (as_matrix(a).col(c) * as_matrix(b).col(c).transpose()).array();
  }
  return result;
}

Matrix cross_covariance(const Kernel& kernel, std::span<const double> hyper, const Points& a, const Points& b) {
  Array total = Array::Zero(static_cast<Eigen::Index>(a.rows()), static_cast<Eigen::Index>(b.rows()));
  std::size_t next = 0;
  for (const MaternTerm& term : kernel.matern) {
    const double variance = std::exp(hyper[next++]);
    Array radius = Array::Zero(total.rows(), total.cols());
    for (const std::size_t column : term.columns)
      radius += column_distance(a, b, column, kernel.categorical[column]) * std::exp(-2 * hyper[next++]);
    radius = (5 * radius).sqrt();
    total += variance * (1 + radius + radius.square() / 3) * (-radius).exp();
  }
  for (const LinearTerm& term : kernel.linear)
    total += std::exp(hyper[next++]) * inner_product(a, b, term.columns);
  return total.matrix();
}

// k(x, x) of every row.
Vector prior_variance(const Kernel& kernel, std::span<const double> hyper, const Points& points) {
  Vector variance = Vector::Zero(static_cast<Eigen::Index>(points.rows()));
  std::size_t next = 0;
  for (const MaternTerm& term : kernel.matern) {
    variance.array() += std::exp(hyper[next]);
    next += 1 + term.columns.size();
  }
  for (const LinearTerm& term : kernel.linear) {
    const double scale = std::exp(hyper[next++]);
    for (const std::size_t column : term.columns)
      variance.array() += scale * as_matrix(points).col(static_cast<Eigen::Index>(column)).array().square();
  }
  return variance;
}

// The log posterior over one data set, with the distances kept between evaluations.
class Posterior {
 public:
  Posterior(const Kernel& kernel, const GaussianProcessData& data, const LogPrior& noise)
      : kernel_(kernel), priors_(kernel.priors()), data_(data) {
    priors_.push_back(noise);
    for (const MaternTerm& term : kernel.matern)
      for (const std::size_t column : term.columns)
        distances_.push_back(column_distance(data.points, data.points, column, kernel.categorical[column]));
    for (const LinearTerm& term : kernel.linear)
      products_.push_back(inner_product(data.points, data.points, term.columns));
  }

  [[nodiscard]] const std::vector<LogPrior>& priors() const { return priors_; }

  double evaluate(std::span<const double> hyper, std::span<double> gradient) const {
    const auto n = static_cast<Eigen::Index>(data_.values.size());
    std::vector<Array> slopes;  // s_t (5/3) (1 + sqrt5 r) exp(-sqrt5 r): what a length-scale's derivative shares
    std::vector<Array> values;  // s_t M(r)
    Matrix covariance = build(hyper, values, slopes);
    for (Eigen::Index i = 0; i < n; ++i)
      covariance(i, i) += noise_at(hyper, i);
    const Eigen::LLT<Matrix> factor(covariance);
    if (factor.info() != Eigen::Success) return -std::numeric_limits<double>::infinity();
    const Eigen::Map<const Vector> y(data_.values.data(), n);
    const Vector alpha = factor.solve(y);
    double value = -0.5 * y.dot(alpha) - factor.matrixLLT().diagonal().array().log().sum() -
                   0.5 * static_cast<double>(n) * kLogTwoPi;
    const Array weight = (alpha * alpha.transpose() - factor.solve(Matrix::Identity(n, n))).array();
    write_gradient(hyper, weight, values, slopes, gradient);
    for (std::size_t k = 0; k < priors_.size(); ++k) {
      if (priors_[k].deviation <= 0) {
        gradient[k] = 0;
        continue;
      }
      const double z = (hyper[k] - priors_[k].mean) / priors_[k].deviation;
      value -= 0.5 * z * z;
      gradient[k] -= z / priors_[k].deviation;
    }
    return value;
  }

 private:
  [[nodiscard]] double noise_at(std::span<const double> hyper, Eigen::Index i) const {
    const double known = data_.noise.empty() ? 0 : data_.noise[static_cast<std::size_t>(i)];
    return std::exp(hyper.back()) + known + kLeastNoise;
  }

  Matrix build(std::span<const double> hyper, std::vector<Array>& values, std::vector<Array>& slopes) const {
    const auto n = static_cast<Eigen::Index>(data_.values.size());
    Array total = Array::Zero(n, n);
    std::size_t next = 0;
    std::size_t distance = 0;
    for (const MaternTerm& term : kernel_.matern) {
      const double variance = std::exp(hyper[next++]);
      Array radius = Array::Zero(n, n);
      for (std::size_t c = 0; c < term.columns.size(); ++c)
        radius += distances_[distance++] * std::exp(-2 * hyper[next++]);
      radius = (5 * radius).sqrt();
      const Array decay = variance * (-radius).exp();
      values.emplace_back((1 + radius + radius.square() / 3) * decay);
      slopes.emplace_back((5.0 / 3) * (1 + radius) * decay);
      total += values.back();
    }
    for (const Array& product : products_)
      total += std::exp(hyper[next++]) * product;
    return total.matrix();
  }

  // d/dtheta log p(y) = 1/2 tr((alpha alpha' - K^-1) dK/dtheta), Rasmussen and Williams, equation 5.9.
  void write_gradient(std::span<const double> hyper, const Array& weight, const std::vector<Array>& values,
                      const std::vector<Array>& slopes, std::span<double> gradient) const {
    std::size_t next = 0;
    std::size_t distance = 0;
    for (std::size_t t = 0; t < kernel_.matern.size(); ++t) {
      gradient[next++] = 0.5 * (weight * values[t]).sum();
      const Array weighted = weight * slopes[t];
      for (std::size_t c = 0; c < kernel_.matern[t].columns.size(); ++c, ++next)
        gradient[next] = 0.5 * std::exp(-2 * hyper[next]) * (weighted * distances_[distance++]).sum();
    }
    for (const Array& product : products_) {
      gradient[next] = 0.5 * std::exp(hyper[next]) * (weight * product).sum();
      ++next;
    }
    gradient[next] = 0.5 * std::exp(hyper[next]) * weight.matrix().diagonal().sum();
  }

  const Kernel& kernel_;
  std::vector<LogPrior> priors_;
  const GaussianProcessData& data_;
  std::vector<Array> distances_;
  std::vector<Array> products_;
};

Result<void> check_data(const Kernel& kernel, const GaussianProcessData& data) {
  const std::size_t n = data.values.size();
  if (n == 0) return fail(invalid_input("a Gaussian process needs at least one point"));
  if (data.points.rows() != n || data.points.columns != kernel.categorical.size() ||
      (!data.noise.empty() && data.noise.size() != n))
    return fail(invalid_input("points, values and noise of a Gaussian process differ in size"));
  const auto finite = [](double value) { return std::isfinite(value); };
  if (!std::ranges::all_of(data.values, finite) || !std::ranges::all_of(data.points.values, finite) ||
      !std::ranges::all_of(data.noise, [](double v) { return std::isfinite(v) && v >= 0; }))
    return fail(invalid_input("a Gaussian process was given a number that is not finite"));
  return {};
}

GaussianProcessData subsample(const GaussianProcessData& data, std::size_t most) {
  const std::size_t n = data.values.size();
  if (n <= most) return data;
  GaussianProcessData chosen;
  chosen.points.columns = data.points.columns;
  for (std::size_t k = 0; k < most; ++k) {
    const std::size_t i = k * (n - 1) / (most - 1);  // even, with both ends
    chosen.points.add(data.points.row(i));
    chosen.values.push_back(data.values[i]);
    if (!data.noise.empty()) chosen.noise.push_back(data.noise[i]);
  }
  return chosen;
}

std::vector<double> maximise_posterior(const Kernel& kernel, const GaussianProcessData& data,
                                       const FitOptions& options) {
  const Posterior posterior(kernel, data, options.noise);
  const std::vector<LogPrior>& priors = posterior.priors();
  numeric::Box box;
  std::vector<double> start;
  for (const LogPrior& prior : priors) {
    start.push_back(prior.mean);
    // Four deviations: beyond lies 6e-5 of the prior, where only noise would lead.
    box.lower.push_back(prior.deviation > 0 ? std::max(prior.least, prior.mean - 4 * prior.deviation) : prior.mean);
    box.upper.push_back(std::max(box.lower.back(), prior.mean + 4 * prior.deviation));
  }
  const auto objective = [&](std::span<const double> hyper, std::span<double> gradient) {
    const double value = posterior.evaluate(hyper, gradient);
    for (double& g : gradient)
      g = -g;
    return -value;
  };
  std::vector<std::vector<double>> starts;
  starts.push_back(options.start.size() == priors.size() ? options.start : start);
  if (options.starts > 1) {
    std::vector<double> shorter = start;
    std::size_t next = 0;
    for (const MaternTerm& term : kernel.matern) {
      ++next;
      for (std::size_t c = 0; c < term.columns.size(); ++c, ++next)
        if (priors[next].deviation > 0) shorter[next] -= std::log(8.0);
    }
    starts.push_back(std::move(shorter));
  }
  numeric::Minimum best;
  best.value = std::numeric_limits<double>::infinity();
  for (std::vector<double>& from : starts) {
    std::vector<double> gradient(from.size());
    for (std::size_t k = 0; k < from.size(); ++k)
      from[k] = std::clamp(from[k], box.lower[k], box.upper[k]);
    if (!std::isfinite(objective(from, gradient))) continue;
    numeric::Minimum found =
        numeric::minimize(objective, from, box,
                          {.max_iterations = options.iterations, .gradient_tolerance = 1e-3, .value_tolerance = 1e-5});
    if (found.value < best.value) best = std::move(found);
  }
  return best.x.empty() ? start : best.x;
}

}  // namespace

struct GaussianProcess::Impl {
  Kernel kernel;
  std::vector<double> hyper;
  GaussianProcessData data;
  Eigen::LLT<Matrix> factor;
  Vector alpha;
};

GaussianProcess::GaussianProcess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GaussianProcess::GaussianProcess(GaussianProcess&&) noexcept = default;
GaussianProcess& GaussianProcess::operator=(GaussianProcess&&) noexcept = default;
GaussianProcess::~GaussianProcess() = default;

Result<GaussianProcess> GaussianProcess::condition(Kernel kernel, std::vector<double> hyper, GaussianProcessData data) {
  TRY(check_data(kernel, data));
  if (hyper.size() != kernel.priors().size() + 1)
    return fail(invalid_input("the number of hyper-parameters does not fit the kernel"));
  auto impl = std::make_unique<Impl>();
  impl->kernel = std::move(kernel);
  impl->hyper = std::move(hyper);
  impl->data = std::move(data);
  const auto n = static_cast<Eigen::Index>(impl->data.values.size());
  Matrix covariance = cross_covariance(impl->kernel, impl->hyper, impl->data.points, impl->data.points);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double known = impl->data.noise.empty() ? 0 : impl->data.noise[static_cast<std::size_t>(i)];
    covariance(i, i) += std::exp(impl->hyper.back()) + known + kLeastNoise;
  }
  for (double jitter = 1e-6; jitter <= 1; jitter *= 10) {
    impl->factor.compute(covariance);
    if (impl->factor.info() == Eigen::Success) break;
    covariance.diagonal().array() += jitter * covariance.diagonal().mean();
  }
  if (impl->factor.info() != Eigen::Success)
    return fail(internal_error("the covariance matrix is not positive definite"));
  impl->alpha = impl->factor.solve(Eigen::Map<const Vector>(impl->data.values.data(), n));
  return GaussianProcess(std::move(impl));
}

Result<GaussianProcess> GaussianProcess::fit(Kernel kernel, GaussianProcessData data, const FitOptions& options) {
  TRY(check_data(kernel, data));
  std::vector<double> hyper =
      maximise_posterior(kernel, subsample(data, std::max<std::size_t>(2, options.most_points)), options);
  return condition(std::move(kernel), std::move(hyper), std::move(data));
}

Moments GaussianProcess::predict(const Points& points) const {
  return predict(points, {});
}

Moments GaussianProcess::predict(const Points& points, std::span<const double> reference) const {
  CHECK(points.columns == impl_->data.points.columns);
  Moments moments;
  const auto m = static_cast<Eigen::Index>(points.rows());
  if (m == 0) return moments;
  const Matrix cross = cross_covariance(impl_->kernel, impl_->hyper, impl_->data.points, points);
  const Vector mean = cross.transpose() * impl_->alpha;
  const Matrix half = impl_->factor.matrixL().solve(cross);
  const Vector prior = prior_variance(impl_->kernel, impl_->hyper, points);
  const Vector variance = (prior - half.colwise().squaredNorm().transpose()).cwiseMax(0);
  moments.mean.assign(mean.data(), mean.data() + m);
  moments.variance.assign(variance.data(), variance.data() + m);
  if (reference.empty()) return moments;
  Points one{points.columns, {reference.begin(), reference.end()}};
  const Vector half_reference =
      impl_->factor.matrixL().solve(cross_covariance(impl_->kernel, impl_->hyper, impl_->data.points, one)).col(0);
  const Vector covariance =
      cross_covariance(impl_->kernel, impl_->hyper, points, one).col(0) - half.transpose() * half_reference;
  moments.covariance.assign(covariance.data(), covariance.data() + m);
  return moments;
}

// Rasmussen and Williams 2006, section 5.4.2: residual alpha_i / Kinv_ii with variance 1 / Kinv_ii.
std::vector<double> GaussianProcess::leave_one_out() const {
  const auto n = static_cast<Eigen::Index>(size());
  const Matrix inverse = impl_->factor.solve(Matrix::Identity(n, n));
  std::vector<double> residuals(size());
  for (Eigen::Index i = 0; i < n; ++i)
    residuals[static_cast<std::size_t>(i)] = impl_->alpha(i) / std::sqrt(inverse(i, i));
  return residuals;
}

const std::vector<double>& GaussianProcess::hyper() const {
  return impl_->hyper;
}
double GaussianProcess::noise_variance() const {
  return std::exp(impl_->hyper.back()) + kLeastNoise;
}
std::size_t GaussianProcess::size() const {
  return impl_->data.values.size();
}

double log_posterior(const Kernel& kernel, const GaussianProcessData& data, const LogPrior& noise,
                     std::span<const double> hyper, std::span<double> gradient) {
  return Posterior(kernel, data, noise).evaluate(hyper, gradient);
}

std::vector<double> covariance_matrix(const Kernel& kernel, const Points& points, std::span<const double> hyper) {
  const Matrix matrix = cross_covariance(kernel, hyper, points, points);
  return {matrix.data(), matrix.data() + matrix.size()};  // symmetric: the storage order does not matter
}

}  // namespace trimtab::optimizer
