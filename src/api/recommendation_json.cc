#include "api/recommendation_json.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/application_json.h"
#include "api/rest_route.h"
#include "json/json.h"

namespace trimtab::api {
namespace {

using nlohmann::json;
using trimtab::json::finite;
using Action = engine::PersonDecided::Action;

constexpr std::size_t kMaxReason = 2000;
constexpr std::array<std::pair<std::string_view, Action>, 6> kActions{{
    {"approve", Action::kApprove},
    {"edit", Action::kEdit},
    {"skip", Action::kSkip},
    {"unskip", Action::kUnskip},
    {"reject", Action::kReject},
    {"expire", Action::kExpire},
}};

json changes_json(const model::Recommendation& recommendation) {
  json result = json::array();
  for (const auto& change : recommendation.changes) {
    result.push_back({{"parameter", change.parameter},
                      {"unit", change.unit},
                      {"current", value_json(change.current)},
                      {"proposed", value_json(change.proposed)},
                      {"edited", change.edited ? value_json(*change.edited) : json(nullptr)},
                      {"skipped", change.skipped},
                      {"effective", value_json(change.effective())},
                      {"effect", change.effect},
                      {"why", change.why}});
  }
  return result;
}

json predictions_json(const model::Recommendation& recommendation) {
  json result = json::array();
  for (const auto& prediction : recommendation.predictions) {
    result.push_back({{"metric", prediction.metric},
                      {"unit", prediction.unit},
                      {"current", finite(prediction.current)},
                      {"mean", finite(prediction.mean)},
                      {"low", finite(prediction.low)},
                      {"high", finite(prediction.high)},
                      {"at_load", finite(prediction.at_load)}});
  }
  return result;
}

json bindings_json(const model::Recommendation& recommendation) {
  json result = json::array();
  for (const auto& binding : recommendation.bindings) {
    result.push_back({{"kind", binding.kind}, {"subject", binding.subject}, {"text", binding.text}});
  }
  return result;
}

json evidence_json(const model::Evidence& evidence) {
  return {{"windows", evidence.windows},
          {"windows_at_current", evidence.windows_at_current},
          {"load_low", finite(evidence.load_low)},
          {"load_high", finite(evidence.load_high)},
          {"load_expected", finite(evidence.load_expected)},
          {"statements", evidence.statements}};
}

json history_json(const model::Recommendation& recommendation) {
  json result = json::array();
  for (const auto& entry : recommendation.history) {
    result.push_back({{"at", format_rfc3339(entry.at)},
                      {"state", model::to_string(entry.state)},
                      {"actor", entry.actor},
                      {"action", entry.action},
                      {"reason", entry.reason}});
  }
  return result;
}

json verdict_json(const model::Verdict& verdict) {
  json rows = json::array();
  for (const auto& row : verdict.rows) {
    rows.push_back({{"metric", row.metric},
                    {"before", finite(row.before)},
                    {"after", finite(row.after)},
                    {"change", finite(row.change)},
                    {"low", finite(row.low)},
                    {"high", finite(row.high)},
                    {"p_value", finite(row.p_value)},
                    {"conclusion", row.conclusion}});
  }
  return {{"test", verdict.test},
          {"windows_before", verdict.windows_before},
          {"windows_after", verdict.windows_after},
          {"load_before", finite(verdict.load_before)},
          {"load_after", finite(verdict.load_after)},
          {"rows", std::move(rows)},
          {"conclusion", verdict.conclusion}};
}

Result<model::Configuration> edits_of(const json& body) {
  const auto edits = body.find("edits");
  if (edits == body.end() || !edits->is_object() || edits->empty()) {
    return fail(invalid_input("expected an object with the new values", "edits"));
  }
  model::Configuration result;
  for (const auto& [name, value] : edits->items()) {
    if (value.is_number()) {
      result.set(name, value.get<double>());
    } else if (value.is_string()) {
      result.set(name, value.get<std::string>());
    } else {
      return fail(invalid_input("expected a number or a text", fmt::format("edits.{}", name)));
    }
  }
  return result;
}

// Only the names count.
Result<model::Configuration> names_of(const json& body) {
  const auto names = body.find("parameters");
  if (names == body.end() || !names->is_array() || names->empty()) {
    return fail(invalid_input("expected a list of parameters", "parameters"));
  }
  model::Configuration result;
  for (const auto& name : *names) {
    if (!name.is_string()) return fail(invalid_input("expected names of parameters", "parameters"));
    result.set(name.get<std::string>(), 0.0);
  }
  return result;
}

}  // namespace

json recommendation_json(const model::Recommendation& recommendation, const std::string& currency) {
  return {{"id", recommendation.id},
          {"application", recommendation.application},
          {"created", format_rfc3339(recommendation.created)},
          {"expires", format_rfc3339(recommendation.expires)},
          {"state", model::to_string(recommendation.state)},
          {"kind", recommendation.kind},
          {"summary", recommendation.summary},
          {"confidence", recommendation.confidence ? finite(*recommendation.confidence) : json(nullptr)},
          {"current", configuration_json(recommendation.current)},
          {"target", configuration_json(recommendation.target())},
          {"changes", changes_json(recommendation)},
          {"predictions", predictions_json(recommendation)},
          {"bindings", bindings_json(recommendation)},
          {"evidence", evidence_json(recommendation.evidence)},
          {"cost",
           {{"currency", currency},
            {"current", finite(recommendation.cost_current)},
            {"proposed", finite(recommendation.cost_proposed)},
            {"saving", finite(recommendation.cost_current - recommendation.cost_proposed)}}},
          {"history", history_json(recommendation)},
          {"verdict", recommendation.verdict ? verdict_json(*recommendation.verdict) : json(nullptr)}};
}

json audit_json(const engine::StoredAudit& audit) {
  return {{"sequence", audit.sequence}, {"at", format_rfc3339(audit.entry.at)}, {"application", audit.application},
          {"actor", audit.entry.actor}, {"action", audit.entry.action},         {"subject", audit.entry.subject},
          {"text", audit.entry.text}};
}

Result<engine::PersonDecided> decision_from_json(const json& body) {
  engine::PersonDecided decision;
  TRY_ASSIGN(const auto action, trimtab::json::text(body, "action"));
  const auto* found = std::ranges::find(kActions, action, &std::pair<std::string_view, Action>::first);
  if (found == kActions.end()) {
    return fail(invalid_input(fmt::format("unknown action \"{}\"", action), "action",
                              "one of approve, edit, skip, unskip, reject, expire"));
  }
  decision.action = found->second;
  TRY_ASSIGN(decision.reason, optional_text(body, "reason", kMaxReason));
  if (decision.action == Action::kEdit) {
    TRY_ASSIGN(decision.edits, edits_of(body));
  } else if (decision.action == Action::kSkip || decision.action == Action::kUnskip) {
    TRY_ASSIGN(decision.edits, names_of(body));
  }
  return decision;
}

}  // namespace trimtab::api
