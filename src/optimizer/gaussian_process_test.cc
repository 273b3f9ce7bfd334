#include "optimizer/gaussian_process.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Eigenvalues>
#include <gtest/gtest.h>

#include "base/random.h"

namespace trimtab::optimizer {
namespace {

// Two numeric columns, one categorical, one linear feature; two Matern terms that share a column.
Kernel mixed_kernel() {
  Kernel kernel;
  kernel.categorical = {false, false, true, false};
  kernel.matern.push_back({{0, 1, 2}, {{-0.5, 1}, {0, 1}, {0.3, 1}}, {0, 1}});
  kernel.matern.push_back({{1}, {{0.2, 0.7}}, {-1, 1}});
  kernel.linear.push_back({{3, 0}, {-2, 1}});
  return kernel;
}

GaussianProcessData random_data(std::size_t n, Random& random) {
  GaussianProcessData data;
  data.points.columns = 4;
  for (std::size_t i = 0; i < n; ++i) {
    const double row[] = {random.uniform(), random.uniform(), static_cast<double>(random.below(3)),
                          random.uniform(-1, 1)};
    data.points.add(row);
    data.values.push_back(std::sin(6 * row[0]) + 0.3 * row[2] + 0.1 * random.normal());
    data.noise.push_back(0.01 * random.uniform());
    data.counts.push_back(1.0 + static_cast<double>(random.below(3)));
  }
  return data;
}

GaussianProcessData one_dimensional(std::vector<double> x, std::vector<double> y) {
  GaussianProcessData data;
  data.points = {1, std::move(x)};
  data.values = std::move(y);
  return data;
}

Kernel simple_kernel() {
  Kernel kernel;
  kernel.categorical = {false};
  kernel.matern.push_back({{0}, {{0, 1}}, {0, 1}});
  return kernel;
}

TEST(GaussianProcess, GradientMatchesFiniteDifferences) {
  Random random(3);
  const Kernel kernel = mixed_kernel();
  const LogPrior noise{-3, 1};
  for (int round = 0; round < 5; ++round) {
    GaussianProcessData data = random_data(25, random);
    data.repeat_freedom = 4;
    data.repeat_variance = 0.02;
    std::vector<double> hyper;
    for (const LogPrior& prior : kernel.priors())
      hyper.push_back(prior.mean + 0.5 * prior.deviation * random.normal());
    hyper.push_back(-3 + 0.3 * random.normal());
    std::vector<double> gradient(hyper.size());
    std::vector<double> ignored(hyper.size());
    ASSERT_TRUE(std::isfinite(log_posterior(kernel, data, noise, hyper, gradient)));
    for (std::size_t k = 0; k < hyper.size(); ++k) {
      constexpr double kStep = 1e-5;
      std::vector<double> up = hyper;
      std::vector<double> down = hyper;
      up[k] += kStep;
      down[k] -= kStep;
      const double difference =
          (log_posterior(kernel, data, noise, up, ignored) - log_posterior(kernel, data, noise, down, ignored)) /
          (2 * kStep);
      EXPECT_NEAR(gradient[k], difference, 1e-5 * (1 + std::abs(difference))) << "hyper-parameter " << k;
    }
  }
}

TEST(GaussianProcess, CovarianceIsPositiveSemiDefinite) {
  Random random(5);
  const Kernel kernel = mixed_kernel();
  for (int round = 0; round < 10; ++round) {
    GaussianProcessData data = random_data(40, random);
    for (std::size_t i = 0; i < 4; ++i)  // a duplicate row
      data.points.values[i] = data.points.values[4 + i];
    std::vector<double> hyper;
    for (const LogPrior& prior : kernel.priors())
      hyper.push_back(prior.mean + 2 * prior.deviation * random.normal());
    const std::vector<double> k = covariance_matrix(kernel, data.points, hyper);
    const Eigen::Map<const Eigen::MatrixXd> matrix(k.data(), 40, 40);
    EXPECT_TRUE(matrix.isApprox(matrix.transpose(), 1e-12));
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix, Eigen::EigenvaluesOnly);
    EXPECT_GT(solver.eigenvalues().minCoeff(), -1e-9 * solver.eigenvalues().maxCoeff());
  }
}

// One point: mean and variance are known in closed form.
TEST(GaussianProcess, PosteriorOfOnePoint) {
  const auto gp = GaussianProcess::condition(simple_kernel(), {0, 0, std::log(0.25)}, one_dimensional({0}, {2}));
  ASSERT_TRUE(gp.has_value());
  const Moments moments = gp->predict({1, {0, 1, 50}});
  const double total = 1 + 0.25 + 1e-6;
  const double root5 = std::sqrt(5.0);
  const double k1 = (1 + root5 + 5.0 / 3) * std::exp(-root5);
  EXPECT_NEAR(moments.mean[0], 2 / total, 1e-12);
  EXPECT_NEAR(moments.variance[0], 1 - 1 / total, 1e-12);
  EXPECT_NEAR(moments.mean[1], 2 * k1 / total, 1e-12);
  EXPECT_NEAR(moments.variance[1], 1 - k1 * k1 / total, 1e-12);
  EXPECT_NEAR(moments.mean[2], 0, 1e-12);
  EXPECT_NEAR(moments.variance[2], 1, 1e-12);
}

TEST(GaussianProcess, CovarianceWithAReference) {
  Random random(8);
  const GaussianProcessData data = random_data(20, random);
  const auto gp = GaussianProcess::fit(mixed_kernel(), data, {});
  ASSERT_TRUE(gp.has_value());
  // The covariance of a point with itself is its variance.
  const Moments moments = gp->predict(data.points, gp->reference(data.points.row(4)));
  EXPECT_NEAR(moments.covariance[4], moments.variance[4], 1e-9);
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_LE(std::abs(moments.covariance[i]), std::sqrt(moments.variance[i] * moments.variance[4]) + 1e-9);
}

TEST(GaussianProcess, SlopesMatchFiniteDifferencesAndMomentsMatchPredict) {
  Random random(11);
  const GaussianProcessData data = random_data(30, random);
  const auto gp = GaussianProcess::fit(mixed_kernel(), data, {});
  ASSERT_TRUE(gp.has_value());
  const ReferencePoint reference = gp->reference(data.points.row(3));
  for (int round = 0; round < 10; ++round) {
    std::vector<double> row{random.uniform(), random.uniform(), static_cast<double>(random.below(3)), random.uniform()};
    const LocalMoments local = gp->predict_with_slopes(row, &reference);
    const Moments moments = gp->predict({4, row}, reference);
    EXPECT_NEAR(local.mean, moments.mean[0], 1e-9);
    EXPECT_NEAR(local.variance, moments.variance[0], 1e-9);
    EXPECT_NEAR(local.covariance, moments.covariance[0], 1e-9);
    for (const std::size_t k : {0, 1, 3}) {
      constexpr double kStep = 1e-5;
      std::vector<double> both = row;
      both[k] += kStep;
      both.insert(both.end(), row.begin(), row.end());
      both[4 + k] -= kStep;
      const Moments around = gp->predict({4, both}, reference);
      const auto slope = [](const std::vector<double>& at) { return (at[0] - at[1]) / (2 * kStep); };
      EXPECT_NEAR(local.mean_slope[k], slope(around.mean), 1e-5);
      EXPECT_NEAR(local.variance_slope[k], slope(around.variance), 1e-5);
      EXPECT_NEAR(local.covariance_slope[k], slope(around.covariance), 1e-5);
    }
  }
}

// A mean of m trials carries the noise of one over m: the posterior is that of the m trials.
TEST(GaussianProcess, CountsStandForRepeats) {
  const std::vector<double> hyper{0, 0, std::log(0.25)};
  const auto repeats = GaussianProcess::condition(simple_kernel(), hyper, one_dimensional({0, 0, 0, 2}, {1, 2, 3, 0}));
  GaussianProcessData merged = one_dimensional({0, 2}, {2, 0});
  merged.counts = {3, 1};
  const auto one = GaussianProcess::condition(simple_kernel(), hyper, merged);
  ASSERT_TRUE(repeats.has_value() && one.has_value());
  const Moments a = repeats->predict({1, {0, 1, 3}});
  const Moments b = one->predict({1, {0, 1, 3}});
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(a.mean[i], b.mean[i], 1e-5);  // kLeastNoise belongs to a row
    EXPECT_NEAR(a.variance[i], b.variance[i], 1e-5);
  }
}

TEST(GaussianProcess, LearnsASmoothFunctionThroughNoise) {
  Random random(2);
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 80; ++i) {
    x.push_back(random.uniform(0, 6));
    y.push_back(std::sin(x.back()) + 0.1 * random.normal());
  }
  const auto gp = GaussianProcess::fit(simple_kernel(), one_dimensional(x, y), {});
  ASSERT_TRUE(gp.has_value());
  EXPECT_NEAR(std::sqrt(gp->noise_variance()), 0.1, 0.03);
  const Moments moments = gp->predict({1, {1, 2, 3, 4, 5}});
  for (int i = 0; i < 5; ++i)
    EXPECT_NEAR(moments.mean[static_cast<std::size_t>(i)], std::sin(i + 1), 0.12);
}

TEST(GaussianProcess, DuplicatesConstantsAndASinglePoint) {
  for (const auto& data : {one_dimensional({1, 1, 1, 1}, {2, 2, 2, 2}), one_dimensional({0, 1, 2}, {0, 0, 0}),
                           one_dimensional({3}, {1}), one_dimensional({1, 1}, {-1e3, 1e3})}) {
    const auto gp = GaussianProcess::fit(simple_kernel(), data, {.starts = 2});
    ASSERT_TRUE(gp.has_value());
    const Moments moments = gp->predict({1, {-5, 1, 7}});
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_TRUE(std::isfinite(moments.mean[i]));
      EXPECT_GE(moments.variance[i], 0);
    }
  }
}

TEST(GaussianProcess, RefusesWhatItCannotUse) {
  EXPECT_FALSE(GaussianProcess::fit(simple_kernel(), one_dimensional({}, {}), {}).has_value());
  EXPECT_FALSE(GaussianProcess::fit(simple_kernel(), one_dimensional({1, 2}, {1}), {}).has_value());
  EXPECT_FALSE(GaussianProcess::fit(simple_kernel(), one_dimensional({1}, {std::nan("")}), {}).has_value());
}

TEST(GaussianProcess, LeaveOneOutFindsTheOutlier) {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 20; ++i) {
    x.push_back(0.2 * i);
    y.push_back(std::cos(0.2 * i));
  }
  y[7] += 1.5;
  const auto gp = GaussianProcess::fit(simple_kernel(), one_dimensional(x, y), {});
  ASSERT_TRUE(gp.has_value());
  const auto residuals = gp->leave_one_out();
  EXPECT_EQ(std::ranges::max_element(residuals) - residuals.begin(), 7);
}

// m(x) = 3 + 2 x.
class Line : public MeanFunction {
 public:
  std::vector<double> values(const Points& rows) const override {
    std::vector<double> result;
    for (std::size_t i = 0; i < rows.rows(); ++i)
      result.push_back(3 + 2 * rows.row(i)[0]);
    return result;
  }
  double value_and_slopes(std::span<const double> row, std::span<double> slopes) const override {
    slopes[0] += 2;
    return 3 + 2 * row[0];
  }
};

TEST(GaussianProcess, AMeanFunctionIsWhatIsLeftFarFromTheData) {
  GaussianProcessData data = one_dimensional({0, 0.5, 1}, {3.2, 4.1, 4.9});
  data.mean = std::make_shared<Line>();
  const auto process = GaussianProcess::condition(simple_kernel(), {-1, -1, -6}, data);
  ASSERT_TRUE(process.has_value());
  // Far away the mean; at a point nearly its value; the same as a process over the residuals.
  const GaussianProcessData residuals = one_dimensional({0, 0.5, 1}, {0.2, 0.1, -0.1});
  const auto plain = GaussianProcess::condition(simple_kernel(), {-1, -1, -6}, residuals);
  const Points points{1, {0.25, 0.5, 50}};
  const Moments moments = process->predict(points);
  const Moments of_residuals = plain->predict(points);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(moments.mean[i], of_residuals.mean[i] + 3 + 2 * points.values[i], 1e-9);
    EXPECT_EQ(moments.variance[i], of_residuals.variance[i]);
    EXPECT_EQ(process->predict_means(points)[i], moments.mean[i]);
  }
  EXPECT_NEAR(moments.mean[2], 103, 1e-6);
  const LocalMoments local = process->predict_with_slopes(points.row(0));
  EXPECT_NEAR(local.mean, moments.mean[0], 1e-9);
  EXPECT_NEAR(local.mean_slope[0],
              (process->predict_means({1, {0.2501}})[0] - process->predict_means({1, {0.2499}})[0]) / 2e-4, 1e-5);
}

TEST(GaussianProcess, FittedLogPosteriorFavoursTheMeanThatExplains) {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 8; ++i) {
    x.push_back(i / 7.0);
    y.push_back(3 + 2 * x.back() + 0.02 * (i % 3));
  }
  GaussianProcessData data = one_dimensional(x, y);
  const auto plain = GaussianProcess::fit(simple_kernel(), data, {});
  data.mean = std::make_shared<Line>();
  const auto lined = GaussianProcess::fit(simple_kernel(), data, {});
  EXPECT_GT(lined->fitted_log_posterior(), plain->fitted_log_posterior() + 1);
}

}  // namespace
}  // namespace trimtab::optimizer
