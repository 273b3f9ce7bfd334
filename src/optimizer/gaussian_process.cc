#include "optimizer/gaussian_process.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "base/check.h"
#include "numeric/lbfgs.h"
#include "optimizer/log_posterior.h"

namespace trimtab::optimizer {
namespace {

using Matrix = Eigen::MatrixXd;
using Array = Eigen::ArrayXXd;
using Vector = Eigen::VectorXd;
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;

constexpr double kSqrt5 = 2.23606797749978969641;

Eigen::Map<const RowMatrix> as_matrix(const Points& points) {
  return {points.values.data(), static_cast<Index>(points.rows()), static_cast<Index>(points.columns)};
}

RowMatrix selected(const Points& points, const std::vector<std::size_t>& columns) {
  RowMatrix result(static_cast<Index>(points.rows()), static_cast<Index>(columns.size()));
  for (std::size_t c = 0; c < columns.size(); ++c)
    result.col(static_cast<Index>(c)) = as_matrix(points).col(static_cast<Index>(columns[c]));
  return result;
}

// The rows of points as one Matern term sees them: numeric columns times sqrt5 / l, their squared norms, and the
// columns of categories.
struct TermView {
  RowMatrix numeric;
  Vector norms;
  Matrix categories;

  TermView(const Kernel& kernel, const MaternTerm& term, std::span<const double> lengths, const Points& points) {
    const auto categorical =
        std::ranges::count_if(term.columns, [&](std::size_t column) { return kernel.categorical[column]; });
    const auto rows = static_cast<Index>(points.rows());
    numeric.resize(rows, static_cast<Index>(term.columns.size()) - categorical);
    categories.resize(rows, categorical);
    Index number = 0;
    Index category = 0;
    for (std::size_t c = 0; c < term.columns.size(); ++c) {
      const auto column = as_matrix(points).col(static_cast<Index>(term.columns[c]));
      if (kernel.categorical[term.columns[c]])
        categories.col(category++) = column;
      else
        numeric.col(number++) = column * (kSqrt5 * std::exp(-lengths[c]));
    }
    norms = numeric.rowwise().squaredNorm();
  }
};

// The rows of points as all terms see them.
struct Views {
  Index rows;
  std::vector<TermView> matern;
  std::vector<RowMatrix> linear;

  Views(const Kernel& kernel, std::span<const double> hyper, const Points& points)
      : rows(static_cast<Index>(points.rows())) {
    std::size_t next = 0;
    for (const MaternTerm& term : kernel.matern) {
      matern.emplace_back(kernel, term, hyper.subspan(next + 1, term.columns.size()), points);
      next += 1 + term.columns.size();
    }
    for (const LinearTerm& term : kernel.linear)
      linear.push_back(selected(points, term.columns));
  }
};

// sqrt5 r of every row of a with every row of b.
Array radii(const Kernel& kernel, const MaternTerm& term, std::span<const double> lengths, const TermView& a,
            const TermView& b) {
  Array squares = (-2 * a.numeric * b.numeric.transpose()).array();
  squares.colwise() += a.norms.array();
  squares.rowwise() += b.norms.transpose().array();
  Index category = 0;
  for (std::size_t c = 0; c < term.columns.size(); ++c) {
    if (!kernel.categorical[term.columns[c]]) continue;
    const double apart = 5 * std::exp(-2 * lengths[c]);
    for (Index j = 0; j < squares.cols(); ++j)
      squares.col(j) += (a.categories.col(category).array() != b.categories(j, category)).cast<double>() * apart;
    ++category;
  }
  return squares.cwiseMax(0).sqrt();
}

Matrix cross_covariance(const Kernel& kernel, std::span<const double> hyper, const Views& a, const Views& b) {
  Array total = Array::Zero(a.rows, b.rows);
  std::size_t next = 0;
  for (std::size_t t = 0; t < kernel.matern.size(); ++t) {
    const MaternTerm& term = kernel.matern[t];
    const double variance = std::exp(hyper[next++]);
    const Array radius = radii(kernel, term, hyper.subspan(next, term.columns.size()), a.matern[t], b.matern[t]);
    next += term.columns.size();
    total += variance * (1 + radius + radius.square() / 3) * (-radius).exp();
  }
  for (std::size_t u = 0; u < kernel.linear.size(); ++u)
    total.matrix().noalias() += std::exp(hyper[next++]) * a.linear[u] * b.linear[u].transpose();
  return total.matrix();
}

// d/dx of weights' k(X, x), x the one row of `one`: columns x weights' columns. `views`: those of the points.
// dk/dx_c = -(5/3) s (1 + R) exp(-R) (x_c - X_c) / l_c^2 with R = sqrt5 r.
Matrix cross_slopes(const Kernel& kernel, std::span<const double> hyper, const Points& points, const Views& views,
                    const Points& one, const Views& views_of_one, const Matrix& weights) {
  Matrix result = Matrix::Zero(static_cast<Index>(points.columns), weights.cols());
  const auto rows = as_matrix(points);
  std::size_t next = 0;
  for (std::size_t t = 0; t < kernel.matern.size(); ++t) {
    const MaternTerm& term = kernel.matern[t];
    const double variance = std::exp(hyper[next++]);
    const std::span<const double> lengths = hyper.subspan(next, term.columns.size());
    const Array radius = radii(kernel, term, lengths, views.matern[t], views_of_one.matern[t]);
    const Vector share = ((5.0 / 3) * variance * (1 + radius) * (-radius).exp()).matrix().col(0);
    const Matrix weighted = share.asDiagonal() * weights;
    const Matrix sums = rows.transpose() * weighted;
    const Vector totals = weighted.colwise().sum();
    for (std::size_t c = 0; c < term.columns.size(); ++c) {
      const std::size_t column = term.columns[c];
      if (kernel.categorical[column]) continue;
      const auto at = static_cast<Index>(column);
      result.row(at) += std::exp(-2 * lengths[c]) * (sums.row(at) - one.values[column] * totals.transpose());
    }
    next += term.columns.size();
  }
  for (const LinearTerm& term : kernel.linear) {
    const double scale = std::exp(hyper[next++]);
    for (const std::size_t column : term.columns)
      result.row(static_cast<Index>(column)) += scale * (rows.col(static_cast<Index>(column)).transpose() * weights);
  }
  return result;
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

Result<void> check_data(const Kernel& kernel, const GaussianProcessData& data) {
  const std::size_t n = data.values.size();
  if (n == 0) return fail(invalid_input("a Gaussian process needs at least one point"));
  if (data.points.rows() != n || data.points.columns != kernel.categorical.size() ||
      (!data.noise.empty() && data.noise.size() != n) || (!data.counts.empty() && data.counts.size() != n))
    return fail(invalid_input("points, values and noise of a Gaussian process differ in size"));
  const auto finite = [](double value) { return std::isfinite(value); };
  if (!std::ranges::all_of(data.values, finite) || !std::ranges::all_of(data.points.values, finite) ||
      !std::ranges::all_of(data.noise, [](double v) { return std::isfinite(v) && v >= 0; }) ||
      !std::ranges::all_of(data.counts, [](double v) { return std::isfinite(v) && v >= 1; }))
    return fail(invalid_input("a Gaussian process was given a number that is not finite"));
  return {};
}

GaussianProcessData subsample(const GaussianProcessData& data, std::size_t most) {
  const std::size_t n = data.values.size();
  if (n <= most) return data;
  GaussianProcessData chosen;
  chosen.points.columns = data.points.columns;
  chosen.repeat_variance = data.repeat_variance;
  chosen.repeat_freedom = data.repeat_freedom;
  chosen.mean = data.mean;
  for (std::size_t k = 0; k < most; ++k) {
    const std::size_t i = k * (n - 1) / (most - 1);  // even, with both ends
    chosen.points.add(data.points.row(i));
    chosen.values.push_back(data.values[i]);
    if (!data.noise.empty()) chosen.noise.push_back(data.noise[i]);
    if (!data.counts.empty()) chosen.counts.push_back(data.counts[i]);
  }
  return chosen;
}

// The values less what is expected of them: the rest is a process with mean 0.
GaussianProcessData without_mean(GaussianProcessData data) {
  if (!data.mean) return data;
  const std::vector<double> expected = data.mean->values(data.points);
  for (std::size_t i = 0; i < expected.size(); ++i)
    data.values[i] -= expected[i];
  return data;
}

// The hyper-parameters, and minus their log posterior.
numeric::Minimum maximise_posterior(const Kernel& kernel, const GaussianProcessData& data, const FitOptions& options) {
  const LogPosterior posterior(kernel, data, options.noise);
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
  if (best.x.empty()) best.x = start;
  return best;
}

}  // namespace

struct GaussianProcess::Impl {
  Kernel kernel;
  std::vector<double> hyper;
  GaussianProcessData data;    // values less the mean function
  std::optional<Views> views;  // of the data: they are seen at every prediction
  Eigen::LLT<Matrix> factor;
  Vector alpha;
  double fitted = 0;

  [[nodiscard]] std::vector<double> with_mean(const Points& points, std::vector<double> means) const {
    if (!data.mean) return means;
    const std::vector<double> expected = data.mean->values(points);
    for (std::size_t i = 0; i < means.size(); ++i)
      means[i] += expected[i];
    return means;
  }
  [[nodiscard]] Views views_of(const Points& points) const { return {kernel, hyper, points}; }
  // k(X, points).
  [[nodiscard]] Matrix cross(const Views& points) const { return covariance(*views, points); }
  [[nodiscard]] Matrix covariance(const Views& a, const Views& b) const {
    return cross_covariance(kernel, hyper, a, b);
  }
  // d/dx k(x, x): only linear terms vary.
  [[nodiscard]] Vector prior_slopes(const Points& one) const {
    Vector result = Vector::Zero(static_cast<Index>(one.columns));
    std::size_t next = 0;
    for (const MaternTerm& term : kernel.matern)
      next += 1 + term.columns.size();
    for (const LinearTerm& term : kernel.linear) {
      const double scale = std::exp(hyper[next++]);
      for (const std::size_t column : term.columns)
        result(static_cast<Index>(column)) += 2 * scale * one.values[column];
    }
    return result;
  }
};

namespace {

Eigen::Map<const Vector> weights_of(const ReferencePoint& reference) {
  return {reference.weights.data(), static_cast<Index>(reference.weights.size())};
}

}  // namespace

GaussianProcess::GaussianProcess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GaussianProcess::GaussianProcess(GaussianProcess&&) noexcept = default;
GaussianProcess& GaussianProcess::operator=(GaussianProcess&&) noexcept = default;
GaussianProcess::~GaussianProcess() = default;

Result<GaussianProcess> GaussianProcess::condition(Kernel kernel, std::vector<double> hyper, GaussianProcessData data) {
  TRY(check_data(kernel, data));
  data = without_mean(std::move(data));
  if (hyper.size() != kernel.priors().size() + 1)
    return fail(invalid_input("the number of hyper-parameters does not fit the kernel"));
  auto impl = std::make_unique<Impl>();
  impl->kernel = std::move(kernel);
  impl->hyper = std::move(hyper);
  impl->data = std::move(data);
  impl->views.emplace(impl->kernel, impl->hyper, impl->data.points);
  const auto n = static_cast<Eigen::Index>(impl->data.values.size());
  Matrix covariance = LogPosterior(impl->kernel, impl->data, {}).covariance(impl->hyper);
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
  numeric::Minimum best =
      maximise_posterior(kernel, without_mean(subsample(data, std::max<std::size_t>(2, options.most_points))), options);
  TRY_ASSIGN(GaussianProcess process, condition(std::move(kernel), std::move(best.x), std::move(data)));
  process.impl_->fitted = -best.value;
  return process;
}

Moments GaussianProcess::predict(const Points& points) const {
  return predict(points, ReferencePoint{});
}

Moments GaussianProcess::predict(const Points& points, const ReferencePoint& reference) const {
  CHECK(points.columns == impl_->data.points.columns);
  Moments moments;
  const auto m = static_cast<Eigen::Index>(points.rows());
  if (m == 0) return moments;
  const Views views = impl_->views_of(points);
  const Matrix cross = impl_->cross(views);
  const Vector mean = cross.transpose() * impl_->alpha;
  const Matrix half = impl_->factor.matrixL().solve(cross);
  const Vector prior = prior_variance(impl_->kernel, impl_->hyper, points);
  const Vector variance = (prior - half.colwise().squaredNorm().transpose()).cwiseMax(0);
  moments.mean = impl_->with_mean(points, {mean.data(), mean.data() + m});
  moments.variance.assign(variance.data(), variance.data() + m);
  if (reference.row.empty()) return moments;
  const Views one = impl_->views_of(Points{points.columns, reference.row});
  const Vector covariance = impl_->covariance(views, one).col(0) - cross.transpose() * weights_of(reference);
  moments.covariance.assign(covariance.data(), covariance.data() + m);
  return moments;
}

ReferencePoint GaussianProcess::reference(std::span<const double> row) const {
  CHECK(row.size() == impl_->data.points.columns);
  ReferencePoint result{{row.begin(), row.end()}, {}};
  const Vector weights = impl_->factor.solve(impl_->cross(impl_->views_of(Points{row.size(), result.row})).col(0));
  result.weights.assign(weights.begin(), weights.end());
  return result;
}

std::vector<double> GaussianProcess::predict_means(const Points& points) const {
  CHECK(points.columns == impl_->data.points.columns);
  if (points.rows() == 0) return {};
  const Vector mean = impl_->cross(impl_->views_of(points)).transpose() * impl_->alpha;
  return impl_->with_mean(points, {mean.begin(), mean.end()});
}

LocalMoments GaussianProcess::predict_with_slopes(std::span<const double> row, const ReferencePoint* reference) const {
  CHECK(row.size() == impl_->data.points.columns);
  const Points one{row.size(), {row.begin(), row.end()}};
  const Views view = impl_->views_of(one);
  const Vector cross = impl_->cross(view).col(0);
  // Every moment is linear in the cross covariance: weights of the mean, the variance and the covariance.
  Matrix weights(cross.size(), reference != nullptr ? 3 : 2);
  weights.col(0) = impl_->alpha;
  weights.col(1) = impl_->factor.solve(cross);
  if (reference != nullptr) weights.col(2) = weights_of(*reference);
  LocalMoments moments;
  moments.mean = cross.dot(weights.col(0));
  moments.variance = std::max(0.0, prior_variance(impl_->kernel, impl_->hyper, one)(0) - cross.dot(weights.col(1)));
  const auto slopes_of = [&](const Points& points, const Views& views, const Matrix& shares) {
    return cross_slopes(impl_->kernel, impl_->hyper, points, views, one, view, shares);
  };
  const Matrix slopes = slopes_of(impl_->data.points, *impl_->views, weights);
  moments.mean_slope.assign(slopes.col(0).begin(), slopes.col(0).end());
  if (impl_->data.mean) moments.mean += impl_->data.mean->value_and_slopes(row, moments.mean_slope);
  const Vector of_variance = impl_->prior_slopes(one) - 2 * slopes.col(1);
  moments.variance_slope.assign(of_variance.begin(), of_variance.end());
  if (reference == nullptr) return moments;
  const Points other{row.size(), reference->row};
  const Views view_of_other = impl_->views_of(other);
  moments.covariance = impl_->covariance(view_of_other, view)(0, 0) - cross.dot(weights.col(2));
  const Vector of_covariance = slopes_of(other, view_of_other, Matrix::Ones(1, 1)).col(0) - slopes.col(2);
  moments.covariance_slope.assign(of_covariance.begin(), of_covariance.end());
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

double GaussianProcess::fitted_log_posterior() const {
  return impl_->fitted;
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
  return LogPosterior(kernel, data, noise).evaluate(hyper, gradient);
}

std::vector<double> covariance_matrix(const Kernel& kernel, const Points& points, std::span<const double> hyper) {
  const Views views(kernel, hyper, points);
  const Matrix matrix = cross_covariance(kernel, hyper, views, views);
  return {matrix.data(), matrix.data() + matrix.size()};  // symmetric: the storage order does not matter
}

}  // namespace trimtab::optimizer
