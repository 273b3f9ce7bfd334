// Feeds bytes to the server's request reader through a socket pair, as a client would that then closes its side.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <fcntl.h>
#include <sys/socket.h>

#include "net/request_reader.h"
#include "net/socket.h"

namespace {

constexpr std::size_t kMostBytes = 32 * 1024;  // fits the socket's buffer: nothing blocks

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace trimtab::net;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) return 0;
  const Descriptor client(ends[0]);
  Socket server(Descriptor(ends[1]), -1);
  static_cast<void>(::send(client.get(), data, std::min(size, kMostBytes), MSG_NOSIGNAL));
  ::shutdown(client.get(), SHUT_WR);
  HttpServerOptions options;
  options.max_body_bytes = 4096;
  RequestReader reader(server, options);
  for (bool first = true;; first = false) {
    const auto outcome = reader.next(first);
    if (!outcome.request) break;
    const auto& request = outcome.request->request;
    must(request.target.path.starts_with('/'));
    must(request.body.size() <= options.max_body_bytes);
    const auto hosts = std::ranges::count_if(
        request.headers.fields(), [](const auto& field) { return equal_ignoring_case(field.first, "Host"); });
    must(hosts == 1 || (hosts == 0 && outcome.request->http_1_0));
  }
  return 0;
}
