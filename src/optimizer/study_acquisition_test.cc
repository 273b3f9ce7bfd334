#include "optimizer/study_acquisition.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "base/random.h"
#include "optimizer/test_service.h"

namespace trimtab::optimizer {
namespace {

using test::category;
using test::formula;
using test::number;

constexpr int kDraws = 400'000;

enum class Measurements { kExact, kNoisy, kWithSlo, kWithCrashes };

// A study of two numbers and a category after 16 runs, four of them repeats.
struct Study {
  explicit Study(Measurements kind) : problem(problem_of(kind)) {
    Random random(11);
    const auto tell = [&](double a, double b, const std::string& gc) {
      model::Observation observation;
      observation.configuration = {{"a", a}, {"b", b}, {"gc", gc}};
      const double noise = kind == Measurements::kNoisy ? 0.15 * random.normal() : 0;
      const double time = 3 + 4 * (a - 0.3) * (a - 0.3) + std::sin(3 * b) + (gc == "G1" ? 0 : 0.4) + noise;
      observation.metrics = {{"time", time}, {"p95", 1.5 - 0.9 * a + 0.1 * b}};
      observation.failed = kind == Measurements::kWithCrashes && a > 0.8;
      request.observations.push_back(std::move(observation));
    };
    for (int i = 0; i < 12; ++i)
      tell(random.uniform(), random.uniform(), i % 2 == 0 ? "G1" : "Serial");
    for (std::size_t i = 0; i < 4; ++i) {
      const model::Configuration again = request.observations[i].configuration;
      tell(*again.number("a"), *again.number("b"), again.find("gc")->text());
    }
    auto learned = StudyModel::learn(problem, request, 1);
    CHECK(learned.has_value());
    model.emplace(*std::move(learned));
  }

  static Problem problem_of(Measurements kind) {
    auto space = model::Space::create(
        {number("a", 0, 1, 1e-6, {}), number("b", 0, 1, 1e-6, {}), category("gc", {"G1", "Serial"})}, {});
    std::vector<model::Slo> slos;
    if (kind == Measurements::kWithSlo) slos.push_back(test::upper_bound("p95", 1.1));
    auto objective = model::Objective::create({{model::Direction::kMinimize, formula("time"), "time"}}, slos, {});
    CHECK(space.has_value() && objective.has_value());
    return {std::move(*space), std::move(*objective), {}, {}};
  }

  Problem problem;
  StudySearchRequest request;
  std::optional<StudyModel> model;
};

std::vector<double> random_row(Random& random) {
  return {0.05 + 0.9 * random.uniform(), 0.05 + 0.9 * random.uniform(), random.uniform() < 0.5 ? 0.0 : 1.0};
}

double value_at(const StudyAcquisition& acquisition, const std::vector<double>& row) {
  return acquisition.values(Points{row.size(), row}).front();
}

// The five of a hundred rows that are worth most: there an improvement is not too rare to be drawn.
std::vector<std::vector<double>> worthy_rows(const StudyAcquisition& acquisition, Random& random) {
  std::vector<std::vector<double>> rows;
  for (int i = 0; i < 100; ++i)
    rows.push_back(random_row(random));
  std::ranges::sort(rows, std::greater(), [&](const auto& row) { return value_at(acquisition, row); });
  rows.resize(5);
  return rows;
}

// That the mean of `draw` is what was expected, within four standard errors.
void expect_mean(double expected, const std::function<double()>& draw) {
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double one = draw();
    sum += one;
    squares += one * one;
  }
  const double mean = sum / kDraws;
  const double error = std::sqrt((squares / kDraws - mean * mean) / kDraws);
  EXPECT_LT(error, 0.1 * expected);  // else it would prove little
  EXPECT_NEAR(mean, expected, 4 * error);
}

// Without scatter: the mean of what a draw of y at x is better than the best measured value by.
TEST(StudyAcquisition, ExpectedImprovementMatchesDraws) {
  const Study study(Measurements::kExact);
  ASSERT_EQ(study.model->scatter(), StudyModel::Scatter::kNone);
  const StudyAcquisition acquisition(*study.model, std::nullopt);
  Random random(5);
  for (const std::vector<double>& row : worthy_rows(acquisition, random)) {
    const auto belief = study.model->believe(row);
    expect_mean(std::exp(value_at(acquisition, row)), [&] {
      return std::max(0.0, study.model->incumbent_mean() - belief.mean[0] - belief.deviation[0] * random.normal());
    });
  }
}

// With scatter: one measurement at x moves what is believed of x and of the best; the mean of what the better of the
// two is then better than the best was believed to be.
TEST(StudyAcquisition, WorthOfANoisyMeasurementMatchesDraws) {
  const Study study(Measurements::kNoisy);
  ASSERT_EQ(study.model->scatter(), StudyModel::Scatter::kSome);
  const StudyAcquisition acquisition(*study.model, std::nullopt);
  Random random(6);
  for (const std::vector<double>& row : worthy_rows(acquisition, random)) {
    const auto belief = study.model->believe(row);
    const double variance = belief.deviation[0] * belief.deviation[0];
    const double measured = variance + study.model->noise_variance();
    expect_mean(std::exp(value_at(acquisition, row)), [&] {
      const double surprise = std::sqrt(measured) * random.normal();
      const double there = belief.mean[0] + variance / measured * surprise;
      const double best = study.model->incumbent_mean() + belief.covariance[0] / measured * surprise;
      return std::max(0.0, best - there);
    });
  }
}

TEST(StudyAcquisition, SlopesMatchFiniteDifferences) {
  for (const Measurements kind :
       {Measurements::kExact, Measurements::kNoisy, Measurements::kWithSlo, Measurements::kWithCrashes}) {
    const Study study(kind);
    for (const std::optional<double> score : {std::optional<double>(), std::optional<double>(1.28)}) {
      const StudyAcquisition acquisition(*study.model, score);
      Random random(8);
      for (int k = 0; k < 10; ++k) {
        const std::vector<double> row = random_row(random);
        std::vector<double> slope(row.size());
        const double value = acquisition.value_with_slope(row, slope);
        EXPECT_NEAR(value, value_at(acquisition, row), 1e-6 * (1 + std::abs(value)));
        for (std::size_t c = 0; c < 2; ++c) {
          constexpr double kStep = 1e-5;
          std::vector<double> above = row;
          std::vector<double> below = row;
          above[c] += kStep;
          below[c] -= kStep;
          const double numeric_slope = (value_at(acquisition, above) - value_at(acquisition, below)) / (2 * kStep);
          EXPECT_NEAR(slope[c], numeric_slope, 1e-3 * (1 + std::abs(numeric_slope)))
              << static_cast<int>(kind) << ", row " << k << ", column " << c;
        }
      }
    }
  }
}

}  // namespace
}  // namespace trimtab::optimizer
