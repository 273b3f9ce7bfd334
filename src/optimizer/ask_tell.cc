#include "optimizer/ask_tell.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/spelling.h"
#include "json/json.h"
#include "numeric/statistics.h"
#include "optimizer/ask_tell_json.h"
#include "optimizer/ask_tell_state.h"
#include "optimizer/safe_search.h"
#include "optimizer/study_search.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Observation;
using nlohmann::json;

constexpr std::int64_t kMostSuggestions = 64;  // of one ask
constexpr std::size_t kMostOpen = 1024;        // suggestions that were not told
// Of the confidence asked for, from which a measured configuration may be the one to step from: the search itself gives
// one up below that.
constexpr double kProvedShare = 0.8;
const std::vector<std::string> kVerbs{"ask", "tell", "best", "predict", "pareto", "importance"};

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json error_json(const Error& error) {
  std::string message = error.message;
  if (!error.hint.empty()) message += "; " + error.hint;
  return {{"error", {{"code", properties(error.code).name}, {"message", message}, {"field", error.field}}}};
}

// What was measured at one configuration.
struct Measured {
  Configuration configuration;
  int count = 0;
  int failures = 0;
  model::Metrics sums;
  std::vector<double> goals;  // means
  std::vector<double> slos;   // means

  [[nodiscard]] model::Metrics means() const {
    model::Metrics result = sums;
    for (auto& [name, value] : result)
      value /= count;
    return result;
  }
};

std::vector<Measured> by_configuration(const Problem& problem, const std::vector<Observation>& observations) {
  std::vector<Measured> all;
  std::map<std::string, std::size_t> known;
  const model::Objective& objective = problem.objective;
  for (const Observation& observation : observations) {
    const auto [at, fresh] = known.emplace(observation.configuration.to_string(), all.size());
    if (fresh) all.push_back({observation.configuration, 0, 0, {}, {}, {}});
    Measured& one = all[at->second];
    if (observation.failed) {
      ++one.failures;
      continue;
    }
    ++one.count;
    for (const auto& [name, value] : observation.metrics)
      one.sums[name] += value;
    one.goals.resize(objective.goals().size());
    one.slos.resize(objective.slos().size());
    const auto add = [&](double& mean, const Result<double>& value) {
      if (value) mean += (*value - mean) / one.count;
    };
    for (std::size_t g = 0; g < one.goals.size(); ++g)
      add(one.goals[g], objective.goal_value(g, observation.metrics, observation.configuration));
    for (std::size_t k = 0; k < one.slos.size(); ++k)
      add(one.slos[k], objective.slo_value(k, observation.metrics, observation.configuration));
  }
  return all;
}

bool slos_hold(const model::Objective& objective, const std::vector<double>& values) {
  for (std::size_t k = 0; k < values.size(); ++k)
    if (!objective.slos()[k].holds(values[k])) return false;
  return true;
}

bool dominates(const model::Objective& objective, const Measured& a, const Measured& b) {
  bool better = false;
  for (std::size_t g = 0; g < a.goals.size(); ++g) {
    const double sign = objective.goals()[g].direction == model::Direction::kMaximize ? -1 : 1;
    if (sign * a.goals[g] > sign * b.goals[g]) return false;
    better = better || sign * a.goals[g] < sign * b.goals[g];
  }
  return better;
}

// One number, or one a goal.
json objective_json(const std::vector<double>& goals) {
  return goals.size() == 1 ? json(goals.front()) : json(goals);
}

}  // namespace

struct AskTell::Impl {
  Impl(Problem p, std::vector<Configuration> given, const AskTellOptions& o)
      : problem(std::move(p)),
        candidates(std::move(given)),
        options(o),
        prior(o.priors.empty() ? nullptr : std::make_unique<PriorModel>(PriorModel::learn(problem, o.priors))),
        state(problem, StudyEras(problem, start(), std::move(options.priors), !options.live)) {
    options.priors.clear();
  }

  [[nodiscard]] StudySearchRequest start() const {
    StudySearchRequest request;
    request.seed = options.seed;
    request.budget = options.budget;
    request.candidates = candidates;
    request.prior = prior.get();
    return request;
  }

  Result<json> answer(std::string_view line, const Persist& persist);
  Result<json> ask(const json& body, const Persist& persist);
  Result<json> tell(const json& body, const Persist& persist);
  Result<json> best(const json& body) const;
  Result<json> predict(const json& body) const;
  Result<json> pareto(const json& body) const;
  Result<json> importance(const json& body) const;

  [[nodiscard]] Result<Context> context_of(const json& body, const std::string& path) const;
  [[nodiscard]] Result<std::vector<Suggestion>> free_suggestions(std::size_t count, const Context& context) const;
  [[nodiscard]] Result<Suggestion> safe_suggestion(const Context& context) const;
  [[nodiscard]] SafeSearchRequest safe_request(const Context& context) const;
  // From which run on measurements are believed, where that is not the first.
  void say_since(json& answer) const;

  Problem problem;
  std::vector<Configuration> candidates;
  AskTellOptions options;
  std::unique_ptr<const PriorModel> prior;
  AskTellState state;
};

Result<json> AskTell::Impl::answer(std::string_view line, const Persist& persist) {
  TRY_ASSIGN(const json request, trimtab::json::parse(line, {kLongestRequest, 64}));
  if (!request.is_object() || request.size() != 1)
    return fail(invalid_input("expected an object with one request", "",
                              "one of ask, tell, best, predict, pareto, importance"));
  const std::string verb = request.begin().key();
  const json& body = request.begin().value();
  if (std::ranges::find(kVerbs, verb) == kVerbs.end())
    return fail(invalid_input("unknown request", verb.substr(0, 40), spelling_hint(verb.substr(0, 40), kVerbs)));
  if (!body.is_object()) return fail(invalid_input("expected an object", verb));
  if (verb == "ask") return ask(body, persist);
  if (verb == "tell") return tell(body, persist);
  if (verb == "best") return best(body);
  if (verb == "predict") return predict(body);
  if (verb == "pareto") return pareto(body);
  return importance(body);
}

Result<Context> AskTell::Impl::context_of(const json& body, const std::string& path) const {
  if (!body.contains("context")) return state.complete({});
  TRY_ASSIGN(Context given, read_context(body["context"], path + ".context", problem.context));
  return state.complete(std::move(given));
}

Result<json> AskTell::Impl::ask(const json& body, const Persist& persist) {
  TRY(trimtab::json::only(body, {"count", "context"}, "ask"));
  std::int64_t count = 1;
  if (body.contains("count")) {
    TRY_ASSIGN(count, trimtab::json::integer(body, "count", "ask"));
  }
  if (count < 1 || count > kMostSuggestions)
    return fail(invalid_input(fmt::format("count lies between 1 and {}", kMostSuggestions), "ask.count"));
  if (state.open() + static_cast<std::size_t>(count) > kMostOpen)
    return fail(
        exhausted(fmt::format("{} suggestions were not told", state.open()), "tell them, as failed if need be"));
  TRY_ASSIGN(const Context context, context_of(body, "ask"));
  std::vector<Suggestion> suggestions;
  if (options.live) {
    TRY_ASSIGN(Suggestion one, safe_suggestion(context));
    suggestions.push_back(std::move(one));
  } else {
    TRY_ASSIGN(suggestions, free_suggestions(static_cast<std::size_t>(count), context));
  }
  std::vector<Configuration> configurations;
  json list = json::array();
  for (Suggestion& suggestion : suggestions) {
    if (const auto since = state.eras().changed_since())
      suggestion.why += fmt::format("; measurements changed with {}, earlier ones count as a prior only", *since);
    list.push_back({{"id", AskTellState::id(state.next() + configurations.size())},
                    {"configuration", configuration_json(suggestion.configuration)},
                    {"feasible", trimtab::json::finite(suggestion.feasible)},
                    {"prediction", predictions_json(suggestion.predictions, problem.objective)},
                    {"why", suggestion.why}});
    configurations.push_back(suggestion.configuration);
  }
  const ModelFit& fit = suggestions.back().fit;
  if (persist) TRY(persist(text_of(state.record_of(configurations, context, fit)), false));
  state.suggest(configurations, context, fit);
  return json{{"suggestions", std::move(list)}};
}

Result<std::vector<Suggestion>> AskTell::Impl::free_suggestions(std::size_t count, const Context& context) const {
  StudySearchRequest request = state.request(context);
  std::vector<Suggestion> suggestions;
  while (suggestions.size() < count) {
    TRY_ASSIGN(Suggestion one, suggest(problem, request));
    request.pending.push_back(one.configuration);
    request.fit = one.fit;
    suggestions.push_back(std::move(one));
  }
  return suggestions;
}

SafeSearchRequest AskTell::Impl::safe_request(const Context& context) const {
  SafeSearchRequest request;
  request.observations = state.eras().all();
  request.seed = options.seed;
  double confidence = 0;
  for (const model::Slo& slo : problem.objective.slos())
    confidence = std::max(confidence, slo.confidence);
  if (confidence > 0) request.confidence = confidence;
  for (const Observation& observation : state.eras().all())
    if (observation.failed) request.barred.push_back({observation.configuration, BarredRegion{}.radius});
  // The steps start from the best known configuration, or from the baseline as long as none is proved.
  request.incumbent = problem.baseline;
  if (const auto found = optimizer::best(problem, state.request(context));
      found && found->confidence >= kProvedShare * request.confidence)
    request.incumbent = found->configuration;
  const std::string variable = context.contains("load") || problem.context.empty() ? "load" : problem.context[0].name;
  if (const auto load = context.find(variable); load != context.end()) {
    request.expected_loads = {load->second};
  } else {
    for (const Observation& observation : state.eras().all())
      request.expected_loads.push_back(observation.load);
  }
  return request;
}

Result<Suggestion> AskTell::Impl::safe_suggestion(const Context& context) const {
  const SafeSearchRequest request = safe_request(context);
  TRY_ASSIGN(const SafeSearchResult found, safe_search(problem, request));
  if (!found.proposal) {
    TRY_ASSIGN(Suggestion stay, foresee(problem, state.request(context), request.incumbent));
    stay.why = fmt::format("stay: {} ({})", found.none->text, found.none->reason_code);
    return stay;
  }
  Suggestion step{
      found.proposal->configuration, found.proposal->confidence, found.proposal->predictions, found.proposal->kind, {}};
  for (const auto& [parameter, sentence] : found.proposal->why)
    step.why += fmt::format("; {}: {}", parameter, sentence);
  return step;
}

void AskTell::Impl::say_since(json& answer) const {
  if (const auto since = state.eras().changed_since()) answer["changed_since"] = *since;
}

Result<json> AskTell::Impl::tell(const json& body, const Persist& persist) {
  TRY_ASSIGN(const Told told, state.read_tell(body));
  if (persist) TRY(persist(text_of(state.record_of(told)), true));
  const std::string id = AskTellState::id(told.asked.value_or(state.next()));
  const bool changed = state.tell(told);
  json answer{{"id", id}, {"objective", nullptr}, {"feasible", false}};
  if (!told.failure) {
    const Measured one = by_configuration(problem, {state.eras().all().back()}).front();
    answer["objective"] = objective_json(one.goals);
    answer["feasible"] = slos_hold(problem.objective, one.slos);
  }
  if (changed) say_since(answer);
  return json{{"told", std::move(answer)}};
}

Result<json> AskTell::Impl::best(const json& body) const {
  TRY(trimtab::json::only(body, {"context"}, "best"));
  TRY_ASSIGN(const Context context, context_of(body, "best"));
  const auto found = optimizer::best(problem, state.request(context));
  if (!found) return json{{"best", nullptr}};
  json answer{{"configuration", configuration_json(found->configuration)}, {"confidence", found->confidence}};
  say_since(answer);
  for (const Measured& one : by_configuration(problem, state.eras().present())) {
    if (one.configuration != found->configuration) continue;
    answer["metrics"] = numbers_json(one.means());
    answer["objective"] = objective_json(one.goals);
    answer["measurements"] = one.count;
  }
  return json{{"best", std::move(answer)}};
}

Result<json> AskTell::Impl::predict(const json& body) const {
  TRY(trimtab::json::only(body, {"configuration", "context"}, "predict"));
  if (!body.contains("configuration"))
    return fail(invalid_input("the field \"configuration\" is missing", "predict.configuration"));
  TRY_ASSIGN(const Configuration configuration,
             read_configuration(body["configuration"], "predict.configuration", state.encoding()));
  TRY_ASSIGN(const Context context, context_of(body, "predict"));
  if (std::ranges::all_of(state.eras().all(), &Observation::failed))
    return fail(unavailable("nothing was measured yet", "tell first"));
  TRY_ASSIGN(const Suggestion expected, foresee(problem, state.request(context), configuration));
  json answer{{"configuration", configuration_json(expected.configuration)},
              {"feasible", trimtab::json::finite(expected.feasible)},
              {"prediction", predictions_json(expected.predictions, problem.objective)}};
  say_since(answer);
  return json{{"predict", std::move(answer)}};
}

Result<json> AskTell::Impl::pareto(const json& body) const {
  TRY(trimtab::json::only(body, {}, "pareto"));
  std::vector<Measured> feasible = by_configuration(problem, state.eras().present());
  std::erase_if(feasible, [&](const Measured& one) {
    return one.count == 0 || one.failures > 0 || !slos_hold(problem.objective, one.slos);
  });
  std::vector<Measured> best;
  std::vector<Configuration> configurations;
  for (const Measured& one : feasible) {
    if (std::ranges::any_of(feasible, [&](const Measured& other) { return dominates(problem.objective, other, one); }))
      continue;
    best.push_back(one);
    configurations.push_back(one.configuration);
  }
  json front = json::array();
  if (best.empty()) return json{{"pareto", std::move(front)}};
  TRY_ASSIGN(const std::vector<double> chances,
             feasibility(problem, state.request(state.complete({})), configurations));
  for (std::size_t i = 0; i < best.size(); ++i)
    front.push_back({{"configuration", configuration_json(best[i].configuration)},
                     {"confidence", trimtab::json::finite(chances[i])},
                     {"objective", objective_json(best[i].goals)},
                     {"metrics", numbers_json(best[i].means())},
                     {"measurements", best[i].count}});
  return json{{"pareto", std::move(front)}};
}

Result<json> AskTell::Impl::importance(const json& body) const {
  TRY(trimtab::json::only(body, {"context"}, "importance"));
  TRY_ASSIGN(const Context context, context_of(body, "importance"));
  std::vector<Importance> shares = optimizer::importance(problem, state.request(context));
  std::ranges::stable_sort(shares, std::greater{}, &Importance::share);
  json list = json::array();
  for (const Importance& one : shares)
    list.push_back({{"parameter", one.parameter},
                    {"share", trimtab::json::finite(one.share)},
                    {"interaction", trimtab::json::finite(one.interaction)}});
  return json{{"importance", std::move(list)}};
}

Result<AskTell> AskTell::create(Problem problem, std::vector<Configuration> candidates, const AskTellOptions& options) {
  if (problem.space.parameters().empty()) return fail(invalid_input("there is nothing to choose", "parameters"));
  if (problem.objective.goals().empty())
    return fail(invalid_input("there is no goal", "goal", "write goal: {minimize: METRIC}"));
  if (options.live && problem.baseline.empty())
    return fail(invalid_input("live mode starts from the baseline", "baseline", "write baseline: what runs now"));
  if (options.live && !candidates.empty())
    return fail(invalid_input("live mode takes bounded steps and has no candidates", "candidates"));
  if (options.live && !options.priors.empty())
    return fail(invalid_input("live mode learns from what runs and takes no priors", "prior"));
  if (options.budget < 0) return fail(invalid_input("the budget is a number of experiments", "budget"));
  if (!problem.baseline.empty())
    problem.baseline = Encoding(problem.space, problem.baseline).canonical(problem.baseline);
  return AskTell(std::make_unique<Impl>(std::move(problem), std::move(candidates), options));
}

AskTell::AskTell(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AskTell::AskTell(AskTell&&) noexcept = default;
AskTell& AskTell::operator=(AskTell&&) noexcept = default;
AskTell::~AskTell() = default;

std::string AskTell::handle(std::string_view line, const Persist& persist) {
  const Result<json> answer = impl_->answer(line, persist);
  return answer ? text_of(*answer) : error_reply(answer.error());
}

Result<void> AskTell::restore(std::string_view record) {
  auto parsed = trimtab::json::parse(record, {2 * kLongestRequest, 64});
  if (parsed && parsed->is_object()) return impl_->state.restore(*parsed);
  Error error;
  error.code = Code::kDataLoss;
  error.message = "a stored record is not JSON";
  return fail(std::move(error));
}

std::size_t AskTell::tells() const {
  return impl_->state.eras().all().size();
}

std::vector<std::string> AskTell::prior_notes() const {
  return impl_->prior ? impl_->prior->notes() : std::vector<std::string>{};
}

std::string error_reply(const Error& error) {
  return text_of(error_json(error));
}

}  // namespace trimtab::optimizer
