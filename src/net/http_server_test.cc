#include "net/http_server.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/loopback_test_client.h"

namespace trimtab::net {
namespace {

using std::chrono::milliseconds;
using namespace std::string_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Response echo(const Request& request) {
  Response response;
  response.headers.add("Content-Type", "text/plain");
  response.body = request.method + " " + request.target.path + " [" + request.body + "]";
  return response;
}

std::unique_ptr<HttpServer> serve(Handler handler, HttpServerOptions options = {}) {
  auto server = HttpServer::start(std::move(options), std::move(handler));
  return server ? std::move(*server) : nullptr;
}

std::string talk(const HttpServer& server, std::string_view request) {
  LoopbackTestClient client(server.port());
  client.send(request);
  return client.read_all();
}

TEST(HttpServer, AnswersAndKeepsTheConnection) {
  const auto server = serve(echo);
  ASSERT_NE(server, nullptr);
  LoopbackTestClient client(server->port());
  client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_until("GET /a []"), StartsWith("HTTP/1.1 200 OK\r\n"));
  client.forget();
  client.send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
  const auto answer = client.read_all();
  EXPECT_TRUE(client.closed());
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 13\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nPOST /b [abc]"));
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  const auto server = serve(echo);
  const auto answer = talk(*server,
                           "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                           "chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nHost: evil\r\n\r\n"
                           "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("GET /1 []HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("POST /2 [abcde]HTTP/1.1 200"));
  EXPECT_THAT(answer, EndsWith("GET /3 []"));
}

TEST(HttpServer, LeavesTheBodyOutForHead) {
  const auto server = serve(echo);
  const auto answer = talk(*server, "HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 10\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(HttpServer, SpeaksHttp10) {
  const auto server = serve(echo);
  EXPECT_THAT(talk(*server, "GET /a HTTP/1.0\r\n\r\n"), EndsWith("GET /a []"));
  LoopbackTestClient client(server->port());
  client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.read_until("[]"), HasSubstr("Connection: keep-alive\r\n"));
}

TEST(HttpServer, LetsTheClientGoOnWithItsBody) {
  const auto server = serve(echo);
  LoopbackTestClient client(server->port());
  client.send("PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_THAT(client.read_until("[ok]"), HasSubstr("HTTP/1.1 200 OK"));
}

TEST(HttpServer, TellsQueryHeadersAndPeer) {
  const auto server = serve([](const Request& request) {
    Response response;
    response.body = request.target.query.at("q") + "|" + *request.headers.find("x-one") + "|" + request.peer;
    return response;
  });
  EXPECT_THAT(talk(*server, "GET /?q=%41 HTTP/1.1\r\nHost: x\r\nX-One:  v \r\nConnection: close\r\n\r\n"),
              EndsWith("A|v|127.0.0.1"));
}

struct Malformed {
  const char* what;
  std::string request;
  int status;
};

TEST(HttpServer, RefusesWhatCouldBeReadInTwoWays) {
  std::atomic<int> handled = 0;
  const auto server = serve([&handled](const Request& request) {
    ++handled;
    return echo(request);
  });
  const std::vector<Malformed> cases{
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400},
      {"both lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      {"two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
      {"list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx", 400},
      {"signed length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", 400},
      {"huge length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\nx", 400},
      {"other coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"coding list", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"two codings",
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"coding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"space before colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"no colon", "GET / HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n", 400},
      {"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"bare carriage return", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400},
      {"NUL", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"s, 400},
      {"chunk size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400},
      {"chunk overflow",
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\n\r\n", 400},
      {"no version", "GET /\r\nHost: a\r\n\r\n", 400},
      {"version 2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"absolute target", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"star target", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"broken escape", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"unknown expectation", "PUT / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx", 417},
      {"TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\r\n\r\n"s, 400},
  };
  for (const auto& one : cases) {
    const auto answer = talk(*server, one.request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(one.status))) << one.what;
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n")) << one.what;
    EXPECT_THAT(answer, HasSubstr(R"({"error":{"code":)")) << one.what;
  }
  EXPECT_EQ(handled, 0);
}

TEST(HttpServer, BoundsHeadAndBody) {
  HttpServerOptions options;
  options.max_head_bytes = 1000;
  options.max_body_bytes = 100'000;
  const auto server = serve(echo, options);
  EXPECT_THAT(talk(*server, "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(2000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(talk(*server, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(talk(*server, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n186a1\r\n" +
                                std::string(100'001, 'x') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(talk(*server, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                                std::string(50'000, 'x') + "\r\n"),
              StartsWith("HTTP/1.1 400"));
  const std::string body(100'000, 'b');
  const auto answer =
      talk(*server, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n" + body);
  EXPECT_THAT(answer, EndsWith("POST / [" + body + "]"));
}

// One short deadline a test: the others stay long, so that a busy machine does not meet them by chance.
TEST(HttpServer, BoundsSlowHeads) {
  HttpServerOptions options;
  options.head_deadline = milliseconds(50);
  const auto server = serve(echo, options);
  EXPECT_THAT(talk(*server, "GET / HTTP/1.1\r\nHo"), StartsWith("HTTP/1.1 408"));
}

TEST(HttpServer, BoundsSlowBodies) {
  HttpServerOptions options;
  options.body_deadline = milliseconds(50);
  const auto server = serve(echo, options);
  EXPECT_THAT(talk(*server, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"), StartsWith("HTTP/1.1 408"));
}

TEST(HttpServer, ClosesIdleConnectionsWithoutAWord) {
  HttpServerOptions options;
  options.idle_deadline = milliseconds(50);
  const auto server = serve(echo, options);
  EXPECT_EQ(talk(*server, ""), "");
  options.idle_deadline = std::chrono::seconds(1);
  const auto patient = serve(echo, options);
  EXPECT_THAT(talk(*patient, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), EndsWith("GET / []"));
}

TEST(HttpServer, GivesUpOnAClientThatDoesNotRead) {
  HttpServerOptions options;
  options.write_deadline = milliseconds(50);
  std::atomic<bool> ended = false;
  std::mutex mutex;
  std::condition_variable changed;
  const auto server = serve(
      [&](const Request&) {
        Response response;
        response.stream = [&](const StreamWriter& write, const std::stop_token&) {
          const std::string piece(1 << 20, 'x');
          while (write(piece)) {
          }
          const std::lock_guard lock(mutex);
          ended = true;
          changed.notify_all();
        };
        return response;
      },
      options);
  LoopbackTestClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return ended.load(); }));
}

TEST(HttpServer, TurnsAwayWhenFull) {
  HttpServerOptions options;
  options.max_connections = 1;
  const auto server = serve(echo, options);
  LoopbackTestClient first(server->port());
  first.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  first.read_until("[]");
  EXPECT_THAT(talk(*server, ""), StartsWith("HTTP/1.1 503"));
}

TEST(HttpServer, AnswersFaultsOfHandlersWith500) {
  const auto server = serve([](const Request& request) -> Response {
    if (request.target.path == "/throw") throw std::runtime_error("secret detail");
    Response response;
    response.headers.add("X-Split", "a\r\nSet-Cookie: b");
    return response;
  });
  LoopbackTestClient client(server->port());
  for (const auto* path : {"/throw", "/split"}) {
    client.forget();
    client.send(std::string("GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto answer = client.read_until("}}");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500"));
    EXPECT_THAT(answer, Not(HasSubstr("secret")));
    EXPECT_THAT(answer, Not(HasSubstr("Set-Cookie")));
  }
}

Handler ticking(std::atomic<int>& live) {
  return [&live](const Request&) {
    Response response;
    response.headers.add("Content-Type", "text/event-stream");
    response.stream = [&live](const StreamWriter& write, const std::stop_token& stop) {
      ++live;
      bool going = write("data: 1\n\n") && write("") && write("data: 2\n\n");
      std::mutex mutex;
      std::condition_variable_any wake;
      while (going) {
        std::unique_lock lock(mutex);
        wake.wait_for(lock, stop, milliseconds(5), [] { return false; });
        going = !stop.stop_requested() && write(": still here\n\n");
      }
      --live;
    };
    return response;
  };
}

TEST(HttpServer, StreamsInChunksAndEndsWhenStopped) {
  std::atomic<int> live = 0;
  auto server = serve(ticking(live));
  LoopbackTestClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read_until("data: 2"), HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_EQ(live, 1);
  const auto before = std::chrono::steady_clock::now();
  server.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(30));
  EXPECT_EQ(live, 0);
  EXPECT_THAT(client.read_all(), EndsWith("\r\n0\r\n\r\n"));
}

TEST(HttpServer, NoticesThatAStreamsClientIsGone) {
  std::atomic<int> live = 0;
  const auto server = serve(ticking(live));
  {
    LoopbackTestClient client(server->port());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_until("data: 2");
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (live != 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(live, 0);
}

TEST(HttpServer, WaitsForHandlersAtWorkWhenStopped) {
  std::mutex mutex;
  std::condition_variable_any changed;
  bool entered = false;
  auto server = serve([&](const Request& request) {
    std::unique_lock lock(mutex);
    entered = true;
    changed.notify_all();
    changed.wait_for(lock, milliseconds(100), [] { return false; });  // stands for work
    return echo(request);
  });
  LoopbackTestClient client(server->port());
  client.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(5), [&] { return entered; }));
  }
  LoopbackTestClient idle(server->port());
  server.reset();
  EXPECT_THAT(client.read_all(), EndsWith("GET /late []"));
}

TEST(HttpServer, SaysThatAPortIsInUse) {
  const auto server = serve(echo);
  HttpServerOptions options;
  options.port = server->port();
  const auto second = HttpServer::start(options, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kConflict);
  options.address = "example.org";
  EXPECT_EQ(HttpServer::start(options, echo).error().code, Code::kInvalidInput);
}

TEST(ParseListenAddress, TakesTheThreeForms) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:7070")->port, 7070);
  EXPECT_EQ(parse_listen_address("[::1]:7070")->address, "::1");
  EXPECT_EQ(parse_listen_address(":0")->address, "127.0.0.1");
  EXPECT_EQ(parse_listen_address("localhost:1")->address, "127.0.0.1");
  for (const auto* bad : {"", "7070", "a:1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:7070", "[::1]",
                          "[]:1", "[127.0.0.1]:1", "127.0.0.1:7x"}) {
    EXPECT_FALSE(parse_listen_address(bad)) << bad;
  }
}

TEST(IsLoopback, KnowsBothFamilies) {
  for (const auto* yes : {"127.0.0.1", "127.8.9.1", "::1", "localhost"})
    EXPECT_TRUE(is_loopback(yes)) << yes;
  for (const auto* no : {"0.0.0.0", "128.0.0.1", "::", "localhost.evil", "127.0.0.1.evil", ""}) {
    EXPECT_FALSE(is_loopback(no)) << no;
  }
}

}  // namespace
}  // namespace trimtab::net
