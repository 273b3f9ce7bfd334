// StudyCandidates: valid configurations for a study's acquisition: spread over the space, around the best, and grid
// neighbours. Constraints are checked on the decoded configuration; moves that break one are pulled back towards a
// configuration that satisfies them. Private to study_search.
#pragma once

#include <optional>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "optimizer/encoding.h"
#include "optimizer/problem.h"
#include "optimizer/study_model.h"

namespace trimtab::optimizer {

class StudyCandidates {
 public:
  StudyCandidates(const Problem& problem, const Encoding& encoding, const std::vector<Trial>& trials);

  // `count` valid configurations, uniform where the constraints allow. kInvalidInput when none could be found.
  [[nodiscard]] Result<std::vector<model::Configuration>> random(std::size_t count, std::uint64_t seed) const;
  // Random ones, and perturbations of the incumbent and the best trials; different from one another.
  [[nodiscard]] Result<std::vector<model::Configuration>> pool(std::optional<std::size_t> incumbent,
                                                               const std::vector<double>& lengths,
                                                               std::uint64_t seed) const;
  // One parameter changed: numbers by -/+ reach of the range and by one grid step, every other category or level; and a
  // category together with random values of the parameters that depend on it.
  [[nodiscard]] std::vector<model::Configuration> neighbours(const model::Configuration& centre, double reach) const;

 private:
  [[nodiscard]] std::optional<model::Configuration> repaired(const model::Configuration& configuration,
                                                             const model::Configuration& valid) const;

  const Problem* problem_;
  const Encoding* encoding_;
  const std::vector<Trial>* trials_;
};

}  // namespace trimtab::optimizer
