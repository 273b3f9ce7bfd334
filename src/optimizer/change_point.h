// ChangePointDetector: tells from standardised residuals that what is measured is no longer what it was, and since
// when.
//
// Two-sided cumulative sums (Page 1954, "Continuous inspection schemes", Biometrika 41):
//   S+_i = max(0, S+_{i-1} + w_i - k),   S-_i = max(0, S-_{i-1} - w_i - k),   w_i = residual i cut at +-c
// with an alarm once a sum exceeds h. A residual is an observation less what the model of the observations before it
// said, over the deviation that the model said: independent, mean 0, variance 1 while nothing changes. k is half the
// shift that is looked for. The cut (Huber 1981, "Robust statistics") lets no single observation raise an alarm: with
// c = 3 at least three of them must agree.
//
// The change point is the maximum likelihood estimate of where the mean of the residuals moved (Hinkley 1970), among
// those since the sum left zero: the sum alone often leaves zero a little before the change.
//
// A value type; deterministic. Not thread safe. Cost: O(1) a residual, O(length of the rise) at an alarm.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace trimtab::optimizer {

struct ChangePointOptions {
  // k, h and c in standard deviations. Without a change one alarm in 480 residuals (measured, normal residuals; 460
  // without the cut); after a shift of 1, 2, 4 deviations an alarm after 10.5, 4.2, 3.0 residuals.
  double reference = 0.5;
  double threshold = 5;
  double cut = 3;
};

class ChangePointDetector {
 public:
  explicit ChangePointDetector(const ChangePointOptions& options = {}) : options_(options) {}

  // Takes the next residual. At an alarm: how many residuals, this one included, lie after the change point; the sums
  // then start anew. A residual that is not finite is passed over.
  std::optional<std::size_t> add(double residual);
  // Of the greater sum to the threshold, in [0, 1]: 0 when nothing points at a change.
  [[nodiscard]] double suspicion() const;
  void reset();

 private:
  struct Side {
    double sum = 0;
    std::vector<double> rise{};  // cut residuals in the direction of the side since its sum left zero
  };
  bool add(double towards, Side& side) const;

  ChangePointOptions options_;
  Side up_;
  Side down_;
};

}  // namespace trimtab::optimizer
