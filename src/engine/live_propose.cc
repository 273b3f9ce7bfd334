// What to change next: the safe search for a gain, and how its answer becomes a recommendation.
#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "engine/live_feasibility.h"
#include "engine/live_step.h"
#include "insight/cost.h"
#include "insight/recurring_load.h"
#include "model/parameter_names.h"

namespace trimtab::engine {
namespace {

// An offer that waits for a person is replaced only by one that is clearly better: 5 % of the monthly cost.
constexpr double kClearlyBetter = 0.05;
// A restart must have paid for itself within a month.
constexpr double kLongestPayback = 1;

bool needs_restart(const model::Recommendation& recommendation) {
  return std::ranges::any_of(recommendation.changes,
                             [](const auto& change) { return !change.skipped && change.effect == "restart"; });
}

}  // namespace

void LiveStep::consider_proposal() {
  if (state_.phase != Phase::kObserving || state_.paused || state_.decision || state_.mode == model::Mode::kObserve)
    return;
  const bool due = at_ >= state_.next_proposal || (state_.surge && fresh_window_);
  if (!due || !state_.data_trouble.empty() || !state_.live.healthy || !is_calm()) return;
  if (breached_at_present()) {
    state_.next_proposal = at_ + cadence().window;
    propose_return("slo_breach: the SLOs were not met in the last windows");
    return;
  }
  if (consider_way_back()) return;
  if (windows_at(state_.expected) < cadence().minimum_windows) return;
  if (windows_since_change().empty()) return;  // not seen since the last change
  propose_gain();
}

// The newest windows of the present configuration, as many as the guard would want, all outside an SLO.
bool LiveStep::breached_at_present() const {
  const Windows since = windows_since_change();
  const auto enough = static_cast<std::size_t>(std::max(1, policy().guard_breaches));
  if (since.size() < enough) return false;
  return std::all_of(since.end() - static_cast<std::ptrdiff_t>(enough), since.end(),
                     [this](const auto& seen) { return !is_good(application_.objective, *seen); });
}

void LiveStep::propose_gain() {
  state_.next_proposal = at_ + cadence().decide_every;
  // What may be done without asking comes first; the rest is left for a person.
  const bool some_autonomous = untouchable(model::Mode::kAutonomous).size() < application_.space.parameters().size();
  if (some_autonomous && search(model::Mode::kAutonomous)) return;
  const bool all_autonomous = untouchable(model::Mode::kAutonomous) == untouchable(model::Mode::kRecommend);
  if (some_autonomous && all_autonomous) return;
  (void)search(model::Mode::kRecommend);
}

// What can be changed in place is not held up by what needs a restart and so a quiet moment.
Result<optimizer::SafeSearchResult> LiveStep::best_change(const std::vector<std::string>& frozen) const {
  auto best = collaborators_.search(problem(), request(frozen));
  if (!best || !best->proposal || state_.mode != model::Mode::kAutonomous) return best;
  const model::Configuration& target = best->proposal->configuration;
  if (is_in_place(state_.expected, target) || is_quiet_enough(target)) return best;
  std::vector<std::string> without = frozen;
  for (const model::Parameter& parameter : application_.space.parameters()) {
    if (parameter.effect != model::ChangeEffect::kLive) without.push_back(parameter.name);
  }
  if (without.size() >= application_.space.parameters().size()) return best;
  std::ranges::sort(without);
  without.erase(std::ranges::unique(without).begin(), without.end());
  auto in_place = collaborators_.search(problem(), request(without));
  return in_place && in_place->proposal ? in_place : best;
}

// True when something was offered or what is offered already is still the best.
bool LiveStep::search(model::Mode least) {
  const std::vector<std::string> frozen = untouchable(least);
  if (frozen.size() == application_.space.parameters().size()) {
    state_.search_answer = "every parameter is only observed";
    return false;
  }
  const auto result = best_change(frozen);
  if (!result) {
    const std::string text = "the search failed: " + result.error().to_string();
    if (text != state_.search_answer) audit("proposal.failed", {}, text);
    state_.search_answer = text;
    return false;
  }
  if (!result->proposal) {
    const optimizer::NoProposal none = result->none.value_or(optimizer::NoProposal{"no_safe_gain", "nothing found"});
    state_.search_answer = none.text;
    // More evidence comes with every window; another gain does not.
    const bool waits = none.reason_code == "not_enough_evidence" || none.reason_code == "load_not_covered";
    if (waits) state_.next_proposal = at_ + cadence().window;
    if (none.reason_code == "slo_breached_at_incumbent") supersede_open(none.text);
    return false;
  }
  const optimizer::SafeProposal& proposal = *result->proposal;
  // In production a restart only to learn something is not worth its risk.
  if (proposal.kind == "explore" && proposal.gain < policy().minimum_saving) {
    state_.search_answer = fmt::format("no safe change gains {:.1f} % or more", policy().minimum_saving * 100);
    return false;
  }
  model::Recommendation made = draft(proposal.configuration, proposal.kind);
  if (made.changes.empty()) {
    state_.search_answer = "the search proposed what is live";
    return false;
  }
  made.confidence = proposal.confidence;
  made.predictions = proposal.predictions;
  made.bindings = proposal.bindings;
  for (model::Change& change : made.changes) {
    if (const auto why = proposal.why.find(change.parameter); why != proposal.why.end()) change.why = why->second;
  }
  made.summary = summary(made);
  const double payback =
      insight::payback_months(application_.prices, made.cost_current, made.cost_proposed, needs_restart(made));
  if (payback > kLongestPayback) {
    state_.search_answer = fmt::format("the restart would cost more than a month's saving of {:.2f} {}",
                                       made.cost_current - made.cost_proposed, application_.prices.currency);
    return false;
  }
  state_.search_answer.clear();
  if (made.kind == "return") note_surge(made);
  if (state_.open) {
    const bool better = made.cost_proposed < state_.open->cost_proposed * (1 - kClearlyBetter);
    if (!better || same(made.target(), state_.open->target())) return true;
    supersede_open("a better proposal was found");
  }
  offer(std::move(made));
  return true;
}

optimizer::Problem LiveStep::problem() const {
  optimizer::Problem problem;
  problem.space = application_.space;
  if (auto memory = memory_constraint(application_, state_.observations, project(application_.space, state_.expected)))
    problem.space = problem.space.with(*std::move(memory));
  problem.objective = application_.objective;
  if (!application_.load_metric.empty()) problem.context = {{application_.load_metric, true}};
  if (application_.space.validate(state_.baseline)) problem.baseline = state_.baseline;
  return problem;
}

optimizer::SafeSearchRequest LiveStep::request(const std::vector<std::string>& frozen) const {
  optimizer::SafeSearchRequest request;
  request.incumbent = project(application_.space, state_.expected);
  request.observations = state_.observations;
  for (const Instant at : state_.released) {
    const auto first = std::ranges::find_if(state_.observations, [at](const auto& seen) { return seen.start >= at; });
    const auto index = static_cast<std::size_t>(first - state_.observations.begin());
    if (index > 0 && (request.releases.empty() || request.releases.back() < index)) request.releases.push_back(index);
  }
  request.expected_loads = expected_loads();
  request.confidence = policy().confidence;
  request.minimum_gain = policy().minimum_saving;
  request.restart_gain = policy().minimum_saving_restart;
  request.max_changes = policy().max_parameters_per_change;
  request.frozen = frozen;
  request.monotone = application_.monotone;
  request.seed = Random::named(state_.seed, fmt::format("search-{}", state_.sequence)).next();
  const double highest =
      request.expected_loads.empty() ? state_.load_now : *std::ranges::max_element(request.expected_loads);
  for (const BarredConfiguration& barred : state_.barred) {
    if (is_barred(barred.configuration, highest)) request.barred.push_back({barred.configuration});
  }
  return request;
}

// The loads until the next decision could be verified. Where a surge can be met in place within minutes no reserve is
// kept for one that came once; what comes back counts, and what is under way.
std::vector<double> LiveStep::expected_loads() const {
  std::vector<double> loads = forecast_loads();
  if (!loads.empty() && loads.back() < state_.load_now) loads.push_back(state_.load_now);
  return loads;
}

std::vector<double> LiveStep::forecast_loads() const {
  const Duration horizon = cadence().decide_every + cadence().settle + cadence().window * cadence().verify_windows_max;
  return insight::forecast(reacts_in_place() ? insight::without_surges(state_.loads) : state_.loads, at_, horizon)
      .loads;
}

// The highest load that is expected without what is under way just now.
double LiveStep::recurring_load() const {
  const std::vector<double> loads = forecast_loads();
  return loads.empty() ? state_.load_now : loads.back();
}

// A recommendation from what is live to `target`, without predictions.
model::Recommendation LiveStep::draft(const model::Configuration& target, std::string kind) {
  model::Recommendation made;
  Random random = Random::named(state_.seed, fmt::format("recommendation-{}-{}", state_.sequence, records_.size()));
  made.id = make_ulid(at_, random);
  made.application = state_.application;
  made.created = at_;
  made.expires = at_ + cadence().expire_after;
  made.live_fingerprint = state_.live.configuration.fingerprint();
  made.current = project(application_.space, state_.expected);
  made.kind = std::move(kind);
  const model::Configuration wanted = project(application_.space, target);
  for (const model::Parameter& parameter : application_.space.parameters()) {
    const model::Value* proposed = wanted.find(parameter.name);
    const model::Value* current = made.current.find(parameter.name);
    if (proposed == nullptr || (current != nullptr && *current == *proposed)) continue;
    model::Change change;
    change.parameter = parameter.name;
    change.unit = parameter.unit;
    change.current = current != nullptr ? *current : *proposed;
    change.proposed = *proposed;
    change.effect = model::effect_name(parameter.effect);
    made.changes.push_back(std::move(change));
  }
  made.evidence = evidence();
  made.cost_current = cost_of(made.current);
  made.cost_proposed = cost_of(made.target());
  return made;
}

void LiveStep::offer(model::Recommendation recommendation) {
  const model::Configuration target = project(application_.space, recommendation.target());
  if (const std::string need = memory_statement(application_, state_, target); !need.empty())
    recommendation.evidence.statements.push_back("after the change " + need);
  if (auto warning = memory_warning(application_, state_, target))
    recommendation.bindings.push_back(*std::move(warning));
  recommendation.history.push_back({at_, State::kProposed, "trimtab", "proposed", recommendation.summary});
  state_.next_proposal = at_ + cadence().decide_every;
  state_.open = std::move(recommendation);
  changed(*state_.open);
  audit("recommendation.proposed", state_.open->id, state_.open->summary);
  notify("info", state_.open->summary, state_.open->id);
}

void LiveStep::supersede_open(const std::string& reason) {
  if (!state_.open) return;
  transition(*state_.open, State::kSuperseded, "trimtab", "superseded", reason);
  state_.open.reset();
}

}  // namespace trimtab::engine
