#include "numeric/normal.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/check.h"

namespace trimtab::numeric {
namespace {

constexpr double kLogSqrtTwoPi = 0.91893853320467274178;
constexpr double kTail = -5;  // below it erfc loses relative accuracy faster than the continued fraction

// x + 1/(x + 2/(x + 3/(x + ...))): 1 over Mills' ratio Phi(-x)/phi(x). `first` is the first numerator. x >= 1.
double mills_fraction(double x, int first) {
  constexpr int kTerms = 120;  // 1e-12 at x = 3; fewer would do further out
  double value = x;
  for (int k = first + kTerms; k >= first; --k)
    value = x + k / value;
  return value;
}

}  // namespace

double normal_pdf(double z) {
  return std::exp(-0.5 * z * z - kLogSqrtTwoPi);
}

double normal_cdf(double z) {
  return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

double normal_log_cdf(double z) {
  if (z > kTail) return z > 5 ? std::log1p(-normal_cdf(-z)) : std::log(normal_cdf(z));
  return -0.5 * z * z - kLogSqrtTwoPi - std::log(mills_fraction(-z, 1));
}

double normal_quantile(double p) {
  CHECK(p > 0 && p < 1);
  static constexpr std::array<double, 6> kA{-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                                            1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  static constexpr std::array<double, 5> kB{-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                                            6.680131188771972e+01, -1.328068155288572e+01};
  static constexpr std::array<double, 6> kC{-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                                            -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  static constexpr std::array<double, 4> kD{7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                                            3.754408661907416e+00};
  constexpr double kLow = 0.02425;
  double z = 0;
  if (p < kLow || p > 1 - kLow) {
    const double q = std::sqrt(-2 * std::log(p < kLow ? p : 1 - p));
    z = (((((kC[0] * q + kC[1]) * q + kC[2]) * q + kC[3]) * q + kC[4]) * q + kC[5]) /
        ((((kD[0] * q + kD[1]) * q + kD[2]) * q + kD[3]) * q + 1);
    if (p > 1 - kLow) z = -z;
  } else {
    const double q = p - 0.5;
    const double r = q * q;
    z = (((((kA[0] * r + kA[1]) * r + kA[2]) * r + kA[3]) * r + kA[4]) * r + kA[5]) * q /
        (((((kB[0] * r + kB[1]) * r + kB[2]) * r + kB[3]) * r + kB[4]) * r + 1);
  }
  const double error = z < 0 ? normal_cdf(z) - p : (1 - p) - normal_cdf(-z);
  const double u = error / normal_pdf(z);
  return std::isfinite(u) ? z - u / (1 + z * u / 2) : z;
}

double log_expected_improvement(double z) {
  if (z > -3) return std::log(normal_pdf(z) + z * normal_cdf(z));
  if (z < -1e150) return -std::numeric_limits<double>::max();
  // 1 - x R(x) with R = 1/(x + C), C = 1/(x + 2/(x + ...)): C/(x + C), free of cancellation.
  const double x = -z;
  const double c = 1 / mills_fraction(x, 2);
  return -0.5 * z * z - kLogSqrtTwoPi + std::log(c / (x + c));
}

}  // namespace trimtab::numeric
