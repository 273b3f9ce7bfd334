// The REST surface under /api/v1, the probes and metrics of the process, and the web page. web/src/api/types.ts holds
// the shapes; /api/v1/openapi.json describes them to programs.
//
// Guards on every request but probes: the Host must be a loopback name or address or one of `allowed_hosts` (DNS
// rebinding).
// On everything but GET and HEAD: "Authorization: Bearer <token>", an Origin (when a browser sends one) that is this
// server, and a JSON body. Who acts is the body's `actor`, else the field X-Trimtab-Actor, else "user".
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/assets.h"
#include "api/live_service.h"
#include "api/metrics_text.h"
#include "base/time.h"
#include "engine/study_store.h"
#include "net/router.h"
#include "packs/pack.h"

namespace trimtab::api {

// References and pointers must outlive the router.
struct RestOptions {
  LiveService& live;
  const Clock& clock;
  // Compares in constant time, see api/token.h. Unset: every change is refused.
  std::function<bool(std::string_view token)> token_is_valid = nullptr;
  std::string version = {};
  std::string revision = {};
  Instant started = {};
  // Host names and addresses besides loopback, without port; "*" allows all (a proxy in front checks them).
  std::vector<std::string> allowed_hosts = {};
  std::function<bool()> is_ready = nullptr;                  // for /readyz; unset: always
  const std::vector<Asset>* assets = nullptr;                // the web page; nullptr: none
  engine::StudyStore* studies = nullptr;                     // nullptr: no studies
  const packs::PackLibrary* packs = nullptr;                 // needed to read studies
  std::function<void(MetricsText&)> more_metrics = nullptr;  // the server's own, for /metrics
};

// The router's handlers are thread safe and share what they need; the router may be copied.
[[nodiscard]] net::Router make_router(RestOptions options);

}  // namespace trimtab::api
