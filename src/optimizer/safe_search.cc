#include "optimizer/safe_search.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "numeric/normal.h"
#include "numeric/statistics.h"
#include "optimizer/safe_explain.h"
#include "optimizer/safe_model.h"
#include "optimizer/step_region.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Observation;

constexpr std::size_t kSobolCandidates = 96;
constexpr int kLocalRounds = 6;
constexpr int kLeastWindows = 2;        // usable, at the incumbent
constexpr double kExtrapolation = 1.6;  // of the highest load seen; the forecast itself allows for 1.5
// The incumbent is given up only when it is clearly no longer safe: between this and the confidence asked for it stays,
// so that noise does not move the configuration to and fro.
constexpr double kUnsafeShare = 0.8;
// What a candidate gains by changing one parameter less, and by one deviation of slack more, in relative gain: decides
// only between candidates that are otherwise worth the same.
constexpr double kChangePrice = 0.0005;
constexpr double kSlackWorth = 0.002;
// Room for later steps, in relative gain: of the logarithm of the response nearest its bound, and of the processor time
// used. A configuration that uses a tenth less of the processor lets a later step cut its limit by a tenth: worth the
// share of the processor in the goal, discounted because it is only predicted.
constexpr double kResponseWorth = 0.05;
constexpr double kProcessorWorth = 0.7;
// An investment: a safe change that costs a little now for room that is worth more.
constexpr double kMostInvestment = 0.06;  // relative loss of the goal
constexpr double kLeastReturn = 0.015;    // net of the loss
constexpr double kMostSlack = 2;          // deviations beyond what is asked that still count
constexpr double kPruneLoss = 0.02;       // of the gain, given up to leave a parameter alone
constexpr double kExploreGain = 0.3;      // deviations of slack by which a rescue must be better
// What a trial must promise, in the logarithm of the response, with one deviation of luck; and its price per change.
constexpr double kLeastPromise = 0.12;
constexpr double kPromisePrice = 0.03;
// While replicas restart one after the other the rest carry their load. Without the number of replicas two are assumed.
constexpr double kRestartLoad = 2;
constexpr double kQuietShare = 0.3;  // of the windows: as quiet as it gets
// Windows after a change that was seen, in which nothing is tried for what might be learned.
constexpr std::size_t kFrozenWindows = 10;

class Search {
 public:
  Search(const Problem& problem, const SafeSearchRequest& request, const SafeModel& model, double highest_seen)
      : problem_(problem),
        request_(request),
        model_(model),
        highest_seen_(highest_seen),
        restarts_(may_restart()),
        region_(problem, request, model.loads().back(), restarts_),
        now_(assess({request.incumbent}).front()) {
    find_helps();
    processor_worth_ = kProcessorWorth * processor_share();
  }

  [[nodiscard]] SafeSearchResult run() {
    auto candidates = region_.candidates(helps_, kSobolCandidates, request_.seed);
    auto outlooks = assess(candidates);
    const bool unsafe = now_.confidence < kUnsafeShare * request_.confidence;
    if (unsafe) return rescue(candidates, outlooks);
    std::size_t best = candidates.size();
    for (std::size_t i = 0; i < candidates.size(); ++i)
      if (is_safe(outlooks[i]) &&
          (best == candidates.size() || score(candidates[i], outlooks[i]) > score(candidates[best], outlooks[best])))
        best = i;
    if (best < candidates.size()) {
      Configuration chosen = candidates[best];
      Outlook outlook = outlooks[best];
      climb(chosen, outlook);
      prune(chosen, outlook);
      if (gain(outlook) >= least_gain(chosen)) return propose(std::move(chosen), outlook, "exploit");
    }
    if (!just_changed()) {
      if (auto investment = invest(candidates, outlooks)) return std::move(*investment);
      if (auto trial = explore(candidates, outlooks)) return std::move(*trial);
    }
    return {std::nullopt, no_gain()};
  }

 private:
  // The search looks at the ends of the expected loads; what it proposes is confirmed at all of them. A measured goal
  // counts at the middle, so it is never left out.
  [[nodiscard]] std::vector<Outlook> assess(const std::vector<Configuration>& configurations) const {
    const std::vector<double>& loads = model_.loads();
    if (!model_.goal_is_known() || loads.size() < 3) return model_.assess(configurations);
    return model_.assess(configurations, {loads.front(), loads.back()});
  }

  [[nodiscard]] bool just_changed() const {
    const std::size_t since = model_.windows().since_seen();
    return since > 0 && request_.observations.size() - since < kFrozenWindows;
  }

  // Restarts wait for a quiet time: the load that the replicas left carry must be one the incumbent is safe at.
  [[nodiscard]] bool may_restart() const {
    if (request_.observations.empty()) return true;
    const double during = kRestartLoad * request_.observations.back().load;
    if (during <= model_.loads().back()) return true;
    std::vector<double> seen;
    for (const Observation& observation : request_.observations)
      seen.push_back(observation.load);
    if (request_.observations.back().load <= numeric::quantile(std::move(seen), kQuietShare)) return true;
    return model_.assess({request_.incumbent}, {during}).front().confidence >= request_.confidence;
  }

  // Elasticity of the goal: how much of a relative cut of the processor arrives in the goal.
  [[nodiscard]] double processor_share() const {
    for (const model::Parameter& parameter : problem_.space.parameters()) {
      const auto now = request_.incumbent.number(parameter.name);
      if (role_of(parameter.name) != Role::kCpu || !now || !model_.goal_is_known()) continue;
      constexpr double kCut = 0.1;
      const Outlook less = model_.assess({request_.incumbent.with({{parameter.name, *now * (1 - kCut)}})}).front();
      return std::clamp(gain(less) / kCut, 0.0, 1.0);
    }
    return 0;
  }

  // Directions along which single parameters improve the goal, the strongest first.
  void find_helps() {
    std::vector<std::pair<double, StepRegion::Direction>> found;
    for (std::size_t k = 0; k < problem_.space.parameters().size(); ++k) {
      for (const double sign : {-1.0, 1.0}) {
        const auto value = region_.moved(k, sign);
        if (!value) continue;
        Configuration moved = request_.incumbent;
        moved.set(problem_.space.parameters()[k].name, *value);
        const double better = gain(model_.assess({moved}).front());
        if (better > 1e-9) found.emplace_back(better, StepRegion::Direction{k, sign});
      }
    }
    std::ranges::stable_sort(found, [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& [better, direction] : found)
      helps_.push_back(direction);
  }

  [[nodiscard]] double gain(const Outlook& outlook) const {
    const double size = std::max(std::abs(now_.goal), 1e-12);
    // A goal that is only predicted counts with one deviation against it.
    return (now_.goal - outlook.goal - outlook.goal_deviation) / size;
  }

  [[nodiscard]] bool is_safe(const Outlook& outlook) const {
    if (outlook.shortage || !std::isfinite(outlook.goal) || outlook.confidence < request_.confidence) return false;
    for (std::size_t k = 0; k < outlook.slos.size(); ++k)
      if (outlook.slos[k].confidence < problem_.objective.slos()[k].confidence) return false;
    return true;
  }

  [[nodiscard]] double score(const Configuration& candidate, const Outlook& outlook) const {
    const double asked = numeric::normal_quantile(std::clamp(request_.confidence, 0.5, 1 - 1e-9));
    const auto changes = static_cast<double>(request_.incumbent.difference(candidate).size());
    const double room = kResponseWorth * std::clamp(now_.response - outlook.response, -2.0, 2.0) +
                        processor_worth_ * std::clamp(now_.log_cpu_used - outlook.log_cpu_used, -1.0, 1.0);
    return gain(outlook) + room + kSlackWorth * std::clamp(outlook.slack - asked, 0.0, kMostSlack) -
           kChangePrice * changes - (restarts(candidate) ? request_.restart_gain : 0);
  }

  [[nodiscard]] bool restarts(const Configuration& candidate) const {
    return std::ranges::any_of(request_.incumbent.difference(candidate), [&](const std::string& name) {
      return problem_.space.find(name)->effect != model::ChangeEffect::kLive;
    });
  }

  // A change must be worth the disturbance it brings.
  [[nodiscard]] double least_gain(const Configuration& candidate) const {
    return restarts(candidate) ? std::max(request_.minimum_gain, request_.restart_gain) : request_.minimum_gain;
  }

  // Steepest ascent over grid moves.
  void climb(Configuration& chosen, Outlook& outlook) const {
    for (int round = 0; round < kLocalRounds; ++round) {
      const auto moves = region_.neighbours(chosen, helps_);
      const auto outlooks = assess(moves);
      double best = score(chosen, outlook) + 1e-9;
      std::size_t at = moves.size();
      for (std::size_t i = 0; i < moves.size(); ++i) {
        if (!is_safe(outlooks[i]) || score(moves[i], outlooks[i]) <= best) continue;
        if (gain(outlooks[i]) < std::min(least_gain(moves[i]), gain(outlook))) continue;
        best = score(moves[i], outlooks[i]);
        at = i;
      }
      if (at == moves.size()) return;
      chosen = moves[at];
      outlook = outlooks[at];
    }
  }

  // Leaves alone what hardly contributes (after BONSAI of Ax 1.x): operators want the fewest changes.
  void prune(Configuration& chosen, Outlook& outlook) const {
    const double least = score(chosen, outlook) - kPruneLoss * gain(outlook);
    for (const std::string& name : request_.incumbent.difference(chosen)) {
      Configuration fewer = chosen;
      fewer.set(name, *request_.incumbent.find(name));
      if (fewer == request_.incumbent || !region_.contains(fewer)) continue;
      const Outlook without = assess({fewer}).front();
      if (!is_safe(without) || score(fewer, without) < least || gain(without) < least_gain(fewer)) continue;
      chosen = std::move(fewer);
      outlook = without;
    }
  }

  // The incumbent is not safe at the loads expected: the cheapest safe configuration in reach, else the safest.
  [[nodiscard]] SafeSearchResult rescue(const std::vector<Configuration>& candidates,
                                        const std::vector<Outlook>& outlooks) const {
    std::size_t best = candidates.size();
    const auto better = [&](std::size_t a, std::size_t b) {
      const bool safe_a = is_safe(outlooks[a]);
      const bool safe_b = is_safe(outlooks[b]);
      if (safe_a != safe_b) return safe_a;
      const bool short_a = outlooks[a].shortage.has_value();
      if (short_a != outlooks[b].shortage.has_value()) return !short_a;
      return safe_a ? score(candidates[a], outlooks[a]) > score(candidates[b], outlooks[b])
                    : outlooks[a].slack > outlooks[b].slack;
    };
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      // To take away what is short already is no rescue, whatever the response model makes of it.
      if (outlooks[i].shortage && gain(outlooks[i]) > 0) continue;
      if (best == candidates.size() || better(i, best)) best = i;
    }
    if (best == candidates.size()) return {std::nullopt, unsafe_incumbent()};
    Configuration chosen = candidates[best];
    Outlook outlook = outlooks[best];
    if (is_safe(outlook)) {
      climb(chosen, outlook);
    } else if (outlook.slack < now_.slack + kExploreGain || is_starved(outlook)) {
      return {std::nullopt, unsafe_incumbent()};
    }
    return propose(std::move(chosen), outlook, "return");
  }

  [[nodiscard]] std::optional<SafeSearchResult> invest(const std::vector<Configuration>& candidates,
                                                       const std::vector<Outlook>& outlooks) const {
    std::size_t best = candidates.size();
    double most =
        score(request_.incumbent, now_) + std::max(kLeastReturn, request_.minimum_gain);  // a restart is in it
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (!is_safe(outlooks[i]) || gain(outlooks[i]) < -kMostInvestment || was_tried(candidates[i])) continue;
      const double value = score(candidates[i], outlooks[i]);
      if (value <= most) continue;
      most = value;
      best = i;
    }
    if (best == candidates.size()) return std::nullopt;
    return propose(candidates[best], outlooks[best], "explore");
  }

  // GoOSE: where the goal's next step is not yet known to be safe, try the safe configuration that may make room for
  // it.
  [[nodiscard]] std::optional<SafeSearchResult> explore(const std::vector<Configuration>& candidates,
                                                        const std::vector<Outlook>& outlooks) const {
    const bool blocked_by_slo = std::ranges::any_of(outlooks, [&](const Outlook& outlook) {
      return gain(outlook) >= request_.minimum_gain && !is_starved(outlook) && !is_safe(outlook);
    });
    if (!blocked_by_slo || now_.slos.empty()) return std::nullopt;
    std::size_t binding = 0;
    for (std::size_t k = 1; k < now_.slos.size(); ++k)
      if (now_.slos[k].slack < now_.slos[binding].slack) binding = k;
    const std::vector<double> promises = model_.promise(binding, candidates, now_.slos[binding].load);
    std::size_t best = candidates.size();
    double most = kLeastPromise;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (!is_safe(outlooks[i]) || gain(outlooks[i]) < -1e-9 || was_tried(candidates[i])) continue;
      const double promise =
          promises[i] - kPromisePrice * static_cast<double>(request_.incumbent.difference(candidates[i]).size());
      if (promise <= most) continue;
      most = promise;
      best = i;
    }
    if (best == candidates.size()) return std::nullopt;
    return propose(candidates[best], outlooks[best], "explore");
  }

  [[nodiscard]] bool was_tried(const Configuration& candidate) const {
    return std::ranges::any_of(request_.observations,
                               [&](const Observation& observation) { return observation.configuration == candidate; });
  }

  // Short of memory: that ends in kills, which no response time justifies.
  [[nodiscard]] bool is_starved(const Outlook& outlook) const {
    return outlook.shortage && role_of(outlook.shortage->parameter) == Role::kMemory;
  }

  [[nodiscard]] SafeSearchResult propose(Configuration chosen, const Outlook& searched, std::string kind) const {
    const Outlook outlook = model_.assess({chosen}).front();
    // A rescue is the best in reach in any case.
    if (kind != "return" && is_safe(searched) && !is_safe(outlook)) return {std::nullopt, no_gain()};
    SafeProposal proposal;
    proposal.configuration = std::move(chosen);
    proposal.confidence = outlook.confidence;
    proposal.gain = gain(outlook);
    proposal.kind = std::move(kind);
    explain(problem_, request_, model_, region_, helps_, now_, outlook, proposal);
    return {std::move(proposal), std::nullopt};
  }

  [[nodiscard]] NoProposal no_gain() const {
    SafeProposal stay;
    stay.configuration = request_.incumbent;
    explain(problem_, request_, model_, region_, helps_, now_, now_, stay);
    std::string text = fmt::format("no safe change improves the goal by {:.1f} % or more", 100 * request_.minimum_gain);
    for (std::size_t i = 0; i < std::min<std::size_t>(stay.bindings.size(), 2); ++i)
      text += (i == 0 ? ": " : "; ") + stay.bindings[i].text;
    if (!restarts_) text += "; what needs a restart waits for a quieter time";
    return {"no_safe_gain", std::move(text)};
  }

  [[nodiscard]] NoProposal unsafe_incumbent() const {
    const double highest = model_.loads().back();
    if (highest > 1.1 * highest_seen_)
      return {
          "load_not_covered",
          fmt::format("{} requests/s are expected, at most {} were seen; the SLOs hold there with {:.0f} % confidence "
                      "only and nothing in reach is known to be better",
                      number_text(highest), number_text(highest_seen_), 100 * now_.confidence)};
    return {"slo_breached_at_incumbent",
            fmt::format("at {} requests/s the SLOs hold with {:.0f} % confidence only, and no configuration within one "
                        "step is clearly better",
                        number_text(highest), 100 * now_.confidence)};
  }

  const Problem& problem_;
  const SafeSearchRequest& request_;
  const SafeModel& model_;
  double highest_seen_;
  bool restarts_;
  StepRegion region_;
  Outlook now_;
  std::vector<StepRegion::Direction> helps_;
  double processor_worth_ = 0;
};

Result<void> check(const Problem& problem, const SafeSearchRequest& request) {
  if (problem.objective.goals().empty()) return fail(invalid_input("a search needs a goal", "goal"));
  for (const auto& [name, value] : request.incumbent.entries())
    if (problem.space.find(name) == nullptr)
      return fail(invalid_input(fmt::format("\"{}\" is not a parameter", name), "incumbent"));
  for (const model::Parameter& parameter : problem.space.parameters()) {
    if (!problem.space.is_active(parameter, request.incumbent)) continue;
    const model::Value* value = request.incumbent.find(parameter.name);
    if (value == nullptr) return fail(invalid_input(parameter.name + " has no value", "incumbent"));
    if (value->is_number() != parameter.is_number())
      return fail(invalid_input(parameter.name + " has a value of the wrong type", "incumbent"));
  }
  for (const std::string& name : request.frozen)
    if (problem.space.find(name) == nullptr)
      return fail(invalid_input(fmt::format("\"{}\" is not a parameter", name), "frozen"));
  if (!(request.confidence > 0 && request.confidence < 1))
    return fail(invalid_input("the confidence lies between 0 and 1", "confidence"));
  return {};
}

// At most five, ascending, positive and different.
std::vector<double> loads_of(const SafeSearchRequest& request, double highest_seen) {
  constexpr std::size_t kMost = 5;
  std::vector<double> loads;
  for (const double load : request.expected_loads)
    if (std::isfinite(load) && load >= 0) loads.push_back(load);
  std::ranges::sort(loads);
  loads.erase(std::unique(loads.begin(), loads.end()), loads.end());
  if (loads.empty()) loads.push_back(highest_seen);
  if (loads.size() <= kMost) return loads;
  std::vector<double> few;
  for (std::size_t i = 0; i < kMost; ++i)
    few.push_back(loads[i * (loads.size() - 1) / (kMost - 1)]);
  return few;
}

double highest_load_seen(const SafeSearchRequest& request) {
  double highest = 0;
  for (const Observation& observation : request.observations)
    highest = std::max(highest, observation.load);
  return highest;
}

}  // namespace

Result<SafeSearchResult> safe_search(const Problem& problem, const SafeSearchRequest& request) {
  TRY(check(problem, request));
  // What was seen before a release is no evidence of what runs now.
  const std::size_t first = request.releases.empty() ? 0 : request.releases.back();
  int at_incumbent = 0;
  for (std::size_t i = first; i < request.observations.size(); ++i) {
    const Observation& observation = request.observations[i];
    at_incumbent += !observation.failed && observation.configuration == request.incumbent ? 1 : 0;
  }
  if (at_incumbent < kLeastWindows)
    return SafeSearchResult{
        std::nullopt, NoProposal{"not_enough_evidence",
                                 fmt::format("{} of {} usable windows of the present configuration have been seen",
                                             at_incumbent, kLeastWindows)}};
  const double highest_seen = highest_load_seen(request);
  const std::vector<double> loads = loads_of(request, highest_seen);
  if (highest_seen > 0 && loads.back() > kExtrapolation * highest_seen)
    return SafeSearchResult{
        std::nullopt,
        NoProposal{"load_not_covered", fmt::format("{} requests/s are expected, but at most {} were ever seen",
                                                   number_text(loads.back()), number_text(highest_seen))}};
  TRY_ASSIGN(const SafeModel model, SafeModel::learn(problem, request, loads));
  for (std::size_t k = 0; k < problem.objective.slos().size(); ++k)
    if (!model.slo_is_modelled(k))
      return SafeSearchResult{
          std::nullopt, NoProposal{"not_enough_evidence", fmt::format("no window told anything about the SLO \"{}\"",
                                                                      problem.objective.slos()[k].name)}};
  return Search(problem, request, model, highest_seen).run();
}

Result<Posterior> predict(const Problem& problem, const SafeSearchRequest& request, const std::string& metric,
                          const Configuration& configuration, double load) {
  TRY(check(problem, request));
  if (request.observations.empty()) return fail(unavailable("nothing was observed yet"));
  TRY_ASSIGN(const SafeModel model, SafeModel::learn(problem, request, {load}));
  const auto& slos = problem.objective.slos();
  for (std::size_t k = 0; k < slos.size(); ++k)
    if (slos[k].name == metric && model.slo_is_modelled(k)) return model.slo_posterior(k, configuration, load);
  return model.metric_posterior(metric, configuration, load);
}

}  // namespace trimtab::optimizer
