#include "optimizer/study_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "base/random.h"
#include "model/satisfy.h"
#include "numeric/normal.h"
#include "numeric/sobol.h"
#include "numeric/statistics.h"
#include "optimizer/study_candidates.h"
#include "optimizer/study_model.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Observation;

constexpr std::size_t kMaximinPoints = 24;
constexpr int kLocalRounds = 8;
constexpr std::size_t kStarts = 4;       // best candidates refined by local search
constexpr double kThompsonShare = 0.25;  // of the suggestions; an ensemble is robust to a wrong model (HEBO's MACE)
constexpr double kOptimismShare = 0.15;
constexpr double kOptimismDeviations = 1.8;  // deviations, as Vizier's bandit
constexpr double kNoisy = 0.05;              // noise over signal variance from which trials are repeated
constexpr double kRaceShare = 0.15;          // of the budget, at the end
constexpr int kRepeatEvery = 5;
constexpr std::size_t kMostGiven = 2000;  // given candidates judged for one suggestion; of more, a random sample

enum class Term { kImprovement, kThompson, kOptimism };

std::string key_of(const Encoding& encoding, const Configuration& configuration) {
  return encoding.canonical(configuration).to_string();
}

class Suggester {
 public:
  Suggester(const Problem& problem, const StudySearchRequest& request, const StudyModel& model)
      : problem_(problem),
        request_(request),
        model_(model),
        random_(Random::named(request.seed + request.observations.size() + 7919 * request.pending.size(), "suggest")),
        candidates_(problem, model.encoding(), model.trials()) {
    for (const Trial& trial : model.trials())
      taken_.insert(trial.configuration.to_string());
    for (const Configuration& configuration : request.pending)
      taken_.insert(key_of(model.encoding(), configuration));
  }

  Result<Suggestion> run() {
    const Configuration& baseline = problem_.baseline;
    if (!baseline.empty() && may_be_suggested(baseline) && !taken_.contains(key_of(model_.encoding(), baseline)))
      return finish(baseline, "baseline: the configuration to compare with");
    const std::size_t tried = taken_.size();
    if (tried < start_size() || !model_.has_goal()) return start_design(tried);
    if (const auto repeat = repetition()) return *repeat;
    return by_model();
  }

 private:
  [[nodiscard]] std::size_t start_size() const {
    const auto d = static_cast<double>(problem_.space.parameters().size());
    const double wanted = request_.budget > 0 ? 0.15 * request_.budget : d + 2;
    return static_cast<std::size_t>(std::lround(std::clamp(wanted, 5.0, 20.0)));
  }

  // The point farthest from all that was tried, of a few random ones: spreads without corners only.
  Result<Suggestion> start_design(std::size_t tried) {
    TRY_ASSIGN(auto points, request_.candidates.empty() ? candidates_.random(kMaximinPoints, random_.next())
                                                        : of_the_given(kMaximinPoints));
    std::erase_if(points, [&](const Configuration& c) { return taken_.contains(c.to_string()); });
    if (points.empty()) return exhausted();
    double farthest = -1;
    const Configuration* chosen = nullptr;
    for (const Configuration& point : points) {
      double nearest = std::numeric_limits<double>::infinity();
      for (const Trial& trial : model_.trials())
        nearest = std::min(nearest, model_.encoding().distance(point, trial.configuration));
      for (const Configuration& pending : request_.pending)
        nearest = std::min(nearest, model_.encoding().distance(point, pending));
      if (nearest > farthest) farthest = nearest, chosen = &point;
    }
    return finish(*chosen, fmt::format("start design: {} of {} configurations that spread over the space", tried + 1,
                                       std::max(start_size(), tried + 1)));
  }

  [[nodiscard]] bool may_be_suggested(const Configuration& configuration) const {
    if (request_.candidates.empty()) return true;
    const std::string key = key_of(model_.encoding(), configuration);
    return std::ranges::any_of(request_.candidates,
                               [&](const Configuration& one) { return key_of(model_.encoding(), one) == key; });
  }

  // Up to `most` of the given candidates that were not tried, all of them where there are no more.
  Result<std::vector<Configuration>> of_the_given(std::size_t most) {
    std::vector<Configuration> left;
    for (const Configuration& one : request_.candidates)
      if (!taken_.contains(key_of(model_.encoding(), one))) left.push_back(model_.encoding().canonical(one));
    for (std::size_t i = 0; i < most && left.size() > most; ++i)
      std::swap(left[i], left[i + random_.below(left.size() - i)]);
    if (left.size() > most) left.resize(most);
    return left;
  }

  // With noise: the incumbent and its rivals are measured again now and then, and at the end of the budget.
  [[nodiscard]] std::optional<Suggestion> repetition() {
    const auto n = static_cast<int>(request_.observations.size());
    const auto best = model_.incumbent();
    if (!best || model_.noise_share() < kNoisy) return std::nullopt;
    const bool racing = request_.budget > 0 && n >= (1 - kRaceShare) * request_.budget;
    if (!racing && n % kRepeatEvery != 0) return std::nullopt;
    const Trial* least = nullptr;
    std::vector<std::pair<double, const Trial*>> ranked;
    for (const Trial& trial : model_.trials()) {
      if (trial.count == 0 || trial.failures > 0 || !may_be_suggested(trial.configuration)) continue;
      const auto belief = model_.believe({trial.configuration});
      if (belief.log_feasible[0] >= std::log(0.5)) ranked.emplace_back(belief.mean[0], &trial);
    }
    std::ranges::stable_sort(ranked, [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < std::min<std::size_t>(ranked.size(), racing ? 6 : 2); ++i)
      if (least == nullptr || ranked[i].second->count < least->count) least = ranked[i].second;
    if (least == nullptr) return std::nullopt;
    return finish(least->configuration,
                  fmt::format("verify: measured {} times so far, and measurements scatter", least->count));
  }

  Result<Suggestion> by_model() {
    TRY_ASSIGN(auto pool, request_.candidates.empty()
                              ? candidates_.pool(model_.incumbent(), model_.lengths(), random_.next())
                              : of_the_given(kMostGiven));
    std::erase_if(pool, [&](const Configuration& c) { return taken_.contains(c.to_string()); });
    const double draw = random_.uniform();
    Term term = Term::kImprovement;
    if (model_.incumbent_is_feasible())
      term = draw < kThompsonShare ? Term::kThompson
                                   : (draw < kThompsonShare + kOptimismShare ? Term::kOptimism : Term::kImprovement);
    if (pool.empty()) return exhausted();
    const std::vector<double> values = acquisition(pool, term);
    std::vector<std::size_t> order(pool.size());
    for (std::size_t i = 0; i < order.size(); ++i)
      order[i] = i;
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
    Configuration chosen = pool[order.front()];
    double best = values[order.front()];
    // A Thompson draw has no value between the candidates it was drawn for.
    const bool fixed = term == Term::kThompson || !request_.candidates.empty();
    const std::size_t starts = fixed ? 0 : std::min(kStarts, order.size());
    for (std::size_t s = 0; s < starts; ++s) {
      Configuration from = pool[order[s]];
      double value = values[order[s]];
      climb(from, value, term);
      if (value > best) best = value, chosen = std::move(from);
    }
    return finish(chosen, describe(chosen, term));
  }

  void climb(Configuration& from, double& value, Term term) const {
    double reach = 0.2;  // of the range; halved when nothing is better
    for (int round = 0; round < kLocalRounds; ++round) {
      auto moves = candidates_.neighbours(from, reach);
      std::erase_if(moves, [&](const Configuration& c) { return taken_.contains(c.to_string()); });
      if (moves.empty()) return;
      const std::vector<double> values = acquisition(moves, term);
      const auto at = static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
      if (values[at] <= value + 1e-9) {
        reach *= 0.4;
        continue;
      }
      value = values[at];
      from = moves[at];
    }
  }

  // Higher is better; see docs/algorithms/study-search.md.
  [[nodiscard]] std::vector<double> acquisition(const std::vector<Configuration>& configurations, Term term) const {
    const auto belief = model_.believe(configurations);
    std::vector<double> values = belief.log_feasible;
    if (!model_.incumbent_is_feasible()) return values;
    const auto reference = model_.believe({model_.trials()[*model_.incumbent()].configuration});
    Random draws = Random::named(request_.seed + request_.observations.size(), "thompson");
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (term == Term::kThompson) {
        values[i] += -(belief.mean[i] + belief.deviation[i] * draws.normal());
      } else if (term == Term::kOptimism) {
        values[i] += -(belief.mean[i] - kOptimismDeviations * belief.deviation[i]);
      } else {
        const double variance = belief.deviation[i] * belief.deviation[i] +
                                reference.deviation[0] * reference.deviation[0] - 2 * belief.covariance[i];
        const double s = std::sqrt(std::max(variance, 1e-12));
        values[i] += std::log(s) + numeric::log_expected_improvement((reference.mean[0] - belief.mean[i]) / s);
      }
    }
    return values;
  }

  [[nodiscard]] std::string describe(const Configuration& chosen, Term term) const {
    const auto belief = model_.believe({chosen});
    const int feasible = static_cast<int>(std::lround(100 * std::exp(belief.log_feasible[0])));
    if (!model_.incumbent_is_feasible())
      return fmt::format("explore: nothing tried meets the SLOs yet; here they hold with {} %", feasible);
    const auto reference = model_.believe({model_.trials()[*model_.incumbent()].configuration});
    const bool better = belief.mean[0] < reference.mean[0];
    return fmt::format("{}: {}, the SLOs hold with {} %", better && term != Term::kThompson ? "exploit" : "explore",
                       better ? "expected to be better than the best so far" : "may be better than the best so far",
                       feasible);
  }

  // Every configuration was tried: the best one again.
  Result<Suggestion> exhausted() {
    const auto best = model_.incumbent();
    Configuration again = request_.candidates.empty() ? Configuration{} : request_.candidates.front();
    if (best && may_be_suggested(model_.trials()[*best].configuration)) {
      again = model_.trials()[*best].configuration;
    } else if (request_.candidates.empty() && !model_.trials().empty()) {
      again = model_.trials().front().configuration;
    } else if (request_.candidates.empty()) {
      TRY_ASSIGN(again, model::find_satisfying(problem_.space, request_.seed));  // all of it is being tried now
    }
    return finish(again, "verify: every configuration was tried");
  }

  [[nodiscard]] Suggestion finish(const Configuration& configuration, std::string why) const {
    Suggestion suggestion;
    suggestion.configuration = model_.encoding().canonical(configuration);
    suggestion.why = std::move(why);
    if (model_.has_goal()) {
      suggestion.feasible = std::exp(model_.believe({configuration}).log_feasible[0]);
      suggestion.predictions = model_.predictions(configuration);
    }
    return suggestion;
  }

  const Problem& problem_;
  const StudySearchRequest& request_;
  const StudyModel& model_;
  Random random_;
  StudyCandidates candidates_;
  std::set<std::string> taken_;
};

}  // namespace

Result<Suggestion> suggest(const Problem& problem, const StudySearchRequest& request) {
  if (problem.space.parameters().empty()) return fail(invalid_input("a study needs parameters", "parameters"));
  TRY_ASSIGN(StudyModel model, StudyModel::learn(problem, request, request.seed + request.observations.size()));
  TRY(model.assume_tried(request.pending));
  return Suggester(problem, request, model).run();
}

Result<Suggestion> foresee(const Problem& problem, const StudySearchRequest& request,
                           const Configuration& configuration) {
  TRY_ASSIGN(const StudyModel model, StudyModel::learn(problem, request, request.seed));
  Suggestion suggestion;
  suggestion.configuration = model.encoding().canonical(configuration);
  if (!model.has_goal()) return suggestion;
  suggestion.feasible = std::exp(model.believe({configuration}).log_feasible[0]);
  suggestion.predictions = model.predictions(configuration);
  return suggestion;
}

namespace {

// The best of the trials that did not fail and hold the SLOs: as measured, or by the model in the request's context.
std::optional<BestConfiguration> best_trial(const Problem& problem, const StudyModel& model, bool by_model) {
  const bool maximised = problem.objective.goals().front().direction == model::Direction::kMaximize;
  // Noise-free tables: the measurement ranks better than the model's mean; with noise it is the other way round, and
  // measurements in other contexts are comparable only through the model.
  const bool rank_by_model = model.context_varies() || model.noise_share() >= kNoisy;
  std::optional<BestConfiguration> found;
  double found_rank = std::numeric_limits<double>::infinity();
  for (const Trial& trial : model.trials()) {
    if (trial.count == 0 || trial.failures > 0) continue;
    const auto belief = model.believe({trial.configuration});
    bool holds = !by_model || belief.log_feasible[0] >= std::log(0.5);
    for (std::size_t k = 0; k < trial.slos.size() && !by_model; ++k)
      holds = holds && !trial.slos[k].empty() && problem.objective.slos()[k].holds(numeric::mean(trial.slos[k]));
    if (!holds) continue;
    const double measured = maximised ? -trial.goals.front() : trial.goals.front();
    const double rank = rank_by_model ? belief.mean[0] : measured;
    if (found && rank >= found_rank) continue;
    found_rank = rank;
    found = BestConfiguration{trial.configuration, trial.goals.front(), std::exp(belief.log_feasible[0]), trial.count};
  }
  return found;
}

}  // namespace

std::optional<BestConfiguration> best(const Problem& problem, const StudySearchRequest& request) {
  const auto model = StudyModel::learn(problem, request, request.seed);
  if (!model) return std::nullopt;
  std::optional<BestConfiguration> found;
  if (model->context_varies()) found = best_trial(problem, *model, true);
  return found ? found : best_trial(problem, *model, false);
}

// First-order Sobol indices of the posterior mean (Sobol 1993), from means over slices: for each parameter the variance
// of the mean with that parameter held, over the whole variance.
std::vector<Importance> importance(const Problem& problem, const StudySearchRequest& request) {
  std::vector<Importance> shares;
  const auto model = StudyModel::learn(problem, request, request.seed);
  const std::size_t d = problem.space.parameters().size();
  for (std::size_t k = 0; k < d; ++k)
    shares.push_back({problem.space.parameters()[k].name, 0});
  if (!model || !model->has_goal() || d == 0) return shares;
  constexpr std::size_t kPoints = 64;  // of the other parameters, the same for every slice
  constexpr std::size_t kSlices = 9;
  const std::vector<double> base = numeric::scrambled_sobol(kPoints, d, request.seed);
  const Encoding& encoding = model->encoding();
  const auto place = [&](std::size_t k, double u) {
    const auto levels = static_cast<double>(problem.space.parameters()[k].values.size());
    return encoding.categorical()[k] ? std::floor(u * levels) : u;
  };
  std::vector<Configuration> points;
  for (std::size_t k = 0; k < d; ++k) {
    const std::size_t slices = encoding.categorical()[k] ? problem.space.parameters()[k].values.size() : kSlices;
    for (std::size_t slice = 0; slice < slices; ++slice) {
      for (std::size_t i = 0; i < kPoints; ++i) {
        std::vector<double> row(d);
        for (std::size_t j = 0; j < d; ++j)
          row[j] = place(j, base[i * d + j]);
        row[k] = place(k, (static_cast<double>(slice) + 0.5) / static_cast<double>(slices));
        points.push_back(encoding.decode(row));
      }
    }
  }
  const std::vector<double> mean = model->believe(points).mean;
  const double total = numeric::variance(mean);
  double sum = 0;
  std::size_t next = 0;
  for (std::size_t k = 0; k < d && total > 1e-12; ++k) {
    const std::size_t slices = encoding.categorical()[k] ? problem.space.parameters()[k].values.size() : kSlices;
    std::vector<double> slice_means;
    for (std::size_t slice = 0; slice < slices; ++slice, next += kPoints)
      slice_means.push_back(numeric::mean(std::span(mean).subspan(next, kPoints)));
    const double centre = numeric::mean(slice_means);
    for (const double value : slice_means)
      shares[k].share += (value - centre) * (value - centre) / static_cast<double>(slices) / total;
    sum += shares[k].share;
  }
  for (Importance& one : shares)
    one.share /= std::max(1.0, sum);
  return shares;
}

}  // namespace trimtab::optimizer
