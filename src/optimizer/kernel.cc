#include "optimizer/kernel.h"

#include "base/check.h"

namespace trimtab::optimizer {

std::vector<LogPrior> Kernel::priors() const {
  std::vector<LogPrior> priors;
  for (const MaternTerm& term : matern) {
    priors.push_back(term.variance);
    priors.insert(priors.end(), term.lengths.begin(), term.lengths.end());
  }
  for (const LinearTerm& term : linear)
    priors.push_back(term.variance);
  return priors;
}

void Points::add(std::span<const double> row) {
  CHECK(row.size() == columns);
  values.insert(values.end(), row.begin(), row.end());
}

}  // namespace trimtab::optimizer
