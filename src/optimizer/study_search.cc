#include "optimizer/study_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "base/random.h"
#include "model/satisfy.h"
#include "numeric/normal.h"
#include "numeric/statistics.h"
#include "optimizer/study_acquisition.h"
#include "optimizer/study_candidates.h"
#include "optimizer/study_caution.h"
#include "optimizer/study_model.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;

constexpr std::size_t kMaximinPoints = 6;
// Configurations before the model chooses, the baseline among them: the first four spread, then every second one. The
// model chooses well from five on where few parameters matter, and needs the others where it is misled.
constexpr std::size_t kStartSize = 8;
constexpr std::size_t kSpreadFirst = 4;
constexpr std::size_t kWarmSize = 3;  // the same where prior studies are of use
constexpr std::size_t kWarmTops = 2;  // of these, the best of prior studies
constexpr std::size_t kSpread = 256;  // candidates over the whole space
constexpr std::size_t kAround = 64;   // candidates around each of the best
constexpr std::size_t kBest = 3;
constexpr std::size_t kStarts = 3;      // best candidates that are climbed from
constexpr double kRepeatShare = 0.25;   // of the runs before, at most repeats
constexpr double kDrowned = 1;          // noise over signal variance above which points are spread as well
constexpr std::size_t kStuckAfter = 8;  // configurations in a row that were not better than the best
constexpr std::size_t kTiedAfter = 10;  // of them, from which on equal measurements count
constexpr double kTiedShare = 0.25;     // of them, that measured the same as others: the rest of the runs go elsewhere
constexpr double kRaceShare = 0.15;     // of the budget, at the end
constexpr std::size_t kMostHeld = 256;  // configurations that held the SLOs judged for one suggestion, an even share
constexpr std::size_t kMostGiven = 2000;  // given candidates judged for one suggestion; of more, a random sample
// Standard deviations of the goal below which an expected improvement is not worth a run.
constexpr double kWorthARun = 0.02;
constexpr double kScoreTolerance = 0.05;  // the acquisition ends in the foot of its wall, a little below the score

// Indices of values, the greatest first; of equal ones the first.
std::vector<std::size_t> greatest_first(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  return order;
}

class Suggester {
 public:
  Suggester(const Problem& problem, const StudySearchRequest& request, const StudyModel& model, const Points& pending)
      : problem_(problem),
        request_(request),
        model_(model),
        random_(Random::named(request.seed + request.observations.size() + 7919 * request.pending.size(), "suggest")),
        candidates_(problem, model.encoding()),
        caution_(caution(!problem.objective.slos().empty(), static_cast<int>(request.observations.size()),
                         request.budget, model.breaches())),
        acquisition_(model, caution_.least_score) {
    for (const Trial& trial : model.trials())
      taken_.insert(trial.row);
    for (std::size_t i = 0; i < pending.rows(); ++i)
      taken_.insert(row_of(pending, i));
  }

  Result<Suggestion> run() {
    if (const auto& recheck = request_.recheck;
        recheck && std::ranges::find(request_.pending, recheck->configuration) == request_.pending.end())
      return finish(model_.encoding().encode(recheck->configuration), recheck->why);
    const Configuration& baseline = problem_.baseline;
    if (!baseline.empty()) {
      const std::vector<double> row = model_.encoding().encode(baseline);
      if (may_be_suggested(row) && !taken_.contains(row))
        return finish(row, "baseline: the configuration to compare with");
    }
    const std::size_t tried = taken_.size();
    if (const auto known = best_of_priors(tried)) return finish(*known, "prior: among the best of the prior studies");
    // Trials that a prior chose for nothing lie close together: they do not count as spread.
    const std::size_t useless = request_.prior != nullptr && !request_.prior->start_rows().empty() ? kWarmTops : 0;
    const std::size_t start = model_.has_prior() ? kWarmSize + given() : kStartSize + useless;
    const bool spreads = tried < start && (tried < kSpreadFirst + useless || model_.has_prior() || tried % 2 == 1);
    if (spreads || !model_.has_goal()) return start_design(tried);
    if (const auto repeat = repetition()) return *repeat;
    // A model that explains everything as noise has no idea where to look.
    const bool drowned = model_.noise_share() > kDrowned && model_.scatter() != StudyModel::Scatter::kNone;
    if (drowned && request_.observations.size() % 2 == 1) return start_design(tried);
    if (stuck() && ((request_.observations.size() + request_.pending.size()) % 2 == 1 || goes_over_the_same())) {
      TRY_ASSIGN(const auto far, elsewhere());
      if (far) return *far;
    }
    return by_model();
  }

 private:
  static std::vector<double> row_of(const Points& points, std::size_t i) {
    return {points.row(i).begin(), points.row(i).end()};
  }

  // Trials that come before any choice.
  [[nodiscard]] std::size_t given() const { return problem_.baseline.empty() ? 0 : 1; }

  // What was best in prior studies, until enough was tried to tell what they are worth.
  [[nodiscard]] std::optional<std::vector<double>> best_of_priors(std::size_t tried) {
    if (request_.prior == nullptr || tried >= kWarmTops + given() || (model_.has_goal() && !model_.has_prior()))
      return std::nullopt;
    if (!request_.candidates.empty()) {
      const Points points = of_the_given(kMostGiven);
      const std::vector<double> promise = request_.prior->promise(points);
      if (!request_.prior->usable() || promise.empty()) return std::nullopt;
      return row_of(points, static_cast<std::size_t>(std::ranges::min_element(promise) - promise.begin()));
    }
    for (const std::vector<double>& row : request_.prior->start_rows())
      if (!taken_.contains(row)) return row;
    return std::nullopt;
  }

  // The point farthest from all that was tried, of a few random ones: spreads without corners only.
  Result<Suggestion> start_design(std::size_t tried) {
    TRY_ASSIGN(Points points, over_the_space(kMaximinPoints, kMaximinPoints));
    points = untaken(points);
    if (points.rows() == 0) return exhausted();
    double farthest = -1;
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < points.rows(); ++i) {
      double nearest = std::numeric_limits<double>::infinity();
      for (const std::vector<double>& row : taken_)
        nearest = std::min(nearest, model_.encoding().distance(points.row(i), row));
      if (nearest > farthest) farthest = nearest, chosen = i;
    }
    return finish(points.row(chosen),
                  fmt::format("start design: configuration {}, away from all that were tried", tried + 1));
  }

  [[nodiscard]] Points untaken(const Points& points) const {
    Points left{points.columns, {}};
    std::set<std::vector<double>> seen;
    for (std::size_t i = 0; i < points.rows(); ++i) {
      const std::vector<double> row = row_of(points, i);
      if (!taken_.contains(row) && seen.insert(row).second) left.add(row);
    }
    return left;
  }

  [[nodiscard]] bool may_be_suggested(std::span<const double> row) const {
    if (request_.candidates.empty()) return true;
    return std::ranges::any_of(request_.candidates, [&](const Configuration& one) {
      return std::ranges::equal(model_.encoding().encode(one), row);
    });
  }

  // `count` valid points, or up to `most_given` of the given candidates where only these may be suggested.
  [[nodiscard]] Result<Points> over_the_space(std::size_t count, std::size_t most_given) {
    if (!request_.candidates.empty()) return of_the_given(most_given);
    return candidates_.random(count, random_.next());
  }

  // Up to `most` of the given candidates that were not tried, all of them where there are no more.
  [[nodiscard]] Points of_the_given(std::size_t most) {
    Points all{model_.encoding().size(), {}};
    for (const Configuration& one : request_.candidates)
      all.add(model_.encoding().encode(one));
    const Points left = untaken(all);
    if (left.rows() <= most) return left;
    std::vector<std::size_t> order(left.rows());
    for (std::size_t i = 0; i < order.size(); ++i)
      order[i] = i;
    Points chosen{left.columns, {}};
    for (std::size_t i = 0; i < most; ++i) {
      std::swap(order[i], order[i + random_.below(order.size() - i)]);
      chosen.add(left.row(order[i]));
    }
    return chosen;
  }

  // Tried configurations that are feasible, best first by the model.
  [[nodiscard]] std::vector<const Trial*> ranked() const {
    std::vector<std::pair<double, const Trial*>> all;
    Points rows{model_.encoding().size(), {}};
    std::vector<const Trial*> trials;
    for (const Trial& trial : model_.trials()) {
      if (trial.count == 0 || trial.failures > 0 || !may_be_suggested(trial.row)) continue;
      rows.add(trial.row);
      trials.push_back(&trial);
    }
    if (trials.empty()) return {};
    const auto belief = model_.believe(rows);
    for (std::size_t i = 0; i < trials.size(); ++i)
      if (belief.log_feasible[i] >= std::log(0.5)) all.emplace_back(belief.mean[i], trials[i]);
    std::ranges::stable_sort(all, [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<const Trial*> result;
    for (const auto& [mean, trial] : all)
      result.push_back(trial);
    return result;
  }

  // One repeat shows whether measurements scatter at all. Where they do, the best and its rivals are measured again
  // when that is worth more than a new configuration, which by_model() decides, and at the end of the budget.
  [[nodiscard]] std::optional<Suggestion> repetition() const {
    const auto n = static_cast<int>(request_.observations.size());
    if (model_.scatter() == StudyModel::Scatter::kNone || model_.noise_share() < kNoisy) return std::nullopt;
    const bool unknown = model_.scatter() == StudyModel::Scatter::kUnknown;
    const bool racing = request_.budget > 0 && n >= (1 - kRaceShare) * request_.budget;
    if (!racing && (!unknown || n < kFreeTrials)) return std::nullopt;
    const std::vector<const Trial*> best = ranked();
    const Trial* least = nullptr;
    for (std::size_t i = 0; i < std::min<std::size_t>(best.size(), unknown ? 1 : 6); ++i)
      if (least == nullptr || best[i]->count < least->count) least = best[i];
    if (least == nullptr) return std::nullopt;
    return verify(*least);
  }

  [[nodiscard]] Suggestion verify(const Trial& trial) const {
    return finish(trial.row, fmt::format("verify: measured {} times so far, {}", trial.count,
                                         model_.scatter() == StudyModel::Scatter::kUnknown
                                             ? "and it is not known whether measurements scatter"
                                             : "and measurements scatter"));
  }

  // Configurations tried since the best one.
  [[nodiscard]] std::size_t since_best() const { return model_.trials().size() - *model_.incumbent() - 1; }

  [[nodiscard]] bool stuck() const {
    return model_.incumbent() && model_.incumbent_is_feasible() && since_best() >= kStuckAfter;
  }

  // Whether much of what was tried since the best one measured the same as another configuration, in everything and to
  // the last digit: the system does not tell them apart, and the model, for which points close by are alike but not
  // equal, goes on expecting a little more of the next one. Where most measurements are equal the goal is coarse (a
  // count), and that says nothing.
  [[nodiscard]] bool goes_over_the_same() const {
    if (since_best() < kTiedAfter || model_.scatter() == StudyModel::Scatter::kSome) return false;
    std::set<std::pair<std::vector<double>, std::vector<std::vector<double>>>> different;
    std::size_t measured = 0;
    std::size_t tied = 0;
    const std::vector<Trial>& trials = model_.trials();
    for (std::size_t i = 0; i < trials.size(); ++i) {
      if (trials[i].count == 0) continue;
      ++measured;
      if (!different.emplace(trials[i].goals, trials[i].slos).second && i > *model_.incumbent()) ++tied;
    }
    return 2 * different.size() >= measured &&
           static_cast<double>(tied) >= kTiedShare * static_cast<double>(since_best());
  }

  // Somewhere in the whole space: what a draw from the model takes for the best (Thompson sampling) where the SLOs
  // hold. Near the best, on a plateau or a spike, a model can expect a little more for ever.
  [[nodiscard]] Result<std::optional<Suggestion>> elsewhere() {
    TRY_ASSIGN(Points points, over_the_space(kSpread, kMostGiven));
    points = untaken(points);
    if (points.rows() == 0) return std::optional<Suggestion>();
    const auto belief = model_.believe(points);
    const double least = model_.has_bounds() ? numeric::normal_log_cdf(caution_.least_score.value_or(0)) : -1e300;
    std::optional<std::size_t> chosen;
    double lowest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < points.rows(); ++i) {
      const double draw = belief.mean[i] + belief.deviation[i] * random_.normal();
      if (belief.log_feasible[i] >= least && draw < lowest) chosen = i, lowest = draw;
    }
    if (!chosen) return std::optional<Suggestion>();
    return std::optional(finish(points.row(*chosen),
                                fmt::format("explore: {} configurations in a row were not better than the best, so one "
                                            "away from it",
                                            since_best())));
  }

  Result<Points> pool() {
    TRY_ASSIGN(Points found, over_the_space(kSpread, kMostGiven));
    if (!request_.candidates.empty()) return found;
    std::vector<const Trial*> best;
    if (model_.incumbent()) best.push_back(&model_.trials()[*model_.incumbent()]);
    const double sign = problem_.objective.goals().front().direction == model::Direction::kMaximize ? -1 : 1;
    std::vector<const Trial*> others;
    for (const Trial& trial : model_.trials())
      if (trial.holds(problem_.objective) && (best.empty() || &trial != best.front())) others.push_back(&trial);
    const std::size_t more = std::min(others.size(), kBest - 1);
    std::ranges::partial_sort(others, others.begin() + static_cast<long>(more), [&](const Trial* a, const Trial* b) {
      return sign * a->goals.front() < sign * b->goals.front();
    });
    best.insert(best.end(), others.begin(), others.begin() + static_cast<long>(more));
    for (const Trial* trial : best)
      candidates_.around(trial->row, model_.lengths(), kAround, random_, found);
    return untaken(found);
  }

  Result<Suggestion> by_model() {
    TRY_ASSIGN(const Points found, pool());
    if (found.rows() == 0) return exhausted();
    StudyAcquisition::Found best = worth_most(acquisition_, found);
    if (const auto dared = dare(best.row, found)) return *dared;
    if (unsafe(best.row)) step_closer(best);
    if (const auto repeat = worthier_repeat(best.value)) return *repeat;
    return finish(best.row, describe(best.row));
  }

  [[nodiscard]] StudyAcquisition::Found worth_most(const StudyAcquisition& acquisition, const Points& found) {
    const std::vector<double> values = acquisition.values(found);
    const std::vector<std::size_t> order = greatest_first(values);
    StudyAcquisition::Found best{row_of(found, order.front()), values[order.front()]};
    const std::size_t starts = request_.candidates.empty() ? std::min(kStarts, order.size()) : 0;
    for (std::size_t s = 0; s < starts; ++s) {
      StudyAcquisition::Found from{row_of(found, order[s]), values[order[s]]};
      acquisition.climb(candidates_, taken_, random_, from);
      if (from.value > best.value) best = std::move(from);
    }
    return best;
  }

  // What is worth a run with less than the asked chance, when nothing with that chance is.
  [[nodiscard]] std::optional<Suggestion> dare(std::span<const double> surest, const Points& found) {
    if (!caution_.dared_score || !model_.has_bounds() || !model_.incumbent_is_feasible()) return std::nullopt;
    const double least_gain = std::log(kWorthARun);
    if (acquisition_.log_gain(surest) >= least_gain) return std::nullopt;
    const StudyAcquisition daring(model_, caution_.dared_score);
    const std::vector<double> row = worth_most(daring, found).row;
    if (daring.log_gain(row) < least_gain) return std::nullopt;
    if (!keeps(row, *caution_.dared_score - kScoreTolerance)) return std::nullopt;
    return finish(row, describe(row) + "; what is surer to hold them gains nothing");
  }

  // Whether the SLOs hold with the chance of a standard score.
  [[nodiscard]] bool keeps(std::span<const double> row, double score) const {
    return model_.believe(row).log_feasible[0] >= numeric::normal_log_cdf(score);
  }

  [[nodiscard]] bool unsafe(std::span<const double> row) const {
    const auto& least = caution_.least_score;
    return least && model_.incumbent_is_feasible() && request_.candidates.empty() && !keeps(row, *least);
  }

  // Among small steps from the configurations that hold the SLOs and are believed to do so most: where nothing farther
  // away keeps the asked chance, the search would go on breaking SLOs for want of a better candidate.
  void step_closer(StudyAcquisition::Found& best) {
    std::vector<const Trial*> all;
    for (const Trial& trial : model_.trials())
      if (trial.holds(problem_.objective)) all.push_back(&trial);
    Points held{model_.encoding().size(), {}};
    const std::size_t count = std::min(all.size(), kMostHeld);
    for (std::size_t i = 0; i < count; ++i)
      held.add(all[i * all.size() / count]->row);
    const std::vector<std::size_t> order = greatest_first(model_.believe(held).log_feasible);
    Points close{held.columns, {}};
    for (std::size_t i = 0; i < std::min(order.size(), kBest); ++i)
      candidates_.close_to(held.row(order[i]), model_.lengths(), kAround, random_, close);
    close = untaken(close);
    const std::vector<double> values = acquisition_.values(close);
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i] > best.value) best = {row_of(close, i), values[i]};
  }

  // Measuring the best or its rival again, where that moves the decision more than a new configuration.
  [[nodiscard]] std::optional<Suggestion> worthier_repeat(double value) const {
    if (model_.scatter() != StudyModel::Scatter::kSome || !model_.incumbent_is_feasible()) return std::nullopt;
    const Trial& incumbent = model_.trials()[*model_.incumbent()];
    const std::size_t repeats = request_.observations.size() - model_.trials().size();
    if (static_cast<double>(repeats) > kRepeatShare * static_cast<double>(request_.observations.size()))
      return std::nullopt;
    const Trial* chosen = nullptr;
    const std::vector<const Trial*> best = ranked();
    for (std::size_t i = 0; i < std::min(best.size(), kBest); ++i) {
      if (best[i] == &incumbent) continue;
      const double of_rival = acquisition_.repeat_value(best[i]->row, incumbent.row, false);
      const double of_best = acquisition_.repeat_value(incumbent.row, best[i]->row, true);
      if (of_rival > value) value = of_rival, chosen = best[i];
      if (of_best > value) value = of_best, chosen = &incumbent;
    }
    return chosen == nullptr ? std::nullopt : std::optional(verify(*chosen));
  }

  [[nodiscard]] std::string describe(std::span<const double> chosen) const {
    const auto belief = model_.believe(chosen);
    const int feasible = static_cast<int>(std::lround(100 * std::exp(belief.log_feasible[0])));
    if (!model_.incumbent_is_feasible())
      return fmt::format("explore: nothing tried meets the SLOs yet; here they hold with {} %", feasible);
    const bool better = belief.mean[0] < model_.incumbent_mean();
    return fmt::format(
        "{}, the SLOs hold with {} %",
        better ? "exploit: expected to be better than the best so far" : "explore: may be better than the best so far",
        feasible);
  }

  // Every configuration was tried: the best one again.
  Result<Suggestion> exhausted() {
    const auto best = model_.incumbent();
    std::vector<double> again;
    if (best && may_be_suggested(model_.trials()[*best].row)) {
      again = model_.trials()[*best].row;
    } else if (!request_.candidates.empty()) {
      again = model_.encoding().encode(request_.candidates.front());
    } else if (!model_.trials().empty()) {
      again = model_.trials().front().row;
    } else {
      TRY_ASSIGN(const Configuration one, model::find_satisfying(problem_.space, request_.seed));  // all is being tried
      again = model_.encoding().encode(one);
    }
    return finish(again, "verify: every configuration was tried");
  }

  [[nodiscard]] Suggestion finish(std::span<const double> row, std::string why) const {
    Suggestion suggestion;
    suggestion.configuration = model_.encoding().decode(row);
    suggestion.why = std::move(why);
    for (const std::string& dropped : model_.dropped_priors())
      suggestion.why += "; " + dropped;
    suggestion.fit = model_.fit();
    if (model_.has_goal()) {
      suggestion.feasible = std::exp(model_.believe(row).log_feasible[0]);
      suggestion.predictions = model_.predictions(row);
    }
    return suggestion;
  }

  const Problem& problem_;
  const StudySearchRequest& request_;
  const StudyModel& model_;
  Random random_;
  StudyCandidates candidates_;
  StudyCaution caution_;
  StudyAcquisition acquisition_;
  std::set<std::vector<double>> taken_;
};

}  // namespace

Result<Suggestion> suggest(const Problem& problem, const StudySearchRequest& request) {
  if (problem.space.parameters().empty()) return fail(invalid_input("a study needs parameters", "parameters"));
  TRY_ASSIGN(StudyModel model, StudyModel::learn(problem, request, request.seed + request.observations.size()));
  Points pending{model.encoding().size(), {}};
  for (const Configuration& one : request.pending)
    pending.add(model.encoding().encode(one));
  TRY(model.assume_tried(pending));
  return Suggester(problem, request, model, pending).run();
}

}  // namespace trimtab::optimizer
