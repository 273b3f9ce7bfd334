// Client of the Kubernetes API over HTTP and JSON: lists with paging, watches, patches, server-side apply, eviction.
//
// Every call ends by its deadline. 429 (API Priority and Fairness) and 503 are waited out as Retry-After says, reads
// are tried again when the connection breaks, an expired credential (401) is made anew once. A write whose connection
// broke is not repeated: its outcome is unknown (kUnavailable), the caller reads back. Thread safe.
// https://kubernetes.io/docs/reference/using-api/api-concepts/
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "kubernetes/access.h"
#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "base/time.h"

namespace trimtab::kubernetes {

// Of a resource: resource("apps/v1", "shop", "deployments", "cart", "scale"); empty parts are left out. Names are
// percent-encoded.
[[nodiscard]] std::string resource(std::string_view group_version, std::string_view space, std::string_view plural,
                                   std::string_view name = {}, std::string_view subresource = {});

struct ListOptions {
  std::string label_selector;
  std::string field_selector;
  int page = 250;  // items; a pod is some 10 KB
  Duration deadline = std::chrono::seconds(60);
  std::stop_token stop;
};

enum class PatchKind { kMerge, kStrategic, kJson, kApply };

struct WriteOptions {
  std::string field_manager = "trimtab";
  bool dry_run = false;
  bool force = false;  // kApply: takes fields from other managers
  Duration deadline = std::chrono::seconds(15);
  std::stop_token stop;
};

enum class WatchEvent { kAdded, kModified, kDeleted, kBookmark };

struct WatchOptions {
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;
  Duration lifetime = std::chrono::minutes(5);  // the server ends the watch then
  std::stop_token stop;
};

struct ClientOptions {
  Duration deadline = std::chrono::seconds(15);  // of a get
  std::size_t max_answer_bytes = 64 * 1024 * 1024;
  // Deprecations and the like, as the server says them (header Warning), each text once. Called from any thread.
  std::function<void(const std::string&)> on_warning;
  // Waits; false when stopped. Tests give one that does not wait.
  std::function<bool(Duration, const std::stop_token&)> pause;
};

// The list or watch must begin anew: what it continued is compacted away (410 Gone).
[[nodiscard]] bool is_expired(const Error& error);

// Errors of all calls: kUnauthenticated, kDenied, kNotFound, kConflict (409, stale resourceVersion, fields of another
// manager), kInvalidInput (422; `field` says where), kUnsupported (the server does not serve this), kUnavailable,
// kDeadlineExceeded, kCancelled, kExhausted (larger than allowed).
class Client {
 public:
  // `clock` outlives the client. Contacts nothing.
  Client(Access access, const Clock& clock, ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] const Access& access() const;

  [[nodiscard]] Result<nlohmann::json> get(const std::string& path) const;

  // Visits every item, page by page; returns the list's resourceVersion. When the continuation expired and the server
  // cannot go on, the list begins anew, so an item may be visited twice.
  [[nodiscard]] Result<std::string> list(const std::string& path, const ListOptions& options,
                                         const std::function<void(const nlohmann::json& item)>& visit) const;

  // Until the server ends the watch (then the newest resourceVersion seen), or an error: is_expired() tells 410.
  [[nodiscard]] Result<std::string> watch(
      const std::string& path, const WatchOptions& options,
      const std::function<void(WatchEvent event, const nlohmann::json& object)>& visit) const;

  [[nodiscard]] Result<nlohmann::json> create(const std::string& path, const nlohmann::json& object,
                                              const WriteOptions& options = {}) const;
  // kConflict when the object's metadata.resourceVersion is no longer the live one.
  [[nodiscard]] Result<nlohmann::json> replace(const std::string& path, const nlohmann::json& object,
                                               const WriteOptions& options = {}) const;
  [[nodiscard]] Result<nlohmann::json> patch(const std::string& path, PatchKind kind, const nlohmann::json& body,
                                             const WriteOptions& options = {}) const;
  [[nodiscard]] Result<void> remove(const std::string& path, const WriteOptions& options = {}) const;
  // Through the eviction API, which respects disruption budgets: kConflict when one forbids it now.
  [[nodiscard]] Result<void> evict(std::string_view space, std::string_view pod,
                                   const WriteOptions& options = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trimtab::kubernetes
