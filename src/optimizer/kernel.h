// Covariance functions as data: a sum of Matern 5/2 terms with one length-scale per column, and of linear terms.
//
//   k(x, x') = sum_t s_t M(r_t) + sum_u v_u sum_(c in u) x_c x'_c,   r_t^2 = sum_(c in t) d_c(x, x')^2 / l_tc^2
//   M(r) = (1 + sqrt5 r + 5 r^2 / 3) exp(-sqrt5 r);  d_c = x_c - x'_c, or 1 where a categorical column differs
// Rasmussen and Williams 2006, section 4.2; Hamming distance inside the radius keeps k positive semi-definite because
// it is the squared distance of scaled one-hot vectors. All hyper-parameters live as logarithms.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace trimtab::optimizer {

// Normal prior of a logarithm. deviation 0: the hyper-parameter is held at its mean.
struct LogPrior {
  double mean = 0;
  double deviation = 1;
  double least = -std::numeric_limits<double>::infinity();  // bound of the logarithm
};

struct MaternTerm {
  std::vector<std::size_t> columns;
  std::vector<LogPrior> lengths;  // one per column
  LogPrior variance;
};

struct LinearTerm {
  std::vector<std::size_t> columns;
  LogPrior variance;
};

struct Kernel {
  std::vector<bool> categorical;  // one per column of the points
  std::vector<MaternTerm> matern;
  std::vector<LinearTerm> linear;

  // Hyper-parameters in their one order: for each Matern term its variance, then its lengths; then each linear
  // variance.
  [[nodiscard]] std::vector<LogPrior> priors() const;
};

// Rows of numbers, all of the same width.
struct Points {
  std::size_t columns = 0;
  std::vector<double> values;

  [[nodiscard]] std::size_t rows() const { return columns == 0 ? 0 : values.size() / columns; }
  [[nodiscard]] std::span<const double> row(std::size_t i) const { return {values.data() + i * columns, columns}; }
  // Precondition: the row has `columns` entries.
  void add(std::span<const double> row);
};

}  // namespace trimtab::optimizer
