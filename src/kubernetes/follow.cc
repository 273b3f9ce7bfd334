#include "kubernetes/follow.h"

#include <algorithm>
#include <chrono>

#include "kubernetes/wait.h"
#include <nlohmann/json.hpp>

namespace trimtab::kubernetes {
namespace {

using Json = nlohmann::json;

constexpr auto kFirstPause = std::chrono::milliseconds(800);
constexpr auto kLongestPause = std::chrono::seconds(30);

std::string uid_of(const Json& object) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return {};
  return metadata->value("uid", std::string());
}

bool is_lasting(const Error& error) {
  return error.code == Code::kDenied || error.code == Code::kUnauthenticated || error.code == Code::kNotFound;
}

// Watches from `version` until that is not possible any more; the error says why.
Result<void> watch_on(const Client& client, const Collection& collection, const Follower& follower, std::string version,
                      const std::stop_token& stop) {
  for (;;) {
    WatchOptions options;
    options.label_selector = collection.label_selector;
    options.field_selector = collection.field_selector;
    options.resource_version = version;
    options.stop = stop;
    TRY_ASSIGN(version, client.watch(collection.path, options, [&](WatchEvent event, const Json& object) {
      if (event != WatchEvent::kBookmark) follower.on_change(event, object);
    }));
    if (stop.stop_requested()) return {};
  }
}

Result<void> round(const Client& client, const Collection& collection, const Follower& follower,
                   const std::stop_token& stop, bool& listed) {
  std::map<std::string, Json> all;
  ListOptions options;
  options.label_selector = collection.label_selector;
  options.field_selector = collection.field_selector;
  options.stop = stop;
  TRY_ASSIGN(const std::string version, client.list(collection.path, options, [&](const Json& item) {
    all.insert_or_assign(uid_of(item), item);
  }));
  follower.on_all(all);
  listed = true;
  all.clear();
  return watch_on(client, collection, follower, version, stop);
}

}  // namespace

Result<void> follow(const Client& client, const Collection& collection, const Follower& follower,
                    std::stop_token stop) {
  Duration longest = kFirstPause;
  while (!stop.stop_requested()) {
    bool listed = false;
    const auto ended = round(client, collection, follower, stop, listed);
    if (stop.stop_requested()) break;
    if (!ended && is_lasting(ended.error())) return ended;
    if (listed) longest = kFirstPause;
    if (!ended && is_expired(ended.error()) && listed) continue;  // an ordinary event: begin anew at once
    if (!ended && follower.on_trouble) follower.on_trouble(ended.error());
    const double share = follower.jitter ? follower.jitter() : 1.0;
    const auto time = std::max<Duration>(Duration(1000), duration_from_seconds(to_seconds(longest) * share));
    if (!(follower.pause ? follower.pause(time, stop) : wait_for(time, stop))) break;
    longest = std::min<Duration>(longest * 2, kLongestPause);
  }
  return {};
}

}  // namespace trimtab::kubernetes
