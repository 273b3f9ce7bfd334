// People and policy: edits, skips, approval, rejection, expiry; and what of these can be carried out at present.
#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "engine/live_feasibility.h"
#include "engine/live_step.h"

namespace trimtab::engine {
namespace {

using Action = PersonDecided::Action;

std::string_view name_of(Action action) {
  switch (action) {
    case Action::kApprove:
      return "approve";
    case Action::kEdit:
      return "edit";
    case Action::kSkip:
      return "skip";
    case Action::kUnskip:
      return "unskip";
    case Action::kReject:
      return "reject";
    case Action::kExpire:
      return "expire";
  }
  return "unknown";
}

model::Change* find_change(model::Recommendation& recommendation, std::string_view parameter) {
  const auto found = std::ranges::find(recommendation.changes, parameter, &model::Change::parameter);
  return found == recommendation.changes.end() ? nullptr : &*found;
}

// The error with the field of the person's request instead of the document's.
Error about(Error error, const std::string& field) {
  error.field = field;
  return error;
}

// The recommendation as it would be after an edit; a parameter that was not among the changes joins them.
Result<model::Recommendation> edited(const model::Application& application, model::Mode mode,
                                     model::Recommendation recommendation, const PersonDecided& decision) {
  if (decision.edits.empty()) return fail(invalid_input("an edit needs at least one value", "edits"));
  for (const auto& [name, value] : decision.edits.entries()) {
    const model::Parameter* parameter = application.space.find(name);
    const std::string field = "edits." + name;
    if (parameter == nullptr) return fail(invalid_input("there is no parameter \"" + name + "\"", field));
    if (mode_of(application, mode, name) == model::Mode::kObserve) {
      return fail(invalid_input("parameter \"" + name + "\" is only observed", field,
                                "change policy.parameter_modes in the application document"));
    }
    if (auto valid = parameter->validate(value); !valid) return fail(about(valid.error(), field));
    model::Change* change = find_change(recommendation, name);
    if (change == nullptr) {
      const model::Value* current = recommendation.current.find(name);
      if (current == nullptr) return fail(invalid_input("parameter \"" + name + "\" is not active now", field));
      model::Change added;
      added.parameter = name;
      added.unit = parameter->unit;
      added.current = added.proposed = *current;
      added.effect = parameter->effect == model::ChangeEffect::kLive     ? "live"
                     : parameter->effect == model::ChangeEffect::kReload ? "reload"
                                                                         : "restart";
      added.why = "set by " + decision.actor;
      recommendation.changes.push_back(std::move(added));
      change = &recommendation.changes.back();
    }
    change->edited = value == change->proposed ? std::nullopt : std::optional(value);
    change->skipped = false;
  }
  return recommendation;
}

Result<model::Recommendation> skipped(model::Recommendation recommendation, const PersonDecided& decision) {
  if (decision.edits.empty()) return fail(invalid_input("name at least one parameter", "parameters"));
  for (const auto& [name, value] : decision.edits.entries()) {
    model::Change* change = find_change(recommendation, name);
    if (change == nullptr) {
      return fail(invalid_input("the recommendation does not change \"" + name + "\"", "parameters"));
    }
    change->skipped = decision.action == Action::kSkip;
  }
  return recommendation;
}

Result<void> check_target(const model::Application& application, const model::Recommendation& recommendation) {
  const auto valid = application.space.validate(project(application.space, recommendation.target()));
  if (!valid) return fail(about(valid.error(), valid.error().field.empty() ? "edits" : "edits." + valid.error().field));
  return {};
}

Result<void> may_approve(const model::Application& application, const LiveApplicationState& state) {
  const model::Recommendation& open = *state.open;
  if (state.paused) return fail(denied("the application is paused (" + state.pause_reason + ")", "resume it first"));
  if (state.decision) {
    return fail(conflict(
        fmt::format("recommendation {} is {} at present", state.decision->id, model::to_string(state.decision->state)),
        "wait for its verdict"));
  }
  if (state.phase != Phase::kObserving) {
    return fail(conflict("the application is " + std::string(state.phase == Phase::kFrozen ? "frozen" : "not ready"),
                         "see its status"));
  }
  if (!same_configuration(application.space, open.current, state.live.configuration)) {
    return fail(conflict("stale: the live configuration is not the one this recommendation was made for",
                         "wait for a new recommendation"));
  }
  if (same_configuration(application.space, open.target(), open.current)) {
    return fail(invalid_input("nothing would change: every change is skipped or set to its present value", "changes"));
  }
  return check_target(application, open);
}

}  // namespace

Result<void> admissible(const model::Application& application, const LiveApplicationState& state,
                        const PersonDecided& decision) {
  if (!state.open || state.open->id != decision.recommendation) {
    for (const auto* other : {&state.decision, &state.last_kept}) {
      if (*other && (*other)->id == decision.recommendation) {
        return fail(conflict(fmt::format("recommendation {} is already {}", decision.recommendation,
                                         model::to_string((*other)->state))));
      }
    }
    return fail(not_found("no open recommendation " + decision.recommendation + " (unknown, or already decided)"));
  }
  switch (decision.action) {
    case Action::kApprove:
      return may_approve(application, state);
    case Action::kEdit: {
      TRY_ASSIGN(const auto changed, edited(application, state.mode, *state.open, decision));
      TRY(check_target(application, changed));
      return check_memory(application, state, project(application.space, changed.target()));
    }
    case Action::kSkip:
    case Action::kUnskip: {
      TRY_ASSIGN(const auto changed, skipped(*state.open, decision));
      TRY(check_target(application, changed));
      return check_memory(application, state, project(application.space, changed.target()));
    }
    case Action::kReject:
    case Action::kExpire:
      return {};
  }
  return {};
}

void LiveStep::handle(const PersonDecided& decision) {
  if (const auto allowed = admissible(application_, state_, decision); !allowed) {
    audit("decision.refused", decision.recommendation,
          fmt::format("{}: {}", name_of(decision.action), allowed.error().to_string()), decision.actor);
    return;
  }
  switch (decision.action) {
    case Action::kApprove:
      return approve(decision.actor, decision.reason);
    case Action::kEdit:
      return edit(*state_.open, decision);
    case Action::kSkip:
    case Action::kUnskip:
      return skip(*state_.open, decision);
    case Action::kReject:
      bar(state_.open->target(), {}, cadence().expire_after,
          "rejected by " + decision.actor + (decision.reason.empty() ? "" : ": " + decision.reason));
      transition(*state_.open, State::kRejected, decision.actor, "rejected", decision.reason);
      break;
    case Action::kExpire:
      transition(*state_.open, State::kExpired, decision.actor, "expired", decision.reason);
      break;
  }
  state_.open.reset();
}

void LiveStep::edit(model::Recommendation& recommendation, const PersonDecided& decision) {
  recommendation = *edited(application_, state_.mode, recommendation, decision);
  std::string what;
  for (const auto& [name, value] : decision.edits.entries()) {
    what += fmt::format("{}{} = {}", what.empty() ? "" : ", ", name,
                        value_text(value, application_.space.find(name)->unit));
  }
  if (!decision.reason.empty()) what += ": " + decision.reason;
  recommendation.history.push_back({at_, recommendation.state, decision.actor, "edited", what});
  after_edit(recommendation);
  audit("recommendation.edited", recommendation.id, what, decision.actor);
}

void LiveStep::skip(model::Recommendation& recommendation, const PersonDecided& decision) {
  recommendation = *skipped(recommendation, decision);
  std::string what;
  for (const auto& [name, value] : decision.edits.entries())
    what += (what.empty() ? "" : ", ") + name;
  if (!decision.reason.empty()) what += ": " + decision.reason;
  const std::string action = decision.action == Action::kSkip ? "skipped" : "unskipped";
  recommendation.history.push_back({at_, recommendation.state, decision.actor, action, what});
  after_edit(recommendation);
  audit("recommendation." + action, recommendation.id, what, decision.actor);
}

// What was predicted is not true of another target: cost and predictions are stated anew, the confidence is unknown.
void LiveStep::after_edit(model::Recommendation& recommendation) {
  const model::Configuration target = project(application_.space, recommendation.target());
  const bool by_person =
      std::ranges::any_of(recommendation.changes, [](const auto& change) { return change.edited.has_value(); });
  if (by_person) recommendation.kind = "manual";
  recommendation.cost_proposed = cost_of(target);
  recommendation.confidence.reset();
  std::vector<model::Prediction> again;
  const optimizer::Problem asked = problem();
  const optimizer::SafeSearchRequest with = request({});
  for (model::Prediction prediction : recommendation.predictions) {
    const auto posterior = collaborators_.predict(asked, with, prediction.metric, target, prediction.at_load);
    if (!posterior) continue;
    prediction.mean = posterior->mean;
    prediction.low = posterior->low;
    prediction.high = posterior->high;
    again.push_back(std::move(prediction));
  }
  recommendation.predictions = std::move(again);
  std::erase_if(recommendation.bindings, [](const auto& binding) { return binding.kind == "memory"; });
  if (auto warning = memory_warning(application_, state_, target))
    recommendation.bindings.push_back(*std::move(warning));
  recommendation.summary = summary(recommendation);
  changed(recommendation);
}

void LiveStep::approve(const std::string& actor, const std::string& reason) {
  state_.decision = std::move(*state_.open);
  state_.open.reset();
  state_.attempts = 0;
  state_.retry_at = at_;
  transition(*state_.decision, State::kApproved, actor, "approved", reason);
}

// Approves what policy may approve: every change is of a parameter whose mode is autonomous, now is a time for changes,
// and nothing is wrong with the data or around the application.
void LiveStep::policy_decides() {
  if (!state_.open || !state_.data_trouble.empty() || !in_change_window(policy(), at_) || !is_calm()) return;
  for (const model::Change& change : state_.open->changes) {
    if (change.skipped || change.edited) return;  // a person is at work on it
    if (mode_of(application_, state_.mode, change.parameter) != model::Mode::kAutonomous) return;
  }
  if (!state_.live.healthy && state_.open->kind != "return") return;
  if (!may_approve(application_, state_)) return;
  const bool replaces = std::ranges::any_of(state_.open->changes, [](const auto& c) { return c.effect != "live"; });
  if (replaces && state_.open->kind != "return") {
    if (!fresh_window_) return;  // judged once a window
    if (!is_quiet_enough(state_.open->target())) {
      state_.search_answer =
          fmt::format("a quieter moment: with one replica away the others would carry as much as at {:.4g} requests/s",
                      rollout_load());
      return;
    }
    state_.search_answer.clear();
  }
  approve("policy", "every changed parameter is autonomous");
}

// Replicas are replaced one after the other: both the present and the new configuration must meet the SLOs with one of
// them away, as was seen or is predicted.
bool LiveStep::is_quiet_enough(const model::Configuration& target) const {
  if (application_.load_metric.empty() || state_.live.replicas.size() < 2) return true;
  const double load = rollout_load();
  const optimizer::Problem asked = problem();
  const optimizer::SafeSearchRequest with = request({});
  const auto holds = [&](const model::Configuration& configuration) {
    return std::ranges::all_of(application_.objective.slos(), [&](const model::Slo& slo) {
      const auto value = collaborators_.predict(asked, with, slo.name, configuration, load);
      return value && slo.holds(slo.upper ? value->high : value->low);
    });
  };
  return (load <= carried_load() || holds(with.incumbent)) && holds(project(application_.space, target));
}

void LiveStep::expire_open() {
  if (state_.open && at_ >= state_.open->expires) {
    transition(*state_.open, State::kExpired, "trimtab", "expired",
               "nobody answered within " + format_duration(cadence().expire_after));
    state_.open.reset();
  }
  // An approved change that waits for its time window does not wait for ever either.
  if (state_.decision && state_.decision->state == State::kApproved && at_ >= state_.decision->expires) {
    end_decision(State::kSuperseded, "superseded", "it could not be applied before it expired");
  }
}

void LiveStep::transition(model::Recommendation& recommendation, State to, const std::string& actor,
                          const std::string& action, const std::string& reason) {
  CHECK(model::may_follow(recommendation.state, to));
  recommendation.state = to;
  recommendation.history.push_back({at_, to, actor, action, reason});
  changed(recommendation);
  audit("recommendation." + action, recommendation.id, reason, actor);
}

void LiveStep::changed(const model::Recommendation& recommendation) {
  records_.emplace_back(RecommendationChanged{recommendation});
}

}  // namespace trimtab::engine
