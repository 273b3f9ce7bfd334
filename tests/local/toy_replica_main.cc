// A replica to test the local platform with: answers requests slowly enough that some are always under way, ends
// gracefully on TERM, and misbehaves when told to.
//   toy_replica --mode=good|dies|silent --size=N --port=N
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include <pthread.h>
#include <signal.h>

#include "net/http_server.h"

namespace {

constexpr auto kWork = std::chrono::milliseconds(20);

trimtab::net::Response answer(const trimtab::net::Request& request, bool silent) {
  trimtab::net::Response response;
  if (request.target.path == "/ready") {
    response.status = silent ? 503 : 200;
    return response;
  }
  std::this_thread::sleep_for(kWork);
  response.body = "ahoy";
  return response;
}

}  // namespace

int main(int argc, char** argv) {
  std::string mode;
  trimtab::net::HttpServerOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("--mode=")) mode = word.substr(7);
    if (word.starts_with("--port=")) options.port = std::atoi(argv[i] + 7);
  }
  std::printf("started\n");
  std::fflush(stdout);
  if (mode == "dies") {
    std::printf("cannot open the ship's log\n");
    return 3;
  }
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &term, nullptr);
  const auto server = trimtab::net::HttpServer::start(
      options, [&](const trimtab::net::Request& request) { return answer(request, mode == "silent"); });
  if (!server) {
    std::printf("%s\n", server.error().to_string().c_str());
    return 1;
  }
  int signal = 0;
  ::sigwait(&term, &signal);
  return 0;  // the server's destructor waits for handlers at work
}
