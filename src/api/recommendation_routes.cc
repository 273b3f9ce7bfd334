#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/recommendation_json.h"
#include "api/rest_route.h"

namespace trimtab::api {
namespace {

constexpr int kMaxListed = 1000;
// Whole recommendations are some 10 KB each: a page of them must not hold up the others who ask.
constexpr int kMaxRecommendations = 100;
constexpr int kRecommendations = 50;

// Asks for each application once. "" when the application is no longer enrolled.
class Currencies {
 public:
  explicit Currencies(LiveService& live) : live_(live) {}
  const std::string& of(const std::string& application) {
    const auto known = known_.find(application);
    if (known != known_.end()) return known->second;
    const auto live = live_.application(application);
    return known_[application] = live ? live->application.prices.currency : std::string();
  }

 private:
  LiveService& live_;
  std::map<std::string, std::string> known_;
};

Result<net::Response> list(RestContext& context, const net::Request& request) {
  engine::RecommendationFilter filter;
  filter.application = query_text(request, "application");
  filter.before = query_text(request, "before");
  TRY_ASSIGN(const auto limit, query_integer(request, "limit", kRecommendations, 1, kMaxRecommendations));
  filter.limit = static_cast<int>(limit);
  if (const auto state = query_text(request, "state"); !state.empty()) {
    filter.state = model::parse_recommendation_state(state);
    if (!filter.state) return fail(invalid_input(fmt::format("unknown state \"{}\"", state), "state"));
  }
  TRY_ASSIGN(const auto found, context.options.live.store().recommendations(filter));
  Currencies currencies(context.options.live);
  auto result = nlohmann::json::array();
  for (const auto& one : found)
    result.push_back(recommendation_json(one, currencies.of(one.application)));
  return json_response({{"recommendations", std::move(result)}});
}

Result<net::Response> show(RestContext& context, const net::Request& request) {
  TRY_ASSIGN(const auto found, context.options.live.store().recommendation(path_part(request, "id")));
  Currencies currencies(context.options.live);
  return json_response(recommendation_json(found, currencies.of(found.application)));
}

Result<net::Response> decide(RestContext& context, const net::Request& request) {
  TRY_ASSIGN(const auto body, json_body(request, {"action", "actor", "reason", "edits", "parameters"}));
  TRY_ASSIGN(auto decision, decision_from_json(body));
  TRY_ASSIGN(decision.actor, actor_of(request, body));
  decision.recommendation = path_part(request, "id");
  TRY_ASSIGN(const auto decided, context.options.live.decide(decision));
  Currencies currencies(context.options.live);
  return json_response(recommendation_json(decided, currencies.of(decided.application)));
}

Result<net::Response> audit(RestContext& context, const net::Request& request) {
  engine::AuditFilter filter;
  filter.application = query_text(request, "application");
  filter.subject = query_text(request, "subject");
  TRY_ASSIGN(const auto limit, query_integer(request, "limit", filter.limit, 1, kMaxListed));
  filter.limit = static_cast<int>(limit);
  TRY_ASSIGN(filter.before, query_integer(request, "before", 0, 0, INT64_MAX));
  TRY_ASSIGN(const auto found, context.options.live.store().audit(filter));
  auto result = nlohmann::json::array();
  for (const auto& one : found)
    result.push_back(audit_json(one));
  return json_response({{"entries", std::move(result)}});
}

}  // namespace

void add_recommendation_routes(Routes& routes) {
  routes.get("/api/v1/recommendations", list);
  routes.get("/api/v1/recommendations/:id", show);
  routes.change("POST", "/api/v1/recommendations/:id/decision", decide);
  routes.get("/api/v1/audit", audit);
}

}  // namespace trimtab::api
