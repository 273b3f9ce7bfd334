// StudyCandidates: valid configurations for a study's acquisition, as rows of Encoding: spread over the space, around
// the best, and single moves. Constraints are checked on the decoded configuration; moves that break one are pulled
// back towards a configuration that satisfies them. Private to study_search.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "optimizer/encoding.h"
#include "optimizer/kernel.h"
#include "optimizer/problem.h"

namespace trimtab::optimizer {

class StudyCandidates {
 public:
  StudyCandidates(const Problem& problem, const Encoding& encoding) : problem_(&problem), encoding_(&encoding) {}

  // `count` valid rows, uniform where the constraints allow. kInvalidInput when none could be found.
  [[nodiscard]] Result<Points> random(std::size_t count, std::uint64_t seed) const;
  // Perturbations of a row, near and far: each changes few parameters. `lengths`: how far the goal reaches along each.
  // close_to(): of one parameter each, by a fiftieth of its length and less.
  void around(std::span<const double> centre, std::span<const double> lengths, std::size_t count, Random& random,
              Points& found) const;
  void close_to(std::span<const double> centre, std::span<const double> lengths, std::size_t count, Random& random,
                Points& found) const;
  // One parameter changed: every other category or level; +-1, 2, 4 ... where there are many; and for conditional
  // parameters a category together with random values of those that depend on it.
  [[nodiscard]] Points single_moves(std::span<const double> centre, Random& random) const;
  // The nearest valid row to `row`, pulled towards the valid row `towards`; nothing where that is too far.
  [[nodiscard]] std::optional<std::vector<double>> valid(std::vector<double> row,
                                                         std::span<const double> towards) const;

 private:
  [[nodiscard]] bool satisfies(std::span<const double> row) const;

  const Problem* problem_;
  const Encoding* encoding_;
};

}  // namespace trimtab::optimizer
