#include "insight/comparison.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"

namespace trimtab::insight {
namespace {

using model::Observation;

// p95 is 100 ms at 50 requests/s and grows with the load; `factor` is what the change did; noise of 5 %.
std::vector<Observation> windows(int count, double load, double factor, Random& random, double noise = 0.05) {
  std::vector<Observation> made;
  for (int i = 0; i < count; ++i) {
    Observation window;
    window.load = load * random.uniform(0.95, 1.05);
    window.metrics["p95"] = 2 * window.load * factor * std::exp(noise * random.normal());
    window.metrics["errors"] = 0;
    made.push_back(std::move(window));
  }
  return made;
}

ComparedMetric p95(double tolerated = 0.05) {
  return {"p95",
          [](const Observation& w) -> std::optional<double> {
            const auto found = w.metrics.find("p95");
            return found == w.metrics.end() ? std::nullopt : std::optional(found->second);
          },
          true, tolerated, 0};
}

std::string conclusion(double factor, std::uint64_t seed, int after = 8, double tolerated = 0.05) {
  Random random(seed);
  return compare_at_equal_load(windows(40, 50, 1, random), windows(after, 50, factor, random), {p95(tolerated)}, {})
      .rows.front()
      .conclusion;
}

TEST(Comparison, SeesWhatIsThere) {
  EXPECT_EQ(conclusion(1.3, 1), "worse");
  EXPECT_EQ(conclusion(0.8, 1), "better");
  EXPECT_EQ(conclusion(1.0, 1, 12, 0.15), "same");
}

TEST(Comparison, IsSeldomWrong) {
  int called_worse = 0, called_fine = 0;
  constexpr int kRuns = 400;
  for (std::uint64_t seed = 0; seed < kRuns; ++seed) {
    called_worse += conclusion(1.0, seed) == "worse" ? 1 : 0;          // nothing changed
    const std::string at_limit = conclusion(1.0 + 0.05, 1000 + seed);  // just at what is tolerated
    called_fine += at_limit == "same" || at_limit == "better" ? 1 : 0;
  }
  EXPECT_LE(called_worse, kRuns * 0.03);
  EXPECT_LE(called_fine, kRuns * 0.08);  // 5 % stated; the binomial error of 400 runs is 1.1 %
}

TEST(Comparison, IsNotFooledByADifferentLoad) {
  Random random(2);
  std::vector<Observation> before = windows(40, 50, 1, random);
  for (Observation& window : windows(40, 100, 1, random))
    before.push_back(window);
  // The load doubled and with it p95; the change itself made it 20 % better.
  const auto verdict = compare_at_equal_load(before, windows(6, 100, 0.8, random), {p95()}, {});
  EXPECT_EQ(verdict.rows.front().conclusion, "better");
  EXPECT_NEAR(verdict.load_before, 100, 5);
  EXPECT_NEAR(verdict.rows.front().change, -0.2, 0.06);
  EXPECT_LT(verdict.rows.front().low, verdict.rows.front().change);
  EXPECT_GT(verdict.rows.front().high, verdict.rows.front().change);
}

TEST(Comparison, IsUndecidedWhenTheLoadsDoNotOverlap) {
  Random random(3);
  const auto verdict = compare_at_equal_load(windows(40, 50, 1, random), windows(6, 200, 3, random), {p95()}, {});
  EXPECT_EQ(verdict.rows.front().conclusion, "undecided");
  EXPECT_EQ(verdict.windows_after, 0);
  EXPECT_NE(verdict.conclusion.find("no window before"), std::string::npos);
}

TEST(Comparison, IsUndecidedWithTooFewWindows) {
  Random random(4);
  const auto verdict = compare_at_equal_load(windows(40, 50, 1, random), windows(1, 50, 3, random), {p95()}, {});
  EXPECT_EQ(verdict.rows.front().conclusion, "undecided");
  EXPECT_NE(verdict.conclusion.find("1 after"), std::string::npos);
  EXPECT_EQ(compare_at_equal_load({}, {}, {p95()}, {}).rows.front().conclusion, "undecided");
}

TEST(Comparison, ComparesZeroErrors) {
  Random random(5);
  ComparedMetric errors{"errors", [](const Observation& w) { return std::optional(w.metrics.at("errors")); }, true,
                        0.05, 0.0005};
  const auto same = compare_at_equal_load(windows(20, 50, 1, random), windows(5, 50, 1, random), {errors}, {});
  EXPECT_EQ(same.rows.front().conclusion, "same");
  EXPECT_NEAR(same.rows.front().after, 0, 1e-12);
  auto broken = windows(5, 50, 1, random);
  for (Observation& window : broken)
    window.metrics["errors"] = 0.02;
  EXPECT_EQ(compare_at_equal_load(windows(20, 50, 1, random), broken, {errors}, {}).rows.front().conclusion, "worse");
}

TEST(Comparison, HigherCanBeBetter) {
  Random random(6);
  ComparedMetric throughput = p95();
  throughput.lower_is_better = false;
  const auto verdict = compare_at_equal_load(windows(40, 50, 1, random), windows(8, 50, 0.7, random), {throughput}, {});
  EXPECT_EQ(verdict.rows.front().conclusion, "worse");
}

TEST(Comparison, LeavesFailedWindowsOut) {
  Random random(7);
  auto after = windows(5, 50, 1, random);
  for (Observation& window : after)
    window.failed = true;
  EXPECT_EQ(compare_at_equal_load(windows(9, 50, 1, random), after, {p95()}, {}).windows_after, 0);
}

}  // namespace
}  // namespace trimtab::insight
