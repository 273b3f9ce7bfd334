#include "server/application_resource.h"

#include <cmath>

#include "kubernetes/object.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace trimtab::server {
namespace {

using Json = nlohmann::json;
using kubernetes::member;
using kubernetes::member_text;

// Limits of deploy/crd/application.yaml.
constexpr std::size_t kMessageBytes = 4096;

// Cut between characters.
std::string shortened(std::string text) {
  if (text.size() <= kMessageBytes) return text;
  std::size_t end = kMessageBytes - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return text.substr(0, end) + "...";
}

Error not_allowed(const char* field, std::string message, std::string hint) {
  Error error = denied(std::move(message), std::move(hint));
  error.field = field;
  return error;
}

std::optional<Error> refusal(const Json& spec, const std::string& space) {
  const Json& platform = member(spec, "platform");
  if (member_text(platform, "kind") != "kubernetes") {
    return not_allowed("spec.platform.kind", "an Application of a cluster runs on Kubernetes",
                       "kind: kubernetes, or enroll it with: trimtab app enroll");
  }
  for (const char* field : {"kubeconfig", "context"}) {
    if (!member(platform, field).is_null()) {
      return not_allowed(field == std::string("context") ? "spec.platform.context" : "spec.platform.kubeconfig",
                         "an Application is about its own cluster", "leave the field out");
    }
  }
  if (const Json& other = member(platform, "namespace"); !other.is_null() && other != space) {
    return not_allowed("spec.platform.namespace", "an Application is about a workload of its own namespace",
                       "leave the field out, or put the Application beside its workload");
  }
  if (!member(member(spec, "prometheus"), "token_file").is_null()) {
    return not_allowed("spec.prometheus.token_file", "an Application names no file of Trimtab's machine",
                       "leave the field out");
  }
  return std::nullopt;
}

std::string phase_of(const engine::LiveApplicationState& state) {
  if (state.paused) return "Paused";
  switch (state.phase) {
    case engine::Phase::kStarting:
      return "Starting";
    case engine::Phase::kObserving:
      return state.open ? "Recommending" : "Observing";
    case engine::Phase::kApplying:
      return "Applying";
    case engine::Phase::kVerifying:
      return "Verifying";
    case engine::Phase::kRollingBack:
      return "RollingBack";
    case engine::Phase::kFrozen:
      return "Frozen";
  }
  return "Starting";
}

struct Condition {
  const char* type;
  const char* status;  // "True", "False", "Unknown"
  std::string reason;
  std::string message;
};

Condition accepted_of(const ResourceOutcome& outcome) {
  return {"Accepted", outcome.accepted ? "True" : (outcome.reason == "Waiting" ? "Unknown" : "False"), outcome.reason,
          outcome.message};
}

Condition measured_of(const engine::LiveApplicationState& state) {
  if (!state.data_trouble.empty()) return {"Measured", "False", "DataTrouble", state.data_trouble};
  if (state.windows_usable == 0) return {"Measured", "Unknown", "NoWindowYet", "no window of metrics was usable yet"};
  return {"Measured", "True", "DataUsable", ""};
}

Condition healthy_of(const engine::LiveApplicationState& state) {
  if (state.live.at.us == 0) return {"Healthy", "Unknown", "NotReadYet", "the live configuration was not read yet"};
  if (!state.live.healthy) return {"Healthy", "False", "ReplicasNotReady", state.live.trouble};
  return {"Healthy", "True", "AllReplicasReady", ""};
}

Condition calm_of(const engine::LiveApplicationState& state) {
  if (!state.disturbance.empty()) return {"Calm", "False", "TroubleAround", state.disturbance};
  return {"Calm", "True", "NothingAround", ""};
}

Json condition_json(const Condition& condition, const ApplicationResource& resource, const Json& before, Instant now) {
  // Kubernetes keeps whole seconds.
  std::string since = format_rfc3339(Instant{now.us - now.us % 1'000'000});
  if (const Json& old = member(before, "conditions"); old.is_array()) {
    for (const Json& one : old) {
      const std::string at = member_text(one, "lastTransitionTime");
      if (member_text(one, "type") == condition.type && member_text(one, "status") == condition.status && !at.empty())
        since = at;
    }
  }
  return {{"type", condition.type},      {"status", condition.status},
          {"reason", condition.reason},  {"message", shortened(condition.message)},
          {"lastTransitionTime", since}, {"observedGeneration", resource.generation}};
}

std::string value_text(const model::Value& value) {
  return value.is_number() ? fmt::format("{}", value.number()) : value.is_text() ? value.text() : "";
}

void add_live(Json& status, const api::LiveApplication& live, const model::Recommendation* newest) {
  const engine::LiveApplicationState& state = live.state;
  status["currency"] = live.application.prices.currency;
  const auto add_cost = [&](const char* name, double cost) {
    if (std::isfinite(cost)) status[name] = std::round(cost * 100) / 100;
  };
  if (state.live.at.us > 0) add_cost("monthlyCost", state.cost_current);
  if (state.open) add_cost("proposedMonthlyCost", state.open->cost_proposed);
  Json configuration = Json::object();
  for (const auto& [name, value] : state.live.configuration.entries())
    configuration[name] = value_text(value);
  if (!configuration.empty()) status["configuration"] = std::move(configuration);
  if (newest == nullptr) return;
  status["recommendation"] = {
      {"id", newest->id}, {"state", model::to_string(newest->state)}, {"summary", shortened(newest->summary)}};
}

Json substance_of(const Json& status) {
  Json conditions = Json::object();
  if (const Json& all = member(status, "conditions"); all.is_array()) {
    for (const Json& one : all)
      conditions[member_text(one, "type")] = {member_text(one, "status"), member_text(one, "reason")};
  }
  const Json& recommendation = member(status, "recommendation");
  return {member(status, "observedGeneration"), member(status, "phase"), member(recommendation, "id"),
          member(recommendation, "state"), conditions};
}

}  // namespace

std::string key_of(const ApplicationResource& resource) {
  return resource.space + "/" + resource.name;
}

ApplicationResource read_application_resource(const Json& object) {
  ApplicationResource resource;
  const Json& metadata = member(object, "metadata");
  resource.space = member_text(metadata, "namespace");
  resource.name = member_text(metadata, "name");
  resource.uid = member_text(metadata, "uid");
  if (const Json& generation = member(metadata, "generation"); generation.is_number_integer())
    resource.generation = generation.get<std::int64_t>();
  const Json& spec = member(object, "spec");
  if (!spec.is_object()) {
    resource.refused = invalid_input("spec is missing", "spec");
    return resource;
  }
  resource.refused = refusal(spec, resource.space);
  if (resource.refused) return resource;
  Json document = spec;
  document["apiVersion"] = "trimtab.dev/v1";
  document["kind"] = "Application";
  document["name"] = resource.name;
  document["platform"]["namespace"] = resource.space;
  resource.document = document.dump(2) + "\n";  // JSON is YAML
  return resource;
}

ResourceOutcome outcome_of(const Error& error) {
  std::string where = error.field;
  if (!where.empty() && !where.starts_with("spec")) where = "spec." + where;
  ResourceOutcome outcome;
  outcome.message = (where.empty() ? "" : where + ": ") + error.message + (error.hint.empty() ? "" : "; " + error.hint);
  outcome.reason = "InvalidDocument";
  if (error.code == Code::kDenied) outcome.reason = "NotAllowed";
  if (error.code == Code::kConflict || properties(error.code).retryable) outcome.reason = "Waiting";
  return outcome;
}

Json status_of(const ApplicationResource& resource, const ResourceOutcome& outcome, const api::LiveApplication* live,
               const model::Recommendation* newest, const Json& before, Instant now) {
  Json status{{"observedGeneration", resource.generation}};
  Json conditions = Json::array({condition_json(accepted_of(outcome), resource, before, now)});
  if (live == nullptr) {
    status["phase"] = outcome.reason == "Waiting" ? "Starting" : "Invalid";
    status["message"] = shortened(outcome.message);
  } else {
    status["phase"] = phase_of(live->state);
    const std::string& doing = live->state.status;
    status["message"] =
        shortened(outcome.accepted ? doing : outcome.message + "; the document before stays in force: " + doing);
    add_live(status, *live, newest);
    conditions.push_back(condition_json(measured_of(live->state), resource, before, now));
    conditions.push_back(condition_json(healthy_of(live->state), resource, before, now));
    conditions.push_back(condition_json(calm_of(live->state), resource, before, now));
  }
  status["conditions"] = std::move(conditions);
  return status;
}

bool differs_in_substance(const Json& a, const Json& b) {
  return substance_of(a) != substance_of(b);
}

}  // namespace trimtab::server
