#include "simulation/page_cache.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace trimtab::simulation {
namespace {

constexpr int kPoints = 160;
// The characteristic time runs from a fraction of a request to far beyond the rarest page's turn, in equal ratios.
constexpr double kFirstTime = 0.1;
constexpr double kLastTimePerPage = 1e4;

}  // namespace

PageCache::PageCache(int pages, double exponent) : pages_(pages) {
  CHECK(pages >= 1 && exponent >= 0);
  std::vector<double> popularity(static_cast<std::size_t>(pages));
  double sum = 0;
  for (int i = 0; i < pages; ++i) {
    popularity[static_cast<std::size_t>(i)] = std::pow(i + 1.0, -exponent);
    sum += popularity[static_cast<std::size_t>(i)];
  }
  for (double& p : popularity)
    p /= sum;
  kept_.push_back(0);
  hit_.push_back(0);
  const double ratio = std::pow(kLastTimePerPage * pages / kFirstTime, 1.0 / (kPoints - 1));
  double time = kFirstTime;
  for (int k = 0; k < kPoints; ++k, time *= ratio) {
    double kept = 0;
    double hit = 0;
    for (const double p : popularity) {
      const double present = -std::expm1(-p * time);
      kept += present;
      hit += p * present;
    }
    kept_.push_back(kept);
    hit_.push_back(hit);
  }
}

double PageCache::hit_ratio(double kept) const {
  if (kept <= 0) return 0;
  if (kept >= pages_ || kept >= kept_.back()) return 1;
  const auto above = std::upper_bound(kept_.begin(), kept_.end(), kept);
  const auto k = static_cast<std::size_t>(above - kept_.begin());
  const double part = (kept - kept_[k - 1]) / (kept_[k] - kept_[k - 1]);
  return hit_[k - 1] + part * (hit_[k] - hit_[k - 1]);
}

}  // namespace trimtab::simulation
