// Following a collection: one list, then a watch, again and again, so that a consumer always ends up with what is live.
#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>

#include "kubernetes/client.h"
#include <nlohmann/json_fwd.hpp>

namespace trimtab::kubernetes {

struct Collection {
  std::string path;
  std::string label_selector;
  std::string field_selector;
};

struct Follower {
  // The whole collection: at the start and whenever what happened between is not known (410, restarts of the server).
  std::function<void(const std::map<std::string, nlohmann::json>& by_uid)> on_all;
  std::function<void(WatchEvent event, const nlohmann::json& object)> on_change;  // never kBookmark
  // The collection cannot be followed at the moment; it is tried again.
  std::function<void(const Error& error)> on_trouble;
  // Waits; false when stopped. Empty: really waits.
  std::function<bool(Duration, const std::stop_token&)> pause;
  // A number in [0, 1): pauses are drawn from (0, 0.8 s .. 30 s], doubled while it fails (as client-go).
  std::function<double()> jitter;
};

// Returns when stopped, or with an error that trying again will not change: kDenied, kUnauthenticated, kNotFound.
[[nodiscard]] Result<void> follow(const Client& client, const Collection& collection, const Follower& follower,
                                  std::stop_token stop);

}  // namespace trimtab::kubernetes
