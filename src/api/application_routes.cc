#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/application_json.h"
#include "api/rest_route.h"
#include "json/json.h"

namespace trimtab::api {
namespace {

constexpr std::size_t kMaxDocument = 512 * 1024;
constexpr std::size_t kMaxReason = 2000;
constexpr auto kDefaultSpan = std::chrono::minutes(15);
constexpr auto kDefaultChanges = std::chrono::hours(7 * 24);
constexpr int kDefaultPoints = 300;  // of a chart: about one per three pixels
constexpr int kMaxPoints = 11'000;   // Prometheus gives no more per series

Result<net::Response> detail(RestContext& context, const std::string& name, int status = 200) {
  TRY_ASSIGN(const auto live, context.options.live.application(name));
  return json_response(application_detail_json(live, context.options.clock.now()), status);
}

Result<net::Response> list(RestContext& context, const net::Request&) {
  const auto now = context.options.clock.now();
  auto applications = nlohmann::json::array();
  for (const auto& live : context.options.live.applications()) {
    applications.push_back(application_summary_json(live, now));
  }
  return json_response({{"applications", std::move(applications)}});
}

Result<net::Response> show(RestContext& context, const net::Request& request) {
  return detail(context, path_part(request, "name"));
}

Result<net::Response> enroll(RestContext& context, const net::Request& request) {
  TRY_ASSIGN(const auto body, json_body(request, {"document", "file", "actor"}));
  TRY_ASSIGN(const auto actor, actor_of(request, body));
  TRY_ASSIGN(const auto document, json::text(body, "document"));
  if (document.size() > kMaxDocument) {
    return fail(exhausted(fmt::format("the document is larger than {} bytes", kMaxDocument)));
  }
  TRY_ASSIGN(const auto file, optional_text(body, "file", 1000));
  TRY_ASSIGN(const auto live, context.options.live.enroll(document, file, actor));
  return json_response(application_detail_json(live, context.options.clock.now()), 201);
}

Result<net::Response> remove(RestContext& context, const net::Request& request) {
  TRY_ASSIGN(const auto actor, actor_of(request, nlohmann::json::object()));
  TRY(context.options.live.remove(path_part(request, "name"), actor));
  net::Response response;
  response.status = 204;
  return response;
}

Result<net::Response> set_mode(RestContext& context, const net::Request& request) {
  TRY_ASSIGN(const auto body, json_body(request, {"mode", "actor"}));
  TRY_ASSIGN(const auto actor, actor_of(request, body));
  TRY_ASSIGN(const auto text, json::text(body, "mode"));
  const auto mode = model::parse_mode(text);
  if (!mode) {
    return fail(invalid_input(fmt::format("unknown mode \"{}\"", text), "mode", "observe, recommend or autonomous"));
  }
  const auto& name = path_part(request, "name");
  TRY(context.options.live.set_mode(name, *mode, actor));
  return detail(context, name);
}

Result<net::Response> set_paused(RestContext& context, const net::Request& request) {
  TRY_ASSIGN(const auto body, json_body(request, {"paused", "reason", "actor"}));
  TRY_ASSIGN(const auto actor, actor_of(request, body));
  TRY_ASSIGN(const auto paused, json::boolean(body, "paused"));
  TRY_ASSIGN(const auto reason, optional_text(body, "reason", kMaxReason));
  const auto& name = path_part(request, "name");
  TRY(context.options.live.set_paused(name, paused, actor, reason));
  return detail(context, name);
}

struct Span {
  Instant from;
  Instant to;
  Duration step{};
};

Result<Span> span_of(const net::Request& request, Instant now, Duration least_step) {
  Span span;
  TRY_ASSIGN(span.to, query_instant(request, "to", now));
  TRY_ASSIGN(span.from, query_instant(request, "from", span.to - kDefaultSpan));
  if (span.from >= span.to) return fail(invalid_input("must be before `to`", "from"));
  const auto text = query_text(request, "step");
  if (text.empty()) {
    const auto even = std::chrono::ceil<std::chrono::seconds>((span.to - span.from) / kDefaultPoints);
    span.step = std::max<Duration>(even, least_step);
    return span;
  }
  const auto step = parse_duration(text);
  if (!step || *step < std::chrono::seconds(1)) {
    return fail(invalid_input("expected a duration of at least 1s, such as 5s", "step"));
  }
  span.step = *step;
  if ((span.to - span.from) / span.step > kMaxPoints) {
    return fail(invalid_input(fmt::format("more than {} points", kMaxPoints), "step", "take a longer step"));
  }
  return span;
}

// "a,b"; empty: all. kInvalidInput for a name that the application does not have.
Result<std::vector<std::string>> metrics_of(const net::Request& request, const model::Application& application) {
  std::vector<std::string> names;
  const auto text = query_text(request, "metrics");
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    auto name = text.substr(at, end - at);
    at = end + 1;
    if (name.empty()) continue;
    if (std::ranges::find(application.metrics, name, &model::Metric::name) == application.metrics.end()) {
      return fail(invalid_input(fmt::format("the application has no metric \"{}\"", name), "metrics"));
    }
    names.push_back(std::move(name));
  }
  return names;
}

Result<net::Response> series(RestContext& context, const net::Request& request) {
  const auto& name = path_part(request, "name");
  TRY_ASSIGN(const auto live, context.options.live.application(name));
  TRY_ASSIGN(const auto span, span_of(request, context.options.clock.now(), live.application.cadence.step));
  TRY_ASSIGN(const auto metrics, metrics_of(request, live.application));
  TRY_ASSIGN(const auto found, context.options.live.series(name, metrics, span.from, span.to, span.step));
  auto result = nlohmann::json::object();
  for (const auto& [metric, points] : found) {
    auto list_of_points = nlohmann::json::array();
    for (const auto& point : points)
      list_of_points.push_back({point.at.us / 1000, json::finite(point.value)});
    const auto known = std::ranges::find(live.application.metrics, metric, &model::Metric::name);
    result[metric] = {{"unit", known == live.application.metrics.end() ? "" : known->unit},
                      {"points", std::move(list_of_points)}};
  }
  return json_response({{"series", std::move(result)}});
}

Result<net::Response> changes(RestContext& context, const net::Request& request) {
  const auto& name = path_part(request, "name");
  TRY_ASSIGN(const auto live, context.options.live.application(name));
  TRY_ASSIGN(const auto to, query_instant(request, "to", context.options.clock.now()));
  TRY_ASSIGN(const auto from, query_instant(request, "from", to - kDefaultChanges));
  TRY_ASSIGN(const auto found, context.options.live.store().configuration_changes(live.application.name, from, to));
  auto result = nlohmann::json::array();
  for (const auto& change : found)
    result.push_back(configuration_change_json(change));
  return json_response({{"changes", std::move(result)}});
}

}  // namespace

void add_application_routes(Routes& routes) {
  routes.get("/api/v1/applications", list);
  routes.change("POST", "/api/v1/applications", enroll);
  routes.get("/api/v1/applications/:name", show);
  routes.change("DELETE", "/api/v1/applications/:name", remove);
  routes.change("PUT", "/api/v1/applications/:name/mode", set_mode);
  routes.change("PUT", "/api/v1/applications/:name/paused", set_paused);
  routes.get("/api/v1/applications/:name/series", series);
  routes.get("/api/v1/applications/:name/changes", changes);
}

}  // namespace trimtab::api
