#include "load/generator.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <ctime>
#include <deque>
#include <memory>
#include <vector>

#include "load/arrivals.h"
#include "load/response_reader.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace trimtab::load {
namespace {

constexpr double kLongestWait = 0.1;  // seconds until time-outs, idle connections and `stop` are looked at

struct Job {
  double due_s = 0;
  bool measured = false;
  std::string bytes;
};

enum class Phase { kFree, kConnecting, kSending, kReceiving };

struct Connection {
  int fd = -1;
  Phase phase = Phase::kFree;
  Job job;
  std::size_t sent = 0;
  ResponseReader reader;
  double idle_since_s = 0;
  std::uint32_t watched = 0;  // events that epoll reports
};

class Loop {
 public:
  Loop(const GeneratorOptions& options, const sockaddr_in& address, Statistics& statistics)
      : options_(options),
        address_(address),
        statistics_(statistics),
        profile_(options.profile),
        arrivals_(profile_, options.profile.seed),
        mix_(options.mix),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        began_(std::chrono::steady_clock::now()) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() {
    for (const auto& connection : connections_) {
      if (connection->fd >= 0) ::close(connection->fd);
    }
    ::close(epoll_);
  }

  Summary run(const std::stop_token& stop) {
    double next = arrivals_.next();
    double end = options_.duration_s > 0 ? options_.duration_s : std::numeric_limits<double>::infinity();
    for (double now = 0;; now = elapsed()) {
      if (stop.stop_requested()) end = std::min(end, now);
      for (; next <= now && next < end; next = arrivals_.next())
        arrive(next);
      if (now >= end && under_way_ == 0 && waiting_.empty()) break;
      tidy(now);
      serve_waiting();
      const double until = next < end ? next : now + kLongestWait;
      react(std::clamp(until - elapsed(), 0.0, kLongestWait));
    }
    return statistics_.summary(std::max(0.0, end - options_.warm_up_s));
  }

 private:
  [[nodiscard]] double elapsed() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }

  void arrive(double due) {
    Job job{due, due >= options_.warm_up_s, mix_.next()};
    statistics_.arrived(job.measured);
    waiting_.push_back(std::move(job));
  }

  void serve_waiting() {
    while (!waiting_.empty()) {
      Connection* connection = take_connection();
      if (connection == nullptr) return;
      connection->job = std::move(waiting_.front());
      waiting_.pop_front();
      connection->sent = 0;
      connection->reader.reset();
      ++under_way_;
      if (connection->fd < 0) {
        open(*connection);
      } else {
        connection->phase = Phase::kSending;
        send(*connection);
      }
    }
  }

  // The one used last is warmest; a new one when none is free; nullptr at the limit.
  Connection* take_connection() {
    if (!free_.empty()) {
      Connection* connection = free_.back();
      free_.pop_back();
      return connection;
    }
    if (connections_.size() >= static_cast<std::size_t>(options_.max_connections)) return nullptr;
    connections_.push_back(std::make_unique<Connection>());
    return connections_.back().get();
  }

  void open(Connection& connection) {
    connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection.fd < 0) return end(connection, Outcome::kRefused);
    const int on = 1;
    ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.ptr = &connection;
    connection.watched = EPOLLOUT;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    connection.phase = Phase::kConnecting;
    if (::connect(connection.fd, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) != 0 &&
        errno != EINPROGRESS) {
      end(connection, Outcome::kRefused);
    }
  }

  void watch(Connection& connection, std::uint32_t events) {
    if (connection.watched == events) return;
    epoll_event event{};
    event.events = events;
    event.data.ptr = &connection;
    connection.watched = events;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
  }

  void send(Connection& connection) {
    const std::string& bytes = connection.job.bytes;
    while (connection.sent < bytes.size()) {
      const ssize_t n =
          ::send(connection.fd, bytes.data() + connection.sent, bytes.size() - connection.sent, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return watch(connection, EPOLLOUT);
      if (n < 0) return end(connection, Outcome::kBroken);
      connection.sent += static_cast<std::size_t>(n);
    }
    connection.phase = Phase::kReceiving;
    watch(connection, EPOLLIN);
  }

  void receive(Connection& connection) {
    std::array<char, 64 * 1024> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
    for (;;) {
      const ssize_t n = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n < 0) return end(connection, Outcome::kBroken);
      if (n == 0) {
        if (!connection.reader.take_end()) return end(connection, Outcome::kBroken);
        return answered(connection);
      }
      if (!connection.reader.take({buffer.data(), static_cast<std::size_t>(n)})) {
        return end(connection, Outcome::kBroken);
      }
      if (connection.reader.complete()) return answered(connection);
    }
  }

  void answered(Connection& connection) {
    const int status = connection.reader.status();
    const Outcome outcome = status >= 500   ? Outcome::kServerError
                            : status >= 400 ? Outcome::kClientError
                                            : Outcome::kOk;
    finish(connection, outcome);
    if (!connection.reader.keep_alive()) close(connection);
    release(connection);
  }

  void end(Connection& connection, Outcome outcome) {
    finish(connection, outcome);
    close(connection);
    release(connection);
  }

  void finish(Connection& connection, Outcome outcome) {
    statistics_.ended(connection.job.measured, outcome, elapsed() - connection.job.due_s);
    --under_way_;
  }

  void close(Connection& connection) {
    if (connection.fd >= 0) ::close(connection.fd);
    connection.fd = -1;
  }

  void release(Connection& connection) {
    connection.phase = Phase::kFree;
    connection.idle_since_s = elapsed();
    if (connection.fd >= 0) watch(connection, EPOLLIN);  // to see it closed
    free_.push_back(&connection);
  }

  void tidy(double now) {
    statistics_.set_rate(profile_.at(now), profile_.hour(now));
    for (const auto& connection : connections_) {
      if (connection->phase == Phase::kFree) {
        if (connection->fd >= 0 && now - connection->idle_since_s > options_.idle_s) close(*connection);
      } else if (now - connection->job.due_s > options_.timeout_s) {
        end(*connection, Outcome::kTimeout);
      }
    }
    while (!waiting_.empty() && now - waiting_.front().due_s > options_.timeout_s) {
      statistics_.ended(waiting_.front().measured, Outcome::kTimeout, now - waiting_.front().due_s);
      waiting_.pop_front();
    }
  }

  void react(double wait_s) {
    std::array<epoll_event, 64> events{};
    timespec wait{};
    wait.tv_nsec = static_cast<long>(wait_s * 1e9);
    const int count = ::epoll_pwait2(epoll_, events.data(), events.size(), &wait, nullptr);
    for (int i = 0; i < count; ++i) {
      Connection& connection = *static_cast<Connection*>(events.at(static_cast<std::size_t>(i)).data.ptr);
      if (connection.fd < 0) continue;  // ended by an earlier event of this round
      react(connection);
    }
  }

  void react(Connection& connection) {
    switch (connection.phase) {
      case Phase::kFree:
        return close(connection);  // closed by the server, or bytes nobody asked for
      case Phase::kConnecting: {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return end(connection, Outcome::kRefused);
        connection.phase = Phase::kSending;
        return send(connection);
      }
      case Phase::kSending:
        return send(connection);
      case Phase::kReceiving:
        return receive(connection);
    }
  }

  const GeneratorOptions& options_;
  sockaddr_in address_;
  Statistics& statistics_;
  RateProfile profile_;
  Arrivals arrivals_;
  RequestMix mix_;
  int epoll_;
  std::chrono::steady_clock::time_point began_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> free_;
  std::deque<Job> waiting_;
  int under_way_ = 0;
};

}  // namespace

Result<Summary> generate(const GeneratorOptions& options, Statistics& statistics, const std::stop_token& stop) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(options.port));
  if (::inet_pton(AF_INET, options.address.c_str(), &address.sin_addr) != 1) {
    return fail(invalid_input("not an IPv4 address: " + options.address, "url", "give http://127.0.0.1:8080"));
  }
  Loop loop(options, address, statistics);
  return loop.run(stop);
}

}  // namespace trimtab::load
