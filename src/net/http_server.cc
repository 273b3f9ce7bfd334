#include "net/http_server.h"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "net/connection.h"
#include "net/error_response.h"
#include "net/listen_address.h"

namespace trimtab::net {
namespace {

constexpr auto kGrace = std::chrono::seconds(4);               // for handlers at work when the server stops
constexpr auto kLastGrace = std::chrono::seconds(1);           // after their sockets were shut down
constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // when descriptors have run out

// What threads of connections share with the server; they may outlive it when a handler does not come back in time.
struct Shared {
  HttpServerOptions options;
  Handler handler;
  Descriptor stop_fd;
  std::stop_source stop;
  std::mutex mutex;
  std::condition_variable changed;
  std::set<int> open;  // sockets of connections; guarded by mutex
};

void serve_one(const std::shared_ptr<Shared>& shared, Descriptor descriptor, std::string peer) {
  const int fd = descriptor.get();
  {
    Connection connection(Socket(std::move(descriptor), shared->stop_fd.get()), std::move(peer), shared->options,
                          shared->handler, shared->stop.get_token());
    connection.run();
    const std::lock_guard lock(shared->mutex);
    shared->open.erase(fd);  // before it is closed: the number may be given again at once
  }
  const std::lock_guard lock(shared->mutex);
  shared->changed.notify_all();
}

std::string peer_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text.data(), text.size());
  } else {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text.data(), text.size());
  }
  return text.data();
}

void turn_away(int fd) {
  constexpr std::string_view kFull =
      "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
  // Best effort: the accepting thread never waits for a client.
  static_cast<void>(::send(fd, kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  ::shutdown(fd, SHUT_WR);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(std::shared_ptr<Shared> shared, Descriptor listener, int bound_port)
      : shared_(std::move(shared)), listener_(std::move(listener)), port_(bound_port) {
    acceptor_ = std::thread([this] { accept_all(); });
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ~Impl() {
    shared_->stop.request_stop();
    const std::uint64_t one = 1;
    CHECK(::write(shared_->stop_fd.get(), &one, sizeof one) == sizeof one);  // an eventfd takes a small number at once
    acceptor_.join();
    std::unique_lock lock(shared_->mutex);
    const auto all_ended = [this] { return shared_->open.empty(); };
    if (shared_->changed.wait_for(lock, kGrace, all_ended)) return;
    for (const int fd : shared_->open)
      ::shutdown(fd, SHUT_RDWR);
    if (shared_->changed.wait_for(lock, kLastGrace, all_ended)) return;
    log::warning("http.handlers_left_behind", {{"connections", shared_->open.size()}});
  }

  [[nodiscard]] int port() const { return port_; }

 private:
  void accept_all() {
    while (!shared_->stop.stop_requested()) {
      std::array<pollfd, 2> wait{{{listener_.get(), POLLIN, 0}, {shared_->stop_fd.get(), POLLIN, 0}}};
      if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) break;
      if ((wait[1].revents & POLLIN) != 0) break;
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      Descriptor accepted(
          ::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (accepted.get() >= 0) {
        take(std::move(accepted), peer_of(address));
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        log::warning("http.accept_failed", {{"reason", std::strerror(errno)}});
        ::poll(&wait[1], 1, static_cast<int>(kAcceptPause.count()));
      }
    }
  }

  void take(Descriptor accepted, std::string peer) {
    const int fd = accepted.get();
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    {
      const std::lock_guard lock(shared_->mutex);
      if (std::cmp_greater_equal(shared_->open.size(), shared_->options.max_connections)) return turn_away(fd);
      shared_->open.insert(fd);
    }
    try {
      // The descriptor goes in by number so that a thread that cannot start leaves its owner here.
      std::thread([shared = shared_, fd, name = std::move(peer)] { serve_one(shared, Descriptor(fd), name); }).detach();
      Descriptor::release(std::move(accepted));
    } catch (const std::system_error& error) {
      log::warning("http.no_thread", {{"reason", error.what()}});
      turn_away(fd);
      const std::lock_guard lock(shared_->mutex);
      shared_->open.erase(fd);
    }
  }

  std::shared_ptr<Shared> shared_;
  Descriptor listener_;
  int port_;
  std::thread acceptor_;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;
int HttpServer::port() const {
  return impl_->port();
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, Handler handler) {
  auto shared = std::make_shared<Shared>();
  TRY_ASSIGN(auto bound, bind_and_listen(options.address, options.port));
  shared->stop_fd = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (shared->stop_fd.get() < 0) return fail(exhausted("no file descriptors are left"));
  shared->options = std::move(options);
  shared->handler = std::move(handler);
  auto impl = std::make_unique<Impl>(std::move(shared), std::move(bound.listener), bound.port);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

}  // namespace trimtab::net
