#include "optimizer/change_point.h"

#include <algorithm>
#include <cmath>

namespace trimtab::optimizer {
namespace {

// With the mean after the change free, its likelihood is greatest where (sum of the residuals since)^2 / number is.
std::size_t most_likely_length(const std::vector<double>& rise) {
  std::size_t best = 1;
  double highest = -1;
  double sum = 0;
  for (std::size_t length = 1; length <= rise.size(); ++length) {
    sum += rise[rise.size() - length];
    const double gain = sum > 0 ? sum * sum / static_cast<double>(length) : 0;
    if (gain > highest) highest = gain, best = length;
  }
  return best;
}

}  // namespace

bool ChangePointDetector::add(double towards, Side& side) const {
  side.sum += towards - options_.reference;
  if (side.sum <= 0) {
    side.sum = 0;
    side.rise.clear();
    return false;
  }
  side.rise.push_back(towards);
  return side.sum > options_.threshold;
}

std::optional<std::size_t> ChangePointDetector::add(double residual) {
  if (!std::isfinite(residual)) return std::nullopt;
  const double cut = std::clamp(residual, -options_.cut, options_.cut);
  const bool up = add(cut, up_);
  const bool down = add(-cut, down_);
  if (!up && !down) return std::nullopt;
  const std::size_t length = most_likely_length(up ? up_.rise : down_.rise);
  reset();
  return length;
}

double ChangePointDetector::suspicion() const {
  return std::min(1.0, std::max(up_.sum, down_.sum) / options_.threshold);
}

void ChangePointDetector::reset() {
  up_ = {};
  down_ = {};
}

}  // namespace trimtab::optimizer
