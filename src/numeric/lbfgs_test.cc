#include "numeric/lbfgs.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/random.h"

namespace trimtab::numeric {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Box unbounded(std::size_t n) {
  return {std::vector<double>(n, -kInfinity), std::vector<double>(n, kInfinity)};
}

double rosenbrock(std::span<const double> x, std::span<double> g) {
  const double a = 1 - x[0];
  const double b = x[1] - x[0] * x[0];
  g[0] = -2 * a - 400 * x[0] * b;
  g[1] = 200 * b;
  return a * a + 100 * b * b;
}

TEST(Lbfgs, Rosenbrock) {
  const Minimum minimum = minimize(rosenbrock, {-1.2, 1}, unbounded(2), {.max_iterations = 200, .value_tolerance = 0});
  EXPECT_NEAR(minimum.x[0], 1, 1e-4);
  EXPECT_NEAR(minimum.x[1], 1, 1e-4);
  EXPECT_TRUE(minimum.converged);
}

TEST(Lbfgs, StopsAtABound) {
  // On x0 <= 0.5 the constrained minimum is (0.5, 0.25).
  const Minimum minimum = minimize(rosenbrock, {-1.2, 1}, {{-2, -2}, {0.5, 2}}, {.max_iterations = 200});
  EXPECT_NEAR(minimum.x[0], 0.5, 1e-9);
  EXPECT_NEAR(minimum.x[1], 0.25, 1e-4);
}

// Convex quadratics in random boxes: the result satisfies the first-order conditions of the box.
TEST(Lbfgs, FirstOrderConditionsInRandomBoxes) {
  Random random(11);
  for (int round = 0; round < 50; ++round) {
    const std::size_t n = 1 + random.below(12);
    std::vector<double> centre(n);
    std::vector<double> weight(n);
    Box box{std::vector<double>(n), std::vector<double>(n)};
    std::vector<double> start(n);
    for (std::size_t i = 0; i < n; ++i) {
      centre[i] = random.uniform(-3, 3);
      weight[i] = std::exp(random.uniform(-4, 4));
      box.lower[i] = random.uniform(-2, 0);
      box.upper[i] = random.uniform(0, 2);
      start[i] = random.uniform(-5, 5);  // may lie outside: projected
    }
    const auto quadratic = [&](std::span<const double> x, std::span<double> g) {
      double value = 0;
      for (std::size_t i = 0; i < n; ++i) {
        g[i] = 2 * weight[i] * (x[i] - centre[i]);
        value += weight[i] * (x[i] - centre[i]) * (x[i] - centre[i]);
      }
      return value;
    };
    const Minimum minimum = minimize(quadratic, start, box, {.max_iterations = 300, .value_tolerance = 0});
    for (std::size_t i = 0; i < n; ++i)
      EXPECT_NEAR(minimum.x[i], std::clamp(centre[i], box.lower[i], box.upper[i]), 1e-3);
  }
}

TEST(Lbfgs, ShortensStepsIntoUndefinedGround) {
  const auto f = [](std::span<const double> x, std::span<double> g) {
    g[0] = 1 - 1 / x[0];
    return x[0] > 0 ? x[0] - std::log(x[0]) : std::numeric_limits<double>::quiet_NaN();
  };
  EXPECT_NEAR(minimize(f, {50}, unbounded(1)).x[0], 1, 1e-3);
}

TEST(Lbfgs, NeverWorseThanTheStart) {
  const auto constant = [](std::span<const double>, std::span<double> g) {
    g[0] = 0;
    return 3.0;
  };
  const Minimum minimum = minimize(constant, {2}, unbounded(1));
  EXPECT_EQ(minimum.value, 3);
  EXPECT_EQ(minimum.x[0], 2);
}

}  // namespace
}  // namespace trimtab::numeric
