#include "server/server.h"

#include <optional>
#include <utility>

#include "kubernetes/access.h"

#include "api/rest.h"
#include "api/token.h"
#include "base/log.h"
#include "net/http_client.h"
#include "packs/application_document.h"
#include "platform/kubernetes/kubernetes_platform.h"
#include "platform/local/local_platform.h"
#include "server/access_token.h"
#include "server/cluster_applications.h"
#include "server/live_runner.h"
#include "server/state_directory.h"
#include "server/version.h"
#include "store/sqlite_store.h"
#include "telemetry/prometheus_source.h"

namespace trimtab::server {
namespace {

Collaborators make_collaborators(const packs::PackLibrary& packs, const net::HttpClient& client, const Clock& clock) {
  Collaborators made;
  made.read = [&packs](const std::string& document, const std::string& file) {
    return packs::read_application(document, file, packs);
  };
  made.metrics = [&client](const model::Application& application) -> Result<std::unique_ptr<engine::MetricSource>> {
    return std::make_unique<telemetry::PrometheusSource>(application.telemetry, client);
  };
  made.platform = [&packs, &clock,
                   &client](const model::Application& application) -> Result<std::unique_ptr<engine::Platform>> {
    if (application.platform_kind == "local") {
      TRY_ASSIGN(auto platform, platform::LocalPlatform::create(application, packs, clock));
      return platform;
    }
    if (application.platform_kind == "kubernetes") {
      platform::KubernetesPlatformOptions options;
      options.metrics = std::make_unique<telemetry::PrometheusSource>(application.telemetry, client);
      TRY_ASSIGN(auto platform, platform::KubernetesPlatform::create(application, packs, clock, std::move(options)));
      return platform;
    }
    Error error =
        unsupported("the platform \"" + application.platform_kind + "\" is not known here", "use local or kubernetes");
    error.field = "platform.kind";
    return fail(std::move(error));
  };
  return made;
}

void add_metrics(api::MetricsText& text, const Counters& counters) {
  const auto total = [&](std::string_view name, std::string_view description, const std::atomic<std::uint64_t>& value) {
    text.metric(name, "counter", description);
    text.sample(static_cast<double>(value.load(std::memory_order_relaxed)));
  };
  total("trimtab_journaled_steps_total", "Steps of live engines that were stored since the start", counters.steps);
  total("trimtab_commands_total", "Commands of live engines that were carried out", counters.commands);
  total("trimtab_commit_failures_total", "Steps that could not be stored", counters.commit_failures);
}

}  // namespace

// In the order in which one needs the other; they end in the opposite order.
struct Server::Parts {
  SystemClock clock;
  std::optional<StateDirectory> directory;
  std::unique_ptr<store::SqliteStore> store;
  packs::PackLibrary packs;
  net::HttpClient client;
  std::unique_ptr<LiveRunner> runner;
  std::unique_ptr<ClusterApplications> cluster;
  std::unique_ptr<net::HttpServer> http;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
  parts_->http.reset();  // first: its handlers use the others
  log::info("server.stopped");
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options) {
  if (!net::is_loopback(options.listen.address) && !options.allow_remote) {
    return fail(denied("the address " + options.listen.address + " can be reached from other machines",
                       "give --allow-remote if that is wanted, better with a TLS proxy in front"));
  }
  TRY_ASSIGN(CrashPoint crash_point, CrashPoint::parse(options.crash_at));
  auto parts = std::make_unique<Parts>();
  TRY_ASSIGN(StateDirectory directory, StateDirectory::open(options.state_directory));
  parts->directory.emplace(std::move(directory));
  TRY_ASSIGN(parts->store, store::SqliteStore::open(parts->directory->store_file()));
  TRY_ASSIGN(const AccessToken token, open_access_token(parts->directory->token_file(), *parts->store));
  TRY_ASSIGN(parts->packs, packs::PackLibrary::embedded());
  if (!options.packs_folder.empty()) TRY(parts->packs.add_folder(options.packs_folder));
  LiveRunner::Options runner_options{Threading::kOwn, std::move(crash_point)};
  TRY_ASSIGN(parts->runner, LiveRunner::start(*parts->store, parts->clock,
                                              make_collaborators(parts->packs, parts->client, parts->clock),
                                              std::move(runner_options)));
  if (!options.applications_in.empty()) {
    TRY_ASSIGN(kubernetes::Access access, kubernetes::load_access(kubernetes::access_options_from_environment("", "")));
    TRY_ASSIGN(parts->cluster,
               ClusterApplications::start(std::move(access), options.applications_in, *parts->runner, parts->clock));
  }
  api::RestOptions rest{.live = *parts->runner, .clock = parts->clock};
  rest.token_is_valid = api::token_check(token.hash);
  rest.version = kVersion;
  rest.revision = kRevision;
  rest.started = parts->clock.now();
  rest.allowed_hosts = options.allowed_hosts;
  if (!net::is_loopback(options.listen.address)) rest.allowed_hosts.push_back(options.listen.address);
  rest.assets = options.assets;
  rest.studies = parts->store.get();
  rest.packs = &parts->packs;
  rest.more_metrics = [runner = parts->runner.get()](api::MetricsText& text) { add_metrics(text, runner->counters()); };
  net::HttpServerOptions http;
  http.address = options.listen.address;
  http.port = options.listen.port;
  TRY_ASSIGN(parts->http,
             net::HttpServer::start(http, [router = api::make_router(std::move(rest))](const net::Request& request) {
               return router.handle(request);
             }));
  std::unique_ptr<Server> server(new Server(std::move(parts)));
  log::info("server.started", {{"version", kVersion},
                               {"address", options.listen.address},
                               {"port", server->port()},
                               {"state", options.state_directory},
                               {"token_file", server->token_file()},
                               {"token_is_new", token.is_new}});
  return server;
}

int Server::port() const {
  return parts_->http->port();
}

std::string Server::token_file() const {
  return parts_->directory->token_file();
}

}  // namespace trimtab::server
