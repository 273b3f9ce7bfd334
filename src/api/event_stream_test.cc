#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/fake_live_service_test.h"
#include "api/rest.h"
#include "net/http_server.h"
#include "net/loopback_test_client.h"

namespace trimtab::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class EventStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    net::HttpServerOptions options;
    options.max_connections = 100;
    auto started = net::HttpServer::start(options, [router = make_router({.live = live_, .clock = clock_})](
                                                       const net::Request& request) { return router.handle(request); });
    ASSERT_TRUE(started);
    server_ = std::move(*started);
  }
  [[nodiscard]] static std::string request(const std::string& more = "") {
    return "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
  }

  FakeLiveService live_;
  FixedClock clock_;
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(EventStreamTest, TellsWhatChanges) {
  live_.notify({7, "audit", "shop", "old"});
  net::LoopbackTestClient client(server_->port());
  client.send(request());
  EXPECT_THAT(client.read_until("retry: "), HasSubstr("Content-Type: text/event-stream\r\n"));
  live_.notify({8, "recommendation", "shop", "r1"});
  const auto text = client.read_until("r1");
  EXPECT_THAT(text, HasSubstr("id: 8\nevent: change\ndata: {"));
  EXPECT_THAT(text, HasSubstr(R"("kind":"recommendation")"));
  EXPECT_THAT(text, Not(HasSubstr("old")));
  server_.reset();
  client.read_all();
  EXPECT_TRUE(client.closed());
}

TEST_F(EventStreamTest, ContinuesAfterTheLastEventSeen) {
  for (std::uint64_t i = 1; i <= 3; ++i)
    live_.notify({i, "audit", "shop", "n" + std::to_string(i)});
  net::LoopbackTestClient client(server_->port());
  client.send(request("Last-Event-ID: 1\r\n"));
  const auto text = client.read_until("n3");
  EXPECT_THAT(text, HasSubstr("n2"));
  EXPECT_THAT(text, Not(HasSubstr("n1")));
  // A number of another life of the server, and one that is none: only what comes from now on.
  for (const auto* strange : {"99", "x"}) {
    net::LoopbackTestClient other(server_->port());
    other.send(request("Last-Event-ID: " + std::string(strange) + "\r\n"));
    EXPECT_THAT(other.read_until("retry: "), Not(HasSubstr("n3")));
  }
}

TEST_F(EventStreamTest, BoundsTheNumberOfStreams) {
  std::vector<std::unique_ptr<net::LoopbackTestClient>> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(std::make_unique<net::LoopbackTestClient>(server_->port()));
    clients.back()->send(request());
    ASSERT_THAT(clients.back()->read_until("retry: "), HasSubstr("200 OK"));
  }
  net::LoopbackTestClient one_more(server_->port());
  one_more.send(request());
  EXPECT_THAT(one_more.read_until("\r\n\r\n"), HasSubstr("503 Service Unavailable"));
  // The rest of the surface goes on.
  net::LoopbackTestClient other(server_->port());
  other.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(other.read_until("ok\n"), HasSubstr("200 OK"));
}

TEST_F(EventStreamTest, GivesNoStreamForHead) {
  net::LoopbackTestClient client(server_->port());
  client.send("HEAD /api/v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.read_all(), ::testing::EndsWith("\r\n\r\n"));
}

}  // namespace
}  // namespace trimtab::api
