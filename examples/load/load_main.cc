// trimtab-load: an open-loop load on the demonstration shop. Runs until its duration is over or SIGTERM or SIGINT
// comes, then prints a summary as one line of JSON.
#include <cstdio>
#include <stop_token>
#include <string>
#include <thread>

#include "load/generator.h"
#include <CLI/CLI.hpp>
#include <pthread.h>
#include <signal.h>

#include "base/time.h"
#include "net/http_server.h"

namespace {

using trimtab::Result;
using namespace trimtab::load;

struct Arguments {
  std::string url = "http://127.0.0.1:18080";
  std::string profile = "constant";
  std::string duration;
  std::string warm_up = "0s";
  std::string timeout = "10s";
  std::string metrics_listen;
  double rate = 20;
  double peak_rps = 90;
  double day_minutes = 24;
  double start_hour = 8;
  std::uint64_t seed = 1;
  int products = 5000;
};

void declare(CLI::App& app, Arguments& arguments) {
  app.add_option("--url", arguments.url, "http://ADDRESS:PORT of the shop")->capture_default_str();
  app.add_option("--profile", arguments.profile, "constant or day")
      ->check(CLI::IsMember({"constant", "day"}))
      ->capture_default_str();
  app.add_option("--rate", arguments.rate, "constant: requests per second")
      ->check(CLI::Range(0.01, 1e5))
      ->capture_default_str();
  app.add_option("--peak-rps", arguments.peak_rps, "day: requests per second at the lunch peak")
      ->check(CLI::Range(0.01, 1e5))
      ->capture_default_str();
  app.add_option("--day-minutes", arguments.day_minutes, "day: real minutes that a day lasts")
      ->check(CLI::Range(0.1, 1440.0))
      ->capture_default_str();
  app.add_option("--start-hour", arguments.start_hour, "day: hour at the start")
      ->check(CLI::Range(0.0, 24.0))
      ->capture_default_str();
  app.add_option("--duration", arguments.duration, "for example 2m; until stopped when left out");
  app.add_option("--warm-up", arguments.warm_up, "at the start, left out of the summary")->capture_default_str();
  app.add_option("--timeout", arguments.timeout, "of one request, from when it was due")->capture_default_str();
  app.add_option("--products", arguments.products, "size of the catalogue")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--seed", arguments.seed, "the same seed gives the same requests")->capture_default_str();
  app.add_option("--metrics-listen", arguments.metrics_listen, "ADDRESS:PORT for Prometheus");
}

Result<double> seconds(const std::string& text) {
  TRY_ASSIGN(const trimtab::Duration duration, trimtab::parse_duration(text));
  return trimtab::to_seconds(duration);
}

Result<GeneratorOptions> options_from(const Arguments& arguments) {
  GeneratorOptions options;
  std::string_view host = arguments.url;
  if (!host.starts_with("http://")) return trimtab::fail(trimtab::invalid_input("the URL must begin with http://"));
  host.remove_prefix(7);
  while (host.ends_with('/'))
    host.remove_suffix(1);
  TRY_ASSIGN(const trimtab::net::ListenAddress address, trimtab::net::parse_listen_address(host));
  options.address = address.address;
  options.port = address.port;
  const bool day = arguments.profile == "day";
  options.profile.kind = day ? RateProfileOptions::Kind::kDay : RateProfileOptions::Kind::kConstant;
  options.profile.rate = day ? arguments.peak_rps : arguments.rate;
  options.profile.day_seconds = arguments.day_minutes * 60;
  options.profile.start_hour = arguments.start_hour;
  options.profile.seed = arguments.seed;
  options.mix.products = arguments.products;
  options.mix.seed = arguments.seed;
  options.mix.host = std::string(host);
  if (!arguments.duration.empty()) {
    TRY_ASSIGN(options.duration_s, seconds(arguments.duration));
  }
  TRY_ASSIGN(options.warm_up_s, seconds(arguments.warm_up));
  TRY_ASSIGN(options.timeout_s, seconds(arguments.timeout));
  return options;
}

trimtab::net::Response answer(const trimtab::net::Request& request, const Statistics& statistics) {
  trimtab::net::Response response;
  if (request.target.path != "/metrics") {
    response.status = 404;
    return response;
  }
  response.headers.add("Content-Type", "text/plain; version=0.0.4");
  response.body = statistics.prometheus();
  return response;
}

Result<void> run(const Arguments& arguments, const std::stop_token& stop) {
  TRY_ASSIGN(const GeneratorOptions options, options_from(arguments));
  Statistics statistics;
  std::unique_ptr<trimtab::net::HttpServer> server;
  if (!arguments.metrics_listen.empty()) {
    TRY_ASSIGN(const trimtab::net::ListenAddress listen, trimtab::net::parse_listen_address(arguments.metrics_listen));
    trimtab::net::HttpServerOptions server_options;
    server_options.address = listen.address;
    server_options.port = listen.port;
    TRY_ASSIGN(server, trimtab::net::HttpServer::start(
                           server_options, [&](const trimtab::net::Request& r) { return answer(r, statistics); }));
  }
  TRY_ASSIGN(const Summary summary, generate(options, statistics, stop));
  std::puts(to_json(summary).c_str());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Sends an open-loop load to the demonstration shop and prints a summary as JSON.");
  Arguments arguments;
  declare(app, arguments);
  CLI11_PARSE(app, argc, argv);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::stop_source stop;
  std::jthread waiter([&](const std::stop_token& done) {
    const timespec tick{0, 100'000'000};
    while (!done.stop_requested()) {
      if (::sigtimedwait(&signals, nullptr, &tick) > 0) stop.request_stop();
    }
  });
  const Result<void> result = run(arguments, stop.get_token());
  if (result) return 0;
  std::fprintf(stderr, "error: %s\n", result.error().to_string().c_str());
  return trimtab::properties(result.error().code).exit_code;
}
