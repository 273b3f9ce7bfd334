#include "kubernetes/client.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <mutex>
#include <set>

#include "kubernetes/api_error.h"
#include "kubernetes/credentials.h"
#include "kubernetes/wait.h"

#include "json/json.h"
#include "net/http_client.h"

namespace trimtab::kubernetes {
namespace {

using Json = nlohmann::json;
using MonotonicClock = std::chrono::steady_clock;
using SteadyTime = MonotonicClock::time_point;
using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr int kMaxDepth = 128;                           // custom resources nest deeper than documents of people
constexpr int kMaxBrokenReads = 4;                       // tries of a read whose connection broke
constexpr int kMaxListRestarts = 3;                      // after 410
constexpr std::size_t kMaxEventBytes = 8 * 1024 * 1024;  // etcd's objects end at 1.5 MiB
constexpr std::size_t kMaxWarnings = 256;
constexpr auto kFirstPause = std::chrono::milliseconds(200);
constexpr auto kLongestPause = std::chrono::seconds(5);
constexpr auto kLongestRetryAfter = std::chrono::seconds(60);
constexpr auto kWatchGrace = std::chrono::seconds(30);  // over the lifetime, then the connection is given up

struct Call {
  std::string method = "GET";
  std::string path{};
  Fields query{};
  std::string body{};
  std::string content_type{};
  Duration deadline{};
  std::stop_token stop{};
  bool wait_when_busy = true;  // 429; an eviction means something else by it
  std::function<bool(std::string_view)> sink{};

  [[nodiscard]] bool is_read() const { return method == "GET"; }
};

std::string target_of(const Call& call) {
  return call.query.empty() ? call.path : call.path + "?" + net::encode_form(call.query);
}

// "tls-server-name" takes the host's place in the URL, and the connection goes to the host.
void aim(const Access& access, const Call& call, net::ClientRequest& request) {
  request.url = access.server + target_of(call);
  if (access.tls_server_name.empty() || !access.server.starts_with("https://")) return;
  const std::string authority = access.server.substr(8, access.server.find('/', 8) - 8);
  const auto bracket = authority.rfind(']');
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  const std::string port = has_port ? authority.substr(colon + 1) : "443";
  request.connect_to = has_port ? authority : authority + ":443";
  request.url = "https://" + access.tls_server_name + ":" + port +
                access.server.substr(std::min(access.server.size(), 8 + authority.size())) + target_of(call);
}

std::optional<Duration> retry_after(const net::ClientResponse& response) {
  const std::string* text = response.headers.find("Retry-After");
  int seconds = 0;
  if (text == nullptr) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc() || seconds < 0) return std::nullopt;
  return std::min<Duration>(std::chrono::seconds(seconds), kLongestRetryAfter);
}

// `299 - "text"`
std::string warning_text(const std::string& value) {
  const auto open = value.find('"');
  const auto close = value.rfind('"');
  return open == std::string::npos || close <= open ? value : value.substr(open + 1, close - open - 1);
}

Fields write_fields(const WriteOptions& options) {
  Fields fields{{"fieldManager", options.field_manager}, {"fieldValidation", "Strict"}};
  if (options.dry_run) fields.emplace_back("dryRun", "All");
  return fields;
}

const char* content_type_of(PatchKind kind) {
  switch (kind) {
    case PatchKind::kMerge:
      return "application/merge-patch+json";
    case PatchKind::kStrategic:
      return "application/strategic-merge-patch+json";
    case PatchKind::kJson:
      return "application/json-patch+json";
    case PatchKind::kApply:
      return "application/apply-patch+yaml";
  }
  return "";
}

std::string text_of(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string version_of(const Json& object) {
  const auto metadata = object.is_object() ? object.find("metadata") : object.end();
  return !object.is_object() || metadata == object.end() ? std::string() : text_of(*metadata, "resourceVersion");
}

std::optional<WatchEvent> event_of(const std::string& type) {
  if (type == "ADDED") return WatchEvent::kAdded;
  if (type == "MODIFIED") return WatchEvent::kModified;
  if (type == "DELETED") return WatchEvent::kDeleted;
  if (type == "BOOKMARK") return WatchEvent::kBookmark;
  return std::nullopt;
}

}  // namespace

struct Client::Impl {
  Access access;
  ClientOptions options;
  Credentials credentials;
  net::HttpClient http;
  std::mutex mutex;
  std::set<std::string> warnings;  // guarded by mutex

  Impl(Access given, const Clock& clock, ClientOptions with)
      : access(given), options(std::move(with)), credentials(std::move(given), clock) {
    if (!options.pause) options.pause = wait_for;
  }

  void tell_warnings(const net::Headers& headers) {
    if (!options.on_warning) return;
    for (const auto& [name, value] : headers.fields()) {
      if (!net::equal_ignoring_case(name, "Warning")) continue;
      const std::string text = warning_text(value);
      {
        const std::lock_guard lock(mutex);
        if (warnings.size() >= kMaxWarnings || !warnings.insert(text).second) continue;
      }
      options.on_warning(text);
    }
  }

  Result<net::ClientRequest> request_of(const Call& call, SteadyTime until) {
    TRY_ASSIGN(Identity identity, credentials.identity());
    net::ClientRequest request;
    request.method = call.method;
    aim(access, call, request);
    request.headers = std::move(identity.headers);
    request.headers.add("Accept", "application/json");
    if (!call.content_type.empty()) request.headers.add("Content-Type", call.content_type);
    request.body = call.body;
    request.deadline = std::chrono::duration_cast<Duration>(until - MonotonicClock::now());
    request.max_response_bytes = call.sink ? std::numeric_limits<std::size_t>::max() : options.max_answer_bytes;
    request.ca_pem = access.ca_pem;
    request.client_cert_pem = std::move(identity.client_cert_pem);
    request.client_key_pem = std::move(identity.client_key_pem);
    request.proxy_url = access.proxy_url;
    request.verify_tls = access.verify_tls;
    request.stop = call.stop;
    request.sink = call.sink;
    return request;
  }

  // Any status that is worth telling the caller; busy servers and broken reads are waited out.
  Result<net::ClientResponse> send(const Call& call) {
    const SteadyTime until = MonotonicClock::now() + call.deadline;
    Duration pause = kFirstPause;
    bool renewed = false;
    for (int broken = 0;;) {
      TRY_ASSIGN(const net::ClientRequest request, request_of(call, until));
      auto response = http.send(request);
      Duration wanted = pause;
      if (!response) {
        if (!call.is_read() || response.error().code != Code::kUnavailable || ++broken >= kMaxBrokenReads) {
          return response;
        }
      } else {
        tell_warnings(response->headers);
        if (response->status == 401 && !renewed && credentials.renew()) {
          renewed = true;
          continue;
        }
        const bool busy = (response->status == 429 && call.wait_when_busy) || response->status == 503 ||
                          (call.is_read() && (response->status == 502 || response->status == 504));
        if (!busy) return response;
        wanted = retry_after(*response).value_or(pause);
      }
      if (MonotonicClock::now() + wanted >= until) return response;
      if (!options.pause(wanted, call.stop)) return response;
      pause = std::min<Duration>(pause * 2, kLongestPause);
    }
  }

  Result<Json> ask(const Call& call) {
    TRY_ASSIGN(const net::ClientResponse response, send(call));
    if (response.status < 200 || response.status > 299) return fail(api_error(response.status, response.body));
    auto parsed = json::parse(response.body, {options.max_answer_bytes, kMaxDepth});
    if (parsed) return parsed;
    return fail(
        unavailable("the answer of " + access.server + " is not the Kubernetes API's: " + parsed.error().message));
  }

  Result<Json> write(const char* method, const std::string& path, const Json& body, const WriteOptions& with) {
    Call call{
        .method = method, .path = path, .query = write_fields(with), .deadline = with.deadline, .stop = with.stop};
    call.body = body.dump();
    call.content_type = "application/json";
    return ask(call);
  }
};

std::string resource(std::string_view group_version, std::string_view space, std::string_view plural,
                     std::string_view name, std::string_view subresource) {
  std::string path = group_version.contains('/') ? "/apis/" : "/api/";
  path += group_version;
  if (!space.empty()) path += "/namespaces/" + net::percent_encode(space);
  path += "/" + std::string(plural);
  if (!name.empty()) path += "/" + net::percent_encode(name);
  if (!subresource.empty()) path += "/" + std::string(subresource);
  return path;
}

Client::Client(Access access, const Clock& clock, ClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(access), clock, std::move(options))) {}

Client::~Client() = default;

const Access& Client::access() const {
  return impl_->access;
}

Result<Json> Client::get(const std::string& path) const {
  return impl_->ask(Call{.path = path, .deadline = impl_->options.deadline});
}

Result<std::string> Client::list(const std::string& path, const ListOptions& options,
                                 const std::function<void(const Json& item)>& visit) const {
  const SteadyTime until = MonotonicClock::now() + options.deadline;
  std::string continuation;
  for (int restarts = 0;;) {
    Call call{.path = path, .stop = options.stop};
    call.query = {{"limit", std::to_string(options.page)}};
    if (!options.label_selector.empty()) call.query.emplace_back("labelSelector", options.label_selector);
    if (!options.field_selector.empty()) call.query.emplace_back("fieldSelector", options.field_selector);
    if (!continuation.empty()) call.query.emplace_back("continue", continuation);
    call.deadline = std::chrono::duration_cast<Duration>(until - MonotonicClock::now());
    TRY_ASSIGN(const net::ClientResponse response, impl_->send(call));
    if (response.status == 410 && ++restarts <= kMaxListRestarts) {
      continuation = continuation_of(response.body);
      continue;
    }
    if (response.status != 200) return fail(api_error(response.status, response.body));
    TRY_ASSIGN(const Json page, json::parse(response.body, {impl_->options.max_answer_bytes, kMaxDepth}));
    const auto items = page.is_object() ? page.find("items") : page.end();
    if (!page.is_object() || items == page.end()) return fail(unavailable("the answer to " + path + " is no list"));
    for (const Json& item : *items)
      visit(item);
    const auto metadata = page.find("metadata");
    continuation = metadata == page.end() ? std::string() : text_of(*metadata, "continue");
    if (continuation.empty()) return version_of(page);
  }
}

Result<std::string> Client::watch(const std::string& path, const WatchOptions& options,
                                  const std::function<void(WatchEvent event, const Json& object)>& visit) const {
  std::string newest = options.resource_version;
  std::string buffer;
  std::optional<Error> failure;
  const auto take_line = [&](std::string_view line) {
    const auto event = json::parse(line, {kMaxEventBytes, kMaxDepth});
    const std::string type = event ? text_of(*event, "type") : std::string();
    if (type.empty() || !event->contains("object")) return;  // a refusal; read from the whole body below
    const Json& object = (*event)["object"];
    const auto kind = event_of(type);
    if (!kind) {
      const auto code = object.is_object() ? object.find("code") : object.end();
      const bool numbered = object.is_object() && code != object.end() && code->is_number_integer();
      failure = api_error(numbered ? code->get<int>() : 500, object.dump());
      return;
    }
    if (const std::string version = version_of(object); !version.empty()) newest = version;
    visit(*kind, object);
  };
  Call call{.path = path, .deadline = options.lifetime + kWatchGrace, .stop = options.stop};
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.lifetime).count();
  call.query = {{"watch", "1"}, {"allowWatchBookmarks", "true"}, {"timeoutSeconds", std::to_string(seconds)}};
  if (!newest.empty()) call.query.emplace_back("resourceVersion", newest);
  if (!options.label_selector.empty()) call.query.emplace_back("labelSelector", options.label_selector);
  if (!options.field_selector.empty()) call.query.emplace_back("fieldSelector", options.field_selector);
  call.sink = [&](std::string_view piece) {
    buffer.append(piece);
    std::size_t begin = 0;
    for (auto end = buffer.find('\n'); end != std::string::npos && !failure; end = buffer.find('\n', begin)) {
      take_line(std::string_view(buffer).substr(begin, end - begin));
      begin = end + 1;
    }
    if (begin > 0) buffer.erase(0, begin);
    return !failure && buffer.size() <= kMaxEventBytes;
  };
  const auto response = impl_->send(call);
  if (failure) return fail(*failure);
  if (buffer.size() > kMaxEventBytes) return fail(exhausted("an event of " + path + " is too large"));
  if (!response) return fail(response.error());
  if (response->status != 200) return fail(api_error(response->status, buffer));
  return newest;
}

Result<Json> Client::create(const std::string& path, const Json& object, const WriteOptions& options) const {
  return impl_->write("POST", path, object, options);
}

Result<Json> Client::replace(const std::string& path, const Json& object, const WriteOptions& options) const {
  return impl_->write("PUT", path, object, options);
}

Result<Json> Client::patch(const std::string& path, PatchKind kind, const Json& body,
                           const WriteOptions& options) const {
  Call call{.method = "PATCH",
            .path = path,
            .query = write_fields(options),
            .deadline = options.deadline,
            .stop = options.stop};
  if (kind == PatchKind::kApply && options.force) call.query.emplace_back("force", "true");
  call.body = body.dump();
  call.content_type = content_type_of(kind);
  return impl_->ask(call);
}

Result<void> Client::remove(const std::string& path, const WriteOptions& options) const {
  Call call{.method = "DELETE", .path = path, .deadline = options.deadline, .stop = options.stop};
  if (options.dry_run) call.query.emplace_back("dryRun", "All");
  TRY(impl_->ask(call));
  return {};
}

Result<void> Client::evict(std::string_view space, std::string_view pod, const WriteOptions& options) const {
  const Json body{{"apiVersion", "policy/v1"},
                  {"kind", "Eviction"},
                  {"metadata", {{"name", std::string(pod)}, {"namespace", std::string(space)}}}};
  Call call{.method = "POST", .path = resource("v1", space, "pods", pod, "eviction"), .deadline = options.deadline};
  if (options.dry_run) call.query.emplace_back("dryRun", "All");
  call.body = body.dump();
  call.content_type = "application/json";
  call.wait_when_busy = false;
  call.stop = options.stop;
  TRY_ASSIGN(const net::ClientResponse response, impl_->send(call));
  if (response.status >= 200 && response.status <= 299) return {};
  Error error = api_error(response.status, response.body);
  if (response.status == 429) {
    error.code = Code::kConflict;
    error.hint = "a PodDisruptionBudget forbids it now";
  }
  return fail(std::move(error));
}

}  // namespace trimtab::kubernetes
