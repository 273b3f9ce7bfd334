#include "optimizer/change_point.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/random.h"

namespace trimtab::optimizer {
namespace {

// Residuals until the first alarm, `shift` deviations off; at most `most`.
int run_length(Random& random, double shift, int most, const ChangePointOptions& options = {}) {
  ChangePointDetector detector(options);
  for (int i = 1; i <= most; ++i)
    if (detector.add(shift + random.normal())) return i;
  return most;
}

double average_run_length(double shift, int runs, const ChangePointOptions& options = {}) {
  Random random(17);
  double sum = 0;
  for (int i = 0; i < runs; ++i)
    sum += run_length(random, shift, 100'000, options);
  return sum / runs;
}

// Page's chart with k = 0.5 and h = 5 raises an alarm once in 465 residuals (Montgomery 2013, "Introduction to
// statistical quality control", table 9.3), and after a shift of one deviation within 10.4.
TEST(ChangePoint, RunLengthsAreThoseOfTheLiterature) {
  const ChangePointOptions uncut{0.5, 5, 1e9};
  EXPECT_NEAR(average_run_length(0, 2000, uncut), 465, 35);  // the mean of 2000 has a deviation of 10
  EXPECT_NEAR(average_run_length(1, 2000, uncut), 10.4, 0.5);
  EXPECT_NEAR(average_run_length(2, 2000, uncut), 4.0, 0.2);
  EXPECT_GT(average_run_length(0, 2000), 450);  // with the cut: 480
}

TEST(ChangePoint, OutliersRaiseNoAlarm) {
  ChangePointDetector detector;
  for (int i = 0; i < 200; ++i)
    EXPECT_FALSE(detector.add(i % 10 == 3 ? 1e6 : i % 10 == 8 ? -1e6 : 0.1)) << i;
  EXPECT_FALSE(detector.add(std::numeric_limits<double>::quiet_NaN()));
}

TEST(ChangePoint, TellsWhenTheChangeBegan) {
  Random random(3);
  int exact = 0;
  for (int trial = 0; trial < 200; ++trial) {
    ChangePointDetector detector;
    std::optional<std::size_t> length;
    // No false alarm before: the sums start where a long quiet time leaves them.
    for (int i = 0; i < 20; ++i)
      if (detector.add(random.normal())) detector.reset();
    int after = 0;
    while (!length)
      ++after, length = detector.add((trial % 2 == 0 ? 4 : -4) + random.normal());
    exact += static_cast<int>(*length) == after ? 1 : 0;
    EXPECT_LE(after, 5);
  }
  EXPECT_GE(exact, 170);
}

TEST(ChangePoint, StartsAnewAfterAnAlarm) {
  ChangePointDetector detector;
  EXPECT_FALSE(detector.add(3));
  EXPECT_GT(detector.suspicion(), 0.4);
  EXPECT_FALSE(detector.add(3));
  EXPECT_EQ(detector.add(3), 3U);
  EXPECT_EQ(detector.suspicion(), 0);
  EXPECT_FALSE(detector.add(3));
}

}  // namespace
}  // namespace trimtab::optimizer
