#include "optimizer/safe_explain.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace trimtab::optimizer {
namespace {

using model::Binding;
using model::Configuration;
using model::Parameter;
using model::Value;

std::string with_unit(double number, const std::string& unit) {
  return unit.empty() ? number_text(number) : number_text(number) + " " + unit;
}

void add_predictions(const Problem& problem, const SafeModel& model, const Configuration& current, const Outlook& now,
                     const Outlook& then, SafeProposal& proposal) {
  const std::vector<double>& loads = model.loads();
  std::vector<double> stated{loads.back()};
  if (loads.size() > 1) stated.push_back(loads[loads.size() / 2]);
  for (std::size_t k = 0; k < problem.objective.slos().size(); ++k) {
    if (!model.slo_is_modelled(k)) continue;
    for (const double load : stated) {
      const Posterior before = model.slo_posterior(k, current, load);
      const Posterior after = model.slo_posterior(k, proposal.configuration, load);
      proposal.predictions.push_back(
          {problem.objective.slos()[k].name, "", before.mean, after.mean, after.low, after.high, load});
    }
  }
  const bool maximised = problem.objective.goals().front().direction == model::Direction::kMaximize;
  const double sign = maximised ? -1 : 1;
  const double reach = 1.6448536269514722 * then.goal_deviation;
  proposal.predictions.push_back({problem.objective.goals().front().text, "", sign * now.goal, sign * then.goal,
                                  sign * then.goal - reach, sign * then.goal + reach,
                                  model.goal_is_known() ? 0 : stated.back()});
}

const model::Slo& tightest(const Problem& problem, const Outlook& outlook, std::size_t& index) {
  index = 0;
  for (std::size_t k = 1; k < outlook.slos.size(); ++k)
    if (outlook.slos[k].slack < outlook.slos[index].slack) index = k;
  return problem.objective.slos()[index];
}

std::string shortage_text(const Shortage& shortage, const std::string& unit) {
  if (shortage.metric.ends_with("throttled_ratio"))
    return fmt::format("{} may reach {:.0f} % at {} requests/s; at most {:.0f} % is allowed by what was seen",
                       shortage.metric, 100 * shortage.expected, number_text(shortage.load), 100 * shortage.needed);
  return fmt::format("{} is expected to reach {} at {} requests/s; {} keeps at least {}", shortage.metric,
                     with_unit(shortage.expected, unit), number_text(shortage.load), shortage.parameter,
                     with_unit(shortage.needed, unit));
}

// Why the proposal does not go one grid step further along a parameter that would improve the goal.
std::optional<Binding> binding_of(const Problem& problem, const SafeSearchRequest& request, const SafeModel& model,
                                  const StepRegion& region, const StepRegion::Direction& help,
                                  const Configuration& proposed) {
  const Parameter& parameter = problem.space.parameters()[help.parameter];
  const auto value = region.next_value(help.parameter, proposed, help.sign);
  if (!value) {
    const Value* now = proposed.find(parameter.name);
    return Binding{"range", parameter.name,
                   fmt::format("{} is at the end of its range, {}", parameter.name,
                               now->is_number() ? with_unit(now->number(), parameter.unit) : now->text())};
  }
  Configuration further = proposed;
  further.set(parameter.name, *value);
  const auto finding = region.examine(further);
  switch (finding.obstacle) {
    case StepRegion::Obstacle::kStep:
      return Binding{"step", parameter.name,
                     parameter.max_step ? fmt::format("{} moves by at most {} at once", parameter.name,
                                                      with_unit(*parameter.max_step, parameter.unit))
                                        : finding.text};
    case StepRegion::Obstacle::kConstraint:
      return Binding{"constraint", parameter.name, finding.text};
    case StepRegion::Obstacle::kMemory:
      return Binding{"memory", parameter.name, finding.text};
    case StepRegion::Obstacle::kChanges:
      return Binding{"step", parameter.name, finding.text};
    case StepRegion::Obstacle::kBarred:
      return Binding{"evidence", parameter.name, finding.text};
    case StepRegion::Obstacle::kNone:
      break;
  }
  const Outlook outlook = model.assess({further}).front();
  if (outlook.shortage) {
    const Parameter* needed = problem.space.find(outlook.shortage->parameter);
    const bool memory = role_of(outlook.shortage->parameter) == Role::kMemory;
    return Binding{memory ? "memory" : "evidence", outlook.shortage->parameter,
                   shortage_text(*outlook.shortage, needed != nullptr ? needed->unit : "")};
  }
  if (outlook.slos.empty() || outlook.confidence >= request.confidence) return std::nullopt;
  std::size_t index = 0;
  const model::Slo& slo = tightest(problem, outlook, index);
  return Binding{
      "slo", slo.name,
      fmt::format("with {} = {}, {} would hold with {:.0f} % confidence at {} requests/s; {:.0f} % is asked",
                  parameter.name, value->is_number() ? with_unit(value->number(), parameter.unit) : value->text(),
                  slo.text, 100 * outlook.slos[index].confidence, number_text(outlook.slos[index].load),
                  100 * request.confidence)};
}

void add_bindings(const Problem& problem, const SafeSearchRequest& request, const SafeModel& model,
                  const StepRegion& region, const std::vector<StepRegion::Direction>& helps, SafeProposal& proposal) {
  for (const StepRegion::Direction& help : helps) {
    auto binding = binding_of(problem, request, model, region, help, proposal.configuration);
    if (!binding) continue;
    const bool known = std::ranges::any_of(proposal.bindings, [&](const Binding& other) {
      return other.kind == binding->kind && other.subject == binding->subject;
    });
    if (!known) proposal.bindings.push_back(std::move(*binding));
  }
}

std::string headroom(const Problem& problem, const Outlook& outlook) {
  if (outlook.slos.empty()) return "no SLO is watched";
  std::size_t index = 0;
  const model::Slo& slo = tightest(problem, outlook, index);
  return fmt::format("{} stays at about {} at {} requests/s (bound {})", slo.name,
                     number_text(outlook.slos[index].value), number_text(outlook.slos[index].load),
                     number_text(slo.bound));
}

std::string resource_evidence(const Parameter& parameter, const SafeSearchRequest& request) {
  static const std::vector<std::pair<Role, std::vector<std::string_view>>> kMetrics = {
      {Role::kCpu, {"cpu_used_peak", "cpu_used"}},
      {Role::kMemory, {"memory_working_set"}},
      {Role::kHeap, {"live_data"}},
      {Role::kServerThreads, {"busy_threads"}}};
  for (const auto& [role, parts] : kMetrics) {
    if (role_of(parameter.name) != role) continue;
    const std::string metric = metric_for(parameter.name, parts, request.observations);
    double highest = 0;
    for (const model::Observation& observation : request.observations)
      if (const auto at = observation.metrics.find(metric); at != observation.metrics.end())
        highest = std::max(highest, at->second);
    if (highest > 0) return fmt::format("{} was at most {}; ", metric, with_unit(highest, parameter.unit));
  }
  return "";
}

std::string reason(const Problem& problem, const SafeSearchRequest& request, const SafeModel& model,
                   const StepRegion& region, const Parameter& parameter, const Outlook& then,
                   const SafeProposal& proposal) {
  Configuration without = proposal.configuration;
  without.set(parameter.name, *request.incumbent.find(parameter.name));
  const auto finding = region.examine(without);
  const std::string evidence = resource_evidence(parameter, request);
  if (finding.obstacle == StepRegion::Obstacle::kConstraint || finding.obstacle == StepRegion::Obstacle::kMemory)
    return fmt::format("{}goes with the other changes: {}", evidence, finding.text);
  const Outlook outlook = model.assess({without}).front();
  const double share = outlook.goal != 0 ? (outlook.goal - then.goal) / std::abs(outlook.goal) : 0;
  if (share > 1e-6)
    return fmt::format("{}improves the goal by {:.1f} %; {}", evidence, 100 * share, headroom(problem, then));
  if (outlook.shortage && !then.shortage)
    return fmt::format("{} needs at least {}; {}", outlook.shortage->parameter, number_text(outlook.shortage->needed),
                       headroom(problem, then));
  if (then.confidence > outlook.confidence + 0.001)
    return fmt::format("{}raises the confidence that every SLO holds from {:.1f} % to {:.1f} %", evidence,
                       100 * outlook.confidence, 100 * then.confidence);
  if (proposal.kind == "explore")
    return fmt::format("{}tried because it may make room for further steps; {}", evidence, headroom(problem, then));
  return fmt::format("{}{}", evidence, headroom(problem, then));
}

}  // namespace

std::string number_text(double number) {
  return fmt::format("{:.4g}", number);
}

void explain(const Problem& problem, const SafeSearchRequest& request, const SafeModel& model, const StepRegion& region,
             const std::vector<StepRegion::Direction>& helps, const Outlook& now, const Outlook& then,
             SafeProposal& proposal) {
  add_predictions(problem, model, request.incumbent, now, then, proposal);
  add_bindings(problem, request, model, region, helps, proposal);
  for (const std::string& name : request.incumbent.difference(proposal.configuration))
    if (const Parameter* parameter = problem.space.find(name))
      proposal.why[name] = reason(problem, request, model, region, *parameter, then, proposal);
}

}  // namespace trimtab::optimizer
