// trimtab exporter: control groups' figures for Prometheus.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <ostream>

#include <CLI/CLI.hpp>

#include "cli/cgroup_metrics.h"
#include "cli/command.h"
#include "net/http_server.h"

namespace trimtab::cli {
namespace {

struct ExporterOptions {
  std::string parent;
  std::string listen = "127.0.0.1:19100";
  std::string container;
};

Result<void> export_metrics(const ExporterOptions& options, Streams& streams) {
  TRY_ASSIGN(const proc::CgroupFileSystem groups, proc::CgroupFileSystem::detect());
  TRY_ASSIGN(const net::ListenAddress listen, net::parse_listen_address(options.listen));
  const std::string container = options.container.empty() ? options.parent : options.container;
  net::HttpServerOptions server_options;
  server_options.address = listen.address;
  server_options.port = listen.port;
  server_options.max_connections = 16;
  TRY_ASSIGN(const auto server, net::HttpServer::start(server_options, [&](const net::Request& request) {
               net::Response response;
               if (request.target.path != "/metrics") {
                 response.status = 404;
                 response.body = "the figures are at /metrics\n";
                 return response;
               }
               response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
               response.body = cgroup_metrics(groups, options.parent, container);
               return response;
             }));
  streams.out << "Exporting " << options.parent << " at http://" << listen.address << ":" << server->port()
              << "/metrics\n"
              << std::flush;
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, streams.stop, [] { return false; });
  return {};
}

}  // namespace

void add_exporter(CLI::App& root, Actions& actions) {
  CLI::App* command =
      root.add_subcommand("exporter", "Serve CPU, memory and throttling of control groups to Prometheus");
  const auto options = std::make_shared<ExporterOptions>();
  command->add_option("--parent", options->parent, "Control group whose children are exported")->required();
  command->add_option("--listen", options->listen, "ADDRESS:PORT")->capture_default_str();
  command->add_option("--container", options->container, "Value of the label container; the parent's name by default");
  actions.on(command, [options](Streams& streams) { return export_metrics(*options, streams); });
}

}  // namespace trimtab::cli
