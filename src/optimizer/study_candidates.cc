#include "optimizer/study_candidates.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "model/satisfy.h"
#include "numeric/sobol.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Parameter;

constexpr std::size_t kSpread = 384;
constexpr std::size_t kAround = 96;  // each of the best
constexpr std::size_t kBest = 3;

}  // namespace

StudyCandidates::StudyCandidates(const Problem& problem, const Encoding& encoding, const std::vector<Trial>& trials)
    : problem_(&problem), encoding_(&encoding), trials_(&trials) {}

std::optional<Configuration> StudyCandidates::repaired(const Configuration& configuration,
                                                       const Configuration& valid) const {
  if (problem_->space.satisfies_constraints(configuration)) return configuration;
  const std::vector<double> from = encoding_->encode(configuration);
  const std::vector<double> to = encoding_->encode(valid);
  for (const double share : {0.25, 0.5, 0.75}) {
    std::vector<double> row = from;
    for (std::size_t k = 0; k < row.size(); ++k)
      if (!encoding_->categorical()[k]) row[k] += share * (to[k] - row[k]);
    Configuration nearer = encoding_->decode(row);
    if (problem_->space.satisfies_constraints(nearer)) return nearer;
  }
  return std::nullopt;
}

Result<std::vector<Configuration>> StudyCandidates::random(std::size_t count, std::uint64_t seed) const {
  const std::size_t d = encoding_->size();
  std::vector<Configuration> found;
  const std::size_t attempts = 3 * count;
  const std::vector<double> points = numeric::scrambled_sobol(attempts, d, seed);
  std::optional<Configuration> valid;
  for (std::size_t i = 0; i < attempts && found.size() < count; ++i) {
    std::vector<double> row(points.begin() + static_cast<long>(i * d), points.begin() + static_cast<long>((i + 1) * d));
    for (std::size_t k = 0; k < d; ++k)
      if (encoding_->categorical()[k])
        row[k] = std::floor(row[k] * static_cast<double>(problem_->space.parameters()[k].values.size()));
    Configuration candidate = encoding_->decode(row);
    if (problem_->space.satisfies_constraints(candidate)) {
      found.push_back(std::move(candidate));
      continue;
    }
    // Every second miss is repaired towards a valid point, drawn anew now and then so that repairs do not pile up.
    if (i % 2 == 0) continue;
    if (!valid || i % 16 == 1) {
      TRY_ASSIGN(valid, model::find_satisfying(problem_->space, seed + i));
    }
    if (auto nearer = repaired(candidate, *valid)) found.push_back(std::move(*nearer));
  }
  for (std::uint64_t k = 0; found.empty() || (found.size() < count / 4 && k < count / 4); ++k) {
    TRY_ASSIGN(Configuration one, model::find_satisfying(problem_->space, seed + 1000 + k));
    found.push_back(encoding_->canonical(std::move(one)));
  }
  return found;
}

Result<std::vector<Configuration>> StudyCandidates::pool(std::optional<std::size_t> incumbent,
                                                         const std::vector<double>& lengths, std::uint64_t seed) const {
  TRY_ASSIGN(std::vector<Configuration> found, random(kSpread, seed));
  Random generator = Random::named(seed, "around");
  std::vector<const Trial*> best;
  if (incumbent) best.push_back(&(*trials_)[*incumbent]);
  for (const Trial& trial : *trials_)
    if (trial.count > 0 && (!incumbent || &trial != best.front())) best.push_back(&trial);
  const double sign = problem_->objective.goals().front().direction == model::Direction::kMaximize ? -1 : 1;
  if (best.size() > 1)
    std::stable_sort(best.begin() + (incumbent ? 1 : 0), best.end(),
                     [&](const Trial* a, const Trial* b) { return sign * a->goals.front() < sign * b->goals.front(); });
  const std::size_t d = encoding_->size();
  const double chance = std::max(1.0 / static_cast<double>(d), std::min(1.0, 3.0 / static_cast<double>(d)));
  for (std::size_t b = 0; b < std::min(kBest, best.size()); ++b) {
    const std::vector<double> centre = encoding_->encode(best[b]->configuration);
    for (std::size_t i = 0; i < kAround; ++i) {
      std::vector<double> row = centre;
      for (std::size_t k = 0; k < d; ++k) {
        if (generator.uniform() > chance) continue;
        const std::size_t levels = problem_->space.parameters()[k].values.size();
        const double length = k < lengths.size() ? std::clamp(lengths[k], 0.05, 0.5) : 0.3;
        row[k] = encoding_->categorical()[k] ? static_cast<double>(generator.below(levels))
                                             : std::clamp(row[k] + 0.3 * length * generator.normal(), 0.0, 1.0);
      }
      if (auto valid = repaired(encoding_->decode(row), best[b]->configuration)) found.push_back(std::move(*valid));
    }
  }
  std::set<std::string> seen;
  std::erase_if(found, [&](const Configuration& c) { return !seen.insert(c.to_string()).second; });
  return found;
}

std::vector<Configuration> StudyCandidates::neighbours(const Configuration& centre, double reach) const {
  std::vector<Configuration> found;
  const std::vector<double> row = encoding_->encode(centre);
  const auto consider = [&](std::vector<double> moved) {
    Configuration candidate = encoding_->decode(moved);
    if (candidate == centre || !problem_->space.satisfies_constraints(candidate)) return;
    found.push_back(std::move(candidate));
  };
  for (std::size_t k = 0; k < row.size(); ++k) {
    const Parameter& parameter = problem_->space.parameters()[k];
    if (!parameter.is_number()) {
      for (std::size_t level = 0; level < parameter.values.size(); ++level) {
        std::vector<double> moved = row;
        moved[k] = encoding_->coordinate(k, parameter.values[level]);
        consider(std::move(moved));
      }
      continue;
    }
    for (const double step : {-reach, -0.4 * reach, 0.4 * reach, reach}) {
      std::vector<double> moved = row;
      moved[k] = std::clamp(row[k] + step, 0.0, 1.0);
      consider(std::move(moved));
    }
    // One grid step, where the reach is finer than the grid.
    const auto levels = parameter.cardinality();
    if (!levels || *levels < 2) continue;
    const double grid = 1.0 / static_cast<double>(*levels - 1);
    if (grid < 0.4 * reach) continue;
    for (const double step : {-grid, grid}) {
      std::vector<double> moved = row;
      moved[k] = std::clamp(row[k] + step, 0.0, 1.0);
      consider(std::move(moved));
    }
  }
  return found;
}

}  // namespace trimtab::optimizer
