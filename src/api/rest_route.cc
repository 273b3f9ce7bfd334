#include "api/rest_route.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/rest_guard.h"
#include "json/json.h"
#include "net/error_response.h"

namespace trimtab::api {
namespace {

constexpr json::Limits kBodyLimits{.bytes = 1024 * 1024, .depth = 32};
constexpr std::size_t kMaxActor = 100;
// Names under which Trimtab itself acts: a person must not appear under them in the audit trail.
constexpr std::array<std::string_view, 4> kOwnActors{"trimtab", "policy", "guard", "system"};

net::Response respond(RestContext& context, const net::Request& request, const RouteHandler& handler) {
  const bool changes = request.method != "GET" && request.method != "HEAD";
  if (changes) {
    if (auto allowed = check_change(request, context.options.token_is_valid); !allowed) {
      auto response = net::error_response(allowed.error());
      if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer");
      return response;
    }
  }
  auto response = handler(context, request);
  return response ? std::move(*response) : net::error_response(response.error());
}

}  // namespace

void RequestCounts::add(const std::string& method, const std::string& route, int status, Duration took) {
  const std::lock_guard lock(mutex_);
  auto& count = counts_[{method, route, status}];
  ++count.requests;
  count.seconds += to_seconds(took);
}

void RequestCounts::write(MetricsText& metrics) const {
  const std::lock_guard lock(mutex_);
  const auto write = [&](std::string_view name, std::string_view description, auto value) {
    metrics.metric(name, "counter", description);
    for (const auto& [key, count] : counts_) {
      metrics.sample(
          value(count),
          {{"method", std::get<0>(key)}, {"route", std::get<1>(key)}, {"status", std::to_string(std::get<2>(key))}});
    }
  };
  write("trimtab_http_requests_total", "Answered requests.",
        [](const Count& count) { return static_cast<double>(count.requests); });
  write("trimtab_http_request_seconds_total", "Time spent on requests until the answer was ready.",
        [](const Count& count) { return count.seconds; });
}

net::Handler Routes::guarded(const std::string& method, const std::string& pattern, RouteHandler handler,
                             Host host) const {
  return [context = context_, method, pattern, handler = std::move(handler), host](const net::Request& request) {
    const auto start = std::chrono::steady_clock::now();
    const auto named = host == Host::kAny ? Result<void>() : check_host(request, context->options.allowed_hosts);
    auto response = named ? respond(*context, request, handler)
                          : net::error_response(421, "misdirected_request", named.error().to_string());
    response.headers.add("X-Content-Type-Options", "nosniff");
    // Methods of the fallback come from the client: anything but the usual would make series without end.
    const bool usual = request.method == "GET" || request.method == "HEAD";
    context->counts.add(method.empty() ? (usual ? request.method : "other") : method, pattern, response.status,
                        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - start));
    return response;
  };
}

void Routes::probe(const std::string& pattern, RouteHandler handler) {
  router_.add("GET", pattern, guarded("GET", pattern, std::move(handler), Host::kAny));
}

void Routes::get(const std::string& pattern, RouteHandler handler) {
  router_.add("GET", pattern, guarded("GET", pattern, std::move(handler)));
}

void Routes::change(const std::string& method, const std::string& pattern, RouteHandler handler) {
  router_.add(method, pattern, guarded(method, pattern, std::move(handler)));
}

void Routes::fallback(RouteHandler handler) {
  router_.set_fallback(guarded({}, "*", std::move(handler)));
}

net::Response json_response(const nlohmann::json& body, int status) {
  net::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

net::Response text_response(std::string content_type, std::string body) {
  net::Response response;
  response.headers = {{"Content-Type", std::move(content_type)}, {"Cache-Control", "no-store"}};
  response.body = std::move(body);
  return response;
}

Result<nlohmann::json> json_body(const net::Request& request, std::initializer_list<std::string_view> known) {
  TRY_ASSIGN(auto body, json::parse(request.body, kBodyLimits));
  TRY(json::only(body, known));
  return body;
}

Result<std::string> optional_text(const nlohmann::json& body, std::string_view name, std::size_t limit) {
  if (!body.is_object() || !body.contains(name) || body.find(name)->is_null()) return std::string();
  TRY_ASSIGN(auto text, json::text(body, name));
  if (text.size() > limit) {
    return fail(invalid_input(fmt::format("longer than {} bytes", limit), std::string(name)));
  }
  return text;
}

Result<std::string> actor_of(const net::Request& request, const nlohmann::json& body) {
  TRY_ASSIGN(auto actor, optional_text(body, "actor", kMaxActor));
  if (actor.empty()) {
    const auto* field = request.headers.find("X-Trimtab-Actor");
    actor = field == nullptr || field->empty() ? "user" : *field;
  }
  const auto control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
  if (actor.size() > kMaxActor || std::ranges::any_of(actor, control)) {
    return fail(invalid_input("not a name", "actor"));
  }
  if (std::ranges::any_of(kOwnActors, [&](auto own) { return net::equal_ignoring_case(own, actor); })) {
    return fail(invalid_input(fmt::format("\"{}\" is a name of Trimtab's own", actor), "actor"));
  }
  return actor;
}

std::string query_text(const net::Request& request, std::string_view name) {
  const auto found = request.target.query.find(name);
  return found == request.target.query.end() ? std::string() : found->second;
}

Result<std::int64_t> query_integer(const net::Request& request, std::string_view name, std::int64_t otherwise,
                                   std::int64_t least, std::int64_t most) {
  const auto text = query_text(request, name);
  if (text.empty()) return otherwise;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    return fail(invalid_input(fmt::format("expected a whole number from {} to {}", least, most), std::string(name)));
  }
  return value;
}

Result<Instant> query_instant(const net::Request& request, std::string_view name, Instant otherwise) {
  const auto text = query_text(request, name);
  if (text.empty()) return otherwise;
  auto instant = parse_rfc3339(text);
  if (!instant) return fail(invalid_input("expected a time such as 2026-11-24T08:15:00Z", std::string(name)));
  return *instant;
}

const std::string& path_part(const net::Request& request, std::string_view name) {
  static const std::string kEmpty;
  const auto found = request.path.find(name);
  return found == request.path.end() ? kEmpty : found->second;
}

}  // namespace trimtab::api
