// Hit ratio of an LRU cache of equal pages whose popularity follows Zipf's law: Che's approximation (Che, Tung and Wang
// 2002, IEEE JSAC 20/7; accuracy: Fricker, Robert and Roberts 2012, ITC 24). With p_i the probability of page i and
// t the characteristic time:  pages(t) = sum_i (1 - exp(-p_i t)),  hit(t) = sum_i p_i (1 - exp(-p_i t)).
#pragma once

#include <vector>

namespace trimtab::simulation {

class PageCache {
 public:
  // Preconditions: pages >= 1, exponent >= 0. Cost O(pages x 160), once.
  PageCache(int pages, double exponent);
  // Hit ratio when `kept` pages fit, in [0, 1]; monotone. O(log n).
  [[nodiscard]] double hit_ratio(double kept) const;
  [[nodiscard]] int pages() const { return pages_; }

 private:
  int pages_;
  std::vector<double> kept_;  // ascending
  std::vector<double> hit_;
};

}  // namespace trimtab::simulation
