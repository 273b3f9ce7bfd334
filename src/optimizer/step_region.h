// StepRegion: the configurations one decision may reach from the incumbent: within ranges and greatest steps, frozen
// and inactive parameters untouched, at most so many changes, constraints satisfied, outside barred regions. Immutable;
// private to safe_search. Problem and request must outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "optimizer/encoding.h"
#include "optimizer/safe_search.h"

namespace trimtab::optimizer {

class StepRegion {
 public:
  // restarts: whether parameters that need a restart may change now.
  StepRegion(const Problem& problem, const SafeSearchRequest& request, double highest_load, bool restarts = true);

  enum class Obstacle { kNone, kStep, kConstraint, kMemory, kBarred, kChanges };
  struct Finding {
    Obstacle obstacle = Obstacle::kNone;
    std::string text;  // the constraint, what memory is missing, or what is barred
  };
  // Ranges and grids are taken as given.
  [[nodiscard]] Finding examine(const model::Configuration& configuration) const;
  [[nodiscard]] bool contains(const model::Configuration& configuration) const {
    return examine(configuration).obstacle == Obstacle::kNone;
  }

  // Candidates: every observed configuration in reach, single moves, joint moves of the parameters that `helps` names
  // (those that improve the goal, with their directions), and scrambled Sobol points with few changes. All contained.
  struct Direction {
    std::size_t parameter = 0;
    double sign = 0;
  };
  [[nodiscard]] std::vector<model::Configuration> candidates(const std::vector<Direction>& helps, std::size_t count,
                                                             std::uint64_t seed) const;
  // Moves around a configuration: each parameter by -/+ 1, 2, 4 and 8 grid steps, each category, and pairs of a
  // helping move with a move of another parameter.
  [[nodiscard]] std::vector<model::Configuration> neighbours(const model::Configuration& centre,
                                                             const std::vector<Direction>& helps) const;
  // The value `share` (-1 .. 1) of the way to the end of the step; nothing when the parameter cannot move.
  [[nodiscard]] std::optional<model::Value> moved(std::size_t parameter, double share) const;
  // One grid step from a value of the configuration; nothing when that leaves the range.
  [[nodiscard]] std::optional<model::Value> next_value(std::size_t parameter, const model::Configuration& from,
                                                       double sign, double steps = 1) const;
  [[nodiscard]] bool movable(std::size_t parameter) const { return movable_[parameter]; }
  [[nodiscard]] const model::Configuration& incumbent() const { return *incumbent_; }
  [[nodiscard]] const model::Space& space() const { return *space_; }

 private:
  [[nodiscard]] bool within_step(const model::Parameter& parameter, const model::Value& value) const;
  [[nodiscard]] std::optional<std::string> barred(const model::Configuration& configuration) const;
  void add(std::vector<model::Configuration>& into, model::Configuration configuration) const;
  [[nodiscard]] model::Configuration towards_incumbent(const model::Configuration& configuration, double share) const;
  void add_joint_moves(std::vector<model::Configuration>& into, const std::vector<Direction>& helps) const;
  void add_sobol(std::vector<model::Configuration>& into, std::size_t count, std::uint64_t seed) const;

  const model::Space* space_;
  const SafeSearchRequest* request_;
  const model::Configuration* incumbent_;
  double highest_load_;
  Encoding encoding_;
  std::vector<bool> movable_;
};

}  // namespace trimtab::optimizer
