// What every route shares: the context, the guards, reading requests and writing answers. Private to the room.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include <nlohmann/json_fwd.hpp>

#include "api/rest.h"
#include "base/result.h"
#include "net/router.h"

namespace trimtab::api {

// Answers by method, route and status. Thread safe.
class RequestCounts {
 public:
  void add(const std::string& method, const std::string& route, int status, Duration took);
  void write(MetricsText& metrics) const;

 private:
  struct Count {
    std::uint64_t requests = 0;
    double seconds = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, Count> counts_;  // guarded by mutex_
};

struct RestContext {
  explicit RestContext(RestOptions given) : options(std::move(given)) {}
  RestOptions options;
  RequestCounts counts;
  std::atomic<int> event_streams = 0;
};

using RouteHandler = std::function<Result<net::Response>(RestContext&, const net::Request&)>;

// Adds routes whose handlers are guarded and counted.
class Routes {
 public:
  Routes(net::Router& router, std::shared_ptr<RestContext> context) : router_(router), context_(std::move(context)) {}
  void get(const std::string& pattern, RouteHandler handler);
  // A GET that says nothing about anybody: any Host will do, because probes come to whatever address they find.
  void probe(const std::string& pattern, RouteHandler handler);
  // Needs the token.
  void change(const std::string& method, const std::string& pattern, RouteHandler handler);
  void fallback(RouteHandler handler);

 private:
  enum class Host { kChecked, kAny };
  [[nodiscard]] net::Handler guarded(const std::string& method, const std::string& pattern, RouteHandler handler,
                                     Host host = Host::kChecked) const;
  net::Router& router_;
  std::shared_ptr<RestContext> context_;
};

void add_application_routes(Routes& routes);
void add_recommendation_routes(Routes& routes);
void add_study_routes(Routes& routes);
void add_event_routes(Routes& routes);
void add_system_routes(Routes& routes);

[[nodiscard]] net::Response json_response(const nlohmann::json& body, int status = 200);
[[nodiscard]] net::Response text_response(std::string content_type, std::string body);

// The body as JSON with these members only. kInvalidInput, kExhausted (too large or deep).
[[nodiscard]] Result<nlohmann::json> json_body(const net::Request& request,
                                               std::initializer_list<std::string_view> known);
// Who acts. kInvalidInput for a name that is too long, has control characters, or is one of Trimtab's own.
[[nodiscard]] Result<std::string> actor_of(const net::Request& request, const nlohmann::json& body);
// A text member that may be absent (""). kInvalidInput when it is longer than `limit` bytes.
[[nodiscard]] Result<std::string> optional_text(const nlohmann::json& body, std::string_view name, std::size_t limit);

// Query parameters; kInvalidInput names the parameter.
[[nodiscard]] std::string query_text(const net::Request& request, std::string_view name);
[[nodiscard]] Result<std::int64_t> query_integer(const net::Request& request, std::string_view name,
                                                 std::int64_t otherwise, std::int64_t least, std::int64_t most);
[[nodiscard]] Result<Instant> query_instant(const net::Request& request, std::string_view name, Instant otherwise);
// A part of the path.
[[nodiscard]] const std::string& path_part(const net::Request& request, std::string_view name);

}  // namespace trimtab::api
