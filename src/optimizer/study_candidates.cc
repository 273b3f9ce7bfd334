#include "optimizer/study_candidates.h"

#include <algorithm>
#include <cmath>

#include "model/satisfy.h"
#include "numeric/sobol.h"

namespace trimtab::optimizer {
namespace {

// How far a step along parameter k may reach; half the range where no model says.
double step_length(std::span<const double> lengths, std::size_t k) {
  return k < lengths.size() ? std::clamp(lengths[k], 0.1, 1.0) : 0.5;
}

}  // namespace

bool StudyCandidates::satisfies(std::span<const double> row) const {
  return problem_->space.constraints().empty() || problem_->space.satisfies_constraints(encoding_->decode(row));
}

std::optional<std::vector<double>> StudyCandidates::valid(std::vector<double> row,
                                                          std::span<const double> towards) const {
  const std::vector<double> from = row;
  encoding_->canonicalise(row);
  if (satisfies(row)) return row;
  for (const double share : {0.25, 0.5, 0.75}) {
    row = from;
    for (std::size_t k = 0; k < row.size(); ++k)
      if (!encoding_->categorical()[k]) row[k] += share * (towards[k] - row[k]);
    encoding_->canonicalise(row);
    if (satisfies(row)) return row;
  }
  return std::nullopt;
}

Result<Points> StudyCandidates::random(std::size_t count, std::uint64_t seed) const {
  const std::size_t d = encoding_->size();
  Points found{d, {}};
  const std::size_t attempts = problem_->space.constraints().empty() ? count : 3 * count;
  const std::vector<double> points = numeric::scrambled_sobol(attempts, d, seed);
  std::vector<double> anchor;
  for (std::size_t i = 0; i < attempts && found.rows() < count; ++i) {
    std::vector<double> row(points.begin() + static_cast<long>(i * d), points.begin() + static_cast<long>((i + 1) * d));
    for (std::size_t k = 0; k < d; ++k) {
      const std::size_t levels = problem_->space.parameters()[k].values.size();
      if (levels == 0) continue;
      // Every level the same share: rounding would halve that of the outer ones.
      row[k] = std::floor(row[k] * static_cast<double>(levels));
      if (!encoding_->categorical()[k]) row[k] /= static_cast<double>(std::max<std::size_t>(2, levels) - 1);
    }
    std::vector<double> canonical = row;
    encoding_->canonicalise(canonical);
    if (satisfies(canonical)) {
      found.add(canonical);
      continue;
    }
    // Every second miss is repaired towards a valid point, drawn anew now and then so that repairs do not pile up.
    if (i % 2 == 0) continue;
    if (anchor.empty() || i % 16 == 1) {
      TRY_ASSIGN(const model::Configuration one, model::find_satisfying(problem_->space, seed + i));
      anchor = encoding_->encode(one);
    }
    if (const auto nearer = valid(std::move(row), anchor)) found.add(*nearer);
  }
  for (std::uint64_t k = 0; found.rows() == 0 || (found.rows() < count / 4 && k < count / 4); ++k) {
    TRY_ASSIGN(const model::Configuration one, model::find_satisfying(problem_->space, seed + 1000 + k));
    found.add(encoding_->encode(encoding_->canonical(one)));
  }
  return found;
}

void StudyCandidates::around(std::span<const double> centre, std::span<const double> lengths, std::size_t count,
                             Random& random, Points& found) const {
  const std::size_t d = centre.size();
  for (std::size_t i = 0; i < count; ++i) {
    // From single changes to changes of a third of the parameters, and from fine steps to coarse ones.
    const double changed = i % 3 == 0 ? 1 : i % 3 == 1 ? 3 : std::max(3.0, static_cast<double>(d) / 3);
    const double chance = changed / static_cast<double>(d);
    const double reach = i % 2 == 0 ? 0.3 : 0.08;
    std::vector<double> row(centre.begin(), centre.end());
    const std::size_t surely = random.below(d);
    for (std::size_t k = 0; k < d; ++k) {
      if (k != surely && random.uniform() > chance) continue;
      const std::size_t levels = problem_->space.parameters()[k].values.size();
      const double length = step_length(lengths, k);
      row[k] = encoding_->categorical()[k] ? static_cast<double>(random.below(levels))
                                           : std::clamp(row[k] + reach * length * random.normal(), 0.0, 1.0);
    }
    if (const auto one = valid(std::move(row), centre)) found.add(*one);
  }
}

void StudyCandidates::close_to(std::span<const double> centre, std::span<const double> lengths, std::size_t count,
                               Random& random, Points& found) const {
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<double> row(centre.begin(), centre.end());
    const std::size_t k = random.below(row.size());
    if (encoding_->categorical()[k]) continue;
    const double length = step_length(lengths, k);
    row[k] = std::clamp(row[k] + (i % 2 == 0 ? 0.02 : 0.005) * length * random.normal(), 0.0, 1.0);
    if (const auto one = valid(std::move(row), centre)) found.add(*one);
  }
}

Points StudyCandidates::single_moves(std::span<const double> centre, Random& random) const {
  Points found{centre.size(), {}};
  const auto consider = [&](std::vector<double> row) {
    encoding_->canonicalise(row);
    if (!std::ranges::equal(row, centre) && satisfies(row)) found.add(row);
  };
  for (std::size_t k = 0; k < centre.size(); ++k) {
    const std::size_t levels = encoding_->levels(k);
    if (levels < 2) continue;
    const double last = static_cast<double>(levels - 1);
    const double at = encoding_->categorical()[k] ? centre[k] : centre[k] * last;
    for (std::size_t level = 0; level < levels; ++level) {
      const double apart = std::abs(static_cast<double>(level) - at);
      const bool far = !encoding_->categorical()[k] && levels > 6 && apart > 2.5 && std::abs(apart - 4) > 0.5 &&
                       std::abs(apart - 8) > 0.5;
      if (apart < 0.5 || far) continue;
      std::vector<double> row(centre.begin(), centre.end());
      row[k] = encoding_->categorical()[k] ? static_cast<double>(level) : static_cast<double>(level) / last;
      consider(row);
      if (!encoding_->is_conditional()) continue;
      for (std::size_t j = 0; j < row.size(); ++j) {
        if (!problem_->space.parameters()[j].when) continue;
        const std::size_t choices = problem_->space.parameters()[j].values.size();
        row[j] = encoding_->categorical()[j] ? static_cast<double>(random.below(choices)) : random.uniform();
      }
      consider(std::move(row));
    }
  }
  return found;
}

}  // namespace trimtab::optimizer
