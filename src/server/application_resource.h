// The custom resource Application (trimtab.dev/v1): what it asks for as a document, and what Trimtab says of it in its
// status. Pure functions over JSON.
//
// Whoever may write Applications in a namespace may have Trimtab change that namespace's workloads, and nothing more:
// the workload is one of the same namespace, and no file of Trimtab's own machine is named.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "api/live_service.h"
#include "base/result.h"

namespace trimtab::server {

struct ApplicationResource {
  std::string space;  // namespace
  std::string name;   // of the application, too
  std::string uid;
  std::int64_t generation = 0;
  std::string document;          // text of an Application document; empty when refused
  std::optional<Error> refused;  // field: "spec.platform.kubeconfig"
};

// "shop/cart": what tells it from every other resource of the cluster.
[[nodiscard]] std::string key_of(const ApplicationResource& resource);

// `object` may lack anything.
[[nodiscard]] ApplicationResource read_application_resource(const nlohmann::json& object);

// What became of the resource's present generation.
struct ResourceOutcome {
  std::string reason;  // of the condition Accepted: "Enrolled", "InvalidDocument", "NotAllowed", "NameTaken", "Waiting"
  std::string message;
  bool accepted = false;
};
[[nodiscard]] ResourceOutcome outcome_of(const Error& error);

// The whole status. `live`: null when no application runs for it. `newest`: its newest recommendation, if any.
// `before`: the status as it is, whose transition times stay where nothing changed.
[[nodiscard]] nlohmann::json status_of(const ApplicationResource& resource, const ResourceOutcome& outcome,
                                       const api::LiveApplication* live, const model::Recommendation* newest,
                                       const nlohmann::json& before, Instant now);

// Whether people or tools wait for the difference: another phase, recommendation, generation or condition. What is
// left are figures and words, which may be told later.
[[nodiscard]] bool differs_in_substance(const nlohmann::json& a, const nlohmann::json& b);

}  // namespace trimtab::server
