#include "optimizer/log_posterior.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Cholesky>

namespace trimtab::optimizer {
namespace {

using Matrix = Eigen::MatrixXd;
using Array = Eigen::ArrayXd;
using Vector = Eigen::VectorXd;
using Eigen::Index;

constexpr double kLogTwoPi = 1.83787706640934548356;

// Calls visit(i, j, at) for every pair i > j in packed order: column after column below the diagonal.
template <typename Visit>
void each_pair(Index n, const Visit& visit) {
  Index at = 0;
  for (Index j = 0; j < n; ++j)
    for (Index i = j + 1; i < n; ++i)
      visit(i, j, at++);
}

double entry(const Points& points, Index row, std::size_t column) {
  return points.values[static_cast<std::size_t>(row) * points.columns + column];
}

}  // namespace

LogPosterior::LogPosterior(const Kernel& kernel, const GaussianProcessData& data, const LogPrior& noise)
    : kernel_(kernel), priors_(kernel.priors()), data_(data) {
  priors_.push_back(noise);
  const auto n = static_cast<Index>(data.values.size());
  const Index pairs = n * (n - 1) / 2;
  for (const MaternTerm& term : kernel.matern) {
    Matrix& all = distances_.emplace_back(pairs, static_cast<Index>(term.columns.size()));
    for (std::size_t c = 0; c < term.columns.size(); ++c) {
      const std::size_t column = term.columns[c];
      const bool categorical = kernel.categorical[column];
      each_pair(n, [&](Index i, Index j, Index at) {
        const double difference = entry(data.points, i, column) - entry(data.points, j, column);
        all(at, static_cast<Index>(c)) = categorical ? (difference != 0 ? 1 : 0) : difference * difference;
      });
    }
  }
  for (const LinearTerm& term : kernel.linear) {
    Array& product = products_.emplace_back(Array::Zero(pairs));
    Array& diagonal = product_diagonals_.emplace_back(Array::Zero(n));
    for (const std::size_t column : term.columns) {
      each_pair(n, [&](Index i, Index j, Index at) {
        product(at) += entry(data.points, i, column) * entry(data.points, j, column);
      });
      for (Index i = 0; i < n; ++i)
        diagonal(i) += entry(data.points, i, column) * entry(data.points, i, column);
    }
  }
}

double LogPosterior::noise_at(std::span<const double> hyper, Index i) const {
  const auto at = static_cast<std::size_t>(i);
  const double known = data_.noise.empty() ? 0 : data_.noise[at];
  const double count = data_.counts.empty() ? 1 : data_.counts[at];
  return std::exp(hyper.back()) / count + known + kLeastNoise;
}

Matrix LogPosterior::build(std::span<const double> hyper, Terms* terms) const {
  const auto n = static_cast<Index>(data_.values.size());
  Array total = Array::Zero(n * (n - 1) / 2);
  Array diagonal = Array::Zero(n);
  std::size_t next = 0;
  for (std::size_t t = 0; t < kernel_.matern.size(); ++t) {
    const double variance = std::exp(hyper[next++]);
    Vector weights(distances_[t].cols());
    for (Index c = 0; c < weights.size(); ++c)
      weights(c) = 5 * std::exp(-2 * hyper[next++]);
    const Array radius = (distances_[t] * weights).array().sqrt();
    const Array decay = variance * (-radius).exp();
    const Array value = (1 + radius + radius.square() / 3) * decay;
    total += value;
    diagonal += variance;
    if (terms == nullptr) continue;
    terms->values.push_back(value);
    terms->slopes.emplace_back((5.0 / 3) * (1 + radius) * decay);
  }
  for (std::size_t u = 0; u < products_.size(); ++u) {
    const double scale = std::exp(hyper[next++]);
    total += scale * products_[u];
    diagonal += scale * product_diagonals_[u];
  }
  Matrix matrix(n, n);
  Index at = 0;
  for (Index j = 0; j < n; ++j) {
    matrix(j, j) = diagonal(j) + noise_at(hyper, j);
    matrix.col(j).tail(n - j - 1) = total.segment(at, n - j - 1).matrix();
    at += n - j - 1;
  }
  return matrix;
}

Matrix LogPosterior::covariance(std::span<const double> hyper) const {
  return build(hyper, nullptr);
}

double LogPosterior::evaluate(std::span<const double> hyper, std::span<double> gradient) const {
  const auto n = static_cast<Index>(data_.values.size());
  Terms terms;
  Matrix covariance = build(hyper, &terms);
  const Eigen::LLT<Eigen::Ref<Matrix>> factor(covariance);  // in place
  if (factor.info() != Eigen::Success) return -std::numeric_limits<double>::infinity();
  const Eigen::Map<const Vector> y(data_.values.data(), n);
  const Vector alpha = factor.solve(y);
  const double value = -0.5 * y.dot(alpha) - factor.matrixLLT().diagonal().array().log().sum() -
                       0.5 * static_cast<double>(n) * kLogTwoPi;
  const Matrix inverse = factor.solve(Matrix::Identity(n, n));
  Array weight(n * (n - 1) / 2);
  Index at = 0;
  for (Index j = 0; j < n; ++j) {
    const Index below = n - j - 1;
    weight.segment(at, below) = alpha(j) * alpha.tail(below).array() - inverse.col(j).tail(below).array();
    at += below;
  }
  const Array diagonal = alpha.array().square() - inverse.diagonal().array();
  write_gradient(hyper, weight, diagonal, terms, gradient);
  return value + add_priors(hyper, gradient);
}

// d/dtheta log p(y) = 1/2 tr((alpha alpha' - K^-1) dK/dtheta), Rasmussen and Williams, equation 5.9. `weight` holds
// that matrix for every pair, which stands for two entries.
void LogPosterior::write_gradient(std::span<const double> hyper, const Array& weight, const Array& diagonal,
                                  const Terms& terms, std::span<double> gradient) const {
  std::size_t next = 0;
  for (std::size_t t = 0; t < kernel_.matern.size(); ++t) {
    const double variance = std::exp(hyper[next]);
    gradient[next++] = (weight * terms.values[t]).sum() + 0.5 * variance * diagonal.sum();
    const Vector sums = distances_[t].transpose() * (weight * terms.slopes[t]).matrix();
    for (Index c = 0; c < sums.size(); ++c, ++next)
      gradient[next] = std::exp(-2 * hyper[next]) * sums(c);
  }
  for (std::size_t u = 0; u < products_.size(); ++u, ++next)
    gradient[next] =
        std::exp(hyper[next]) * ((weight * products_[u]).sum() + 0.5 * (diagonal * product_diagonals_[u]).sum());
  double noise = 0;
  for (Index i = 0; i < diagonal.size(); ++i)
    noise += diagonal(i) / (data_.counts.empty() ? 1 : data_.counts[static_cast<std::size_t>(i)]);
  gradient[next] = 0.5 * std::exp(hyper[next]) * noise;
}

// Normal priors of the logarithms, and the likelihood of what repeats scatter: nu s^2 / (noise variance) is chi-square
// with nu degrees of freedom.
double LogPosterior::add_priors(std::span<const double> hyper, std::span<double> gradient) const {
  double value = 0;
  for (std::size_t k = 0; k < priors_.size(); ++k) {
    if (priors_[k].deviation <= 0) {
      gradient[k] = 0;
      continue;
    }
    const double z = (hyper[k] - priors_[k].mean) / priors_[k].deviation;
    value -= 0.5 * z * z;
    gradient[k] -= z / priors_[k].deviation;
  }
  if (data_.repeat_freedom > 0) {
    const double variance = std::exp(hyper.back()) + kLeastNoise;
    const double ratio = data_.repeat_variance / variance;
    value -= 0.5 * data_.repeat_freedom * (std::log(variance) + ratio);
    gradient.back() -= 0.5 * data_.repeat_freedom * (1 - ratio) * std::exp(hyper.back()) / variance;
  }
  return value;
}

}  // namespace trimtab::optimizer
