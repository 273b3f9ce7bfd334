// The standard normal distribution where acquisition functions need it: far in the tail, without underflow.
// Pure functions; relative errors below 1e-9 unless said otherwise.
#pragma once

namespace trimtab::numeric {

[[nodiscard]] double normal_pdf(double z);
[[nodiscard]] double normal_cdf(double z);
// log Phi(z), finite for every finite z (continued fraction of Mills' ratio below -5).
[[nodiscard]] double normal_log_cdf(double z);
// Inverse of normal_cdf. Precondition: 0 < p < 1. Acklam's rational approximation and one step of Halley.
[[nodiscard]] double normal_quantile(double p);
// log h(z), h(z) = phi(z) + z Phi(z): the logarithm of the expected improvement of N(z, 1) over 0. Stable in the tail
// (Ament et al. 2023, "Unexpected improvements to expected improvement", NeurIPS 36).
[[nodiscard]] double log_expected_improvement(double z);

}  // namespace trimtab::numeric
