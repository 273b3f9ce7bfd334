#include "optimizer/study_kernel.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace trimtab::optimizer {
namespace {

const double kLeastLogLength = std::log(0.025);

}  // namespace

Kernel study_kernel(const Encoding& encoding, std::size_t more) {
  Kernel kernel;
  const std::size_t d = encoding.size();
  const std::size_t columns = d + more;
  kernel.categorical.assign(columns, false);
  MaternTerm term;
  term.variance = {0, 1};
  const double dimension = static_cast<double>(std::max<std::size_t>(1, columns));
  const LogPrior of_category{std::numbers::sqrt2 + 0.5 * std::log(dimension), std::numbers::sqrt3, kLeastLogLength};
  const LogPrior of_number{0, 1, kLeastLogLength};
  for (std::size_t k = 0; k < columns; ++k) {
    if (k < d) kernel.categorical[k] = encoding.categorical()[k];
    term.columns.push_back(k);
    term.lengths.push_back(kernel.categorical[k] ? of_category : of_number);
  }
  kernel.matern.push_back(std::move(term));
  kernel.linear.push_back({{columns}, {std::log(4.0), 0}});  // the level, in standard deviations
  LinearTerm main{{}, {std::log(0.1), 1}};
  std::size_t next = columns + 1;
  for (std::size_t k = 0; k < d; ++k) {
    if (!encoding.categorical()[k]) continue;
    for (std::size_t i = 0; i < encoding.space().parameters()[k].values.size(); ++i)
      main.columns.push_back(next++);
  }
  if (!main.columns.empty()) kernel.linear.push_back(std::move(main));
  kernel.categorical.resize(next, false);
  return kernel;
}

std::vector<double> study_columns(const Encoding& encoding, std::span<const double> row, std::span<const double> more) {
  std::vector<double> result(row.begin(), row.end());
  result.insert(result.end(), more.begin(), more.end());
  result.push_back(1);
  const auto& parameters = encoding.space().parameters();
  for (std::size_t k = 0; k < row.size(); ++k) {
    if (!encoding.categorical()[k]) continue;
    const std::size_t levels = parameters[k].values.size();
    for (std::size_t level = 0; level < levels; ++level)
      result.push_back((row[k] == static_cast<double>(level) ? 1.0 : 0.0) - 1.0 / static_cast<double>(levels));
  }
  return result;
}

}  // namespace trimtab::optimizer
