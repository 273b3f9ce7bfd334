// trimtab serve: the server.
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <ostream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "api/assets.h"
#include "base/log.h"
#include "cli/command.h"
#include "server/server.h"

namespace trimtab::cli {
namespace {

struct ServeOptions {
  std::string state = "trimtab-state";
  std::string listen = "127.0.0.1:7070";
  bool allow_remote = false;
  std::vector<std::string> allowed_hosts;
  std::string packs;
  std::vector<std::string> applications_in;
  std::string log_format = "auto";
  std::string log_level = "info";
};

log::Level level_of(const std::string& text) {
  if (text == "debug") return log::Level::kDebug;
  if (text == "warning") return log::Level::kWarning;
  if (text == "error") return log::Level::kError;
  return log::Level::kInfo;
}

Result<void> serve(const ServeOptions& options, Streams& streams) {
  const bool json = options.log_format == "json" || (options.log_format == "auto" && ::isatty(STDERR_FILENO) == 0);
  log::configure(level_of(options.log_level), json ? log::Format::kJson : log::Format::kHuman);
  TRY_ASSIGN(const net::ListenAddress listen, net::parse_listen_address(options.listen));
  server::ServerOptions made;
  made.state_directory = options.state;
  made.listen = listen;
  made.allow_remote = options.allow_remote;
  made.allowed_hosts = options.allowed_hosts;
  made.packs_folder = options.packs;
  made.applications_in = options.applications_in;
  if (!api::embedded_assets().empty()) made.assets = &api::embedded_assets();
  if (const char* crash = std::getenv("TRIMTAB_CRASH_AT")) made.crash_at = crash;
  TRY_ASSIGN(const auto server, server::Server::start(made));
  if (!net::is_loopback(listen.address)) {
    log::warning("server.reachable_from_outside",
                 {{"address", listen.address}, {"advice", "without TLS the token can be read on the way"}});
  }
  const std::string host = listen.address.find(':') == std::string::npos ? listen.address : "[" + listen.address + "]";
  streams.out << "Trimtab answers at http://" << host << ':' << server->port() << "/ (changes need the token in "
              << server->token_file() << ")" << std::endl;
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, streams.stop, [] { return false; });
  return {};
}

}  // namespace

void add_serve(CLI::App& root, Actions& actions) {
  CLI::App* command = root.add_subcommand("serve", "Run the server: live engine, REST API and web page");
  const auto options = std::make_shared<ServeOptions>();
  command->add_option("--state", options->state, "Directory for the store and the token")->capture_default_str();
  command->add_option("--listen", options->listen, "Address and port")->capture_default_str();
  command->add_flag("--allow-remote", options->allow_remote, "Accept an address that other machines can reach");
  command->add_option("--allow-host", options->allowed_hosts,
                      "Further name or address by which clients call this server (field Host)");
  command->add_option("--packs", options->packs, "Folder with further packs");
  command
      ->add_option("--applications-in", options->applications_in,
                   "Namespace whose custom resources Application are kept enrolled; '*': all namespaces")
      ->type_name("NAMESPACE");
  command->add_option("--log-format", options->log_format, "human, json, or auto: human on a terminal, json elsewhere")
      ->check(CLI::IsMember({"auto", "human", "json"}))
      ->capture_default_str();
  command->add_option("--log-level", options->log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  actions.on(command, [options](Streams& streams) { return serve(*options, streams); });
}

}  // namespace trimtab::cli
