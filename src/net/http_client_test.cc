#include "net/http_client.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.h"

namespace trimtab::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class HttpClientTest : public ::testing::Test {
 protected:
  void serve(Handler handler) {
    auto started = HttpServer::start({}, std::move(handler));
    ASSERT_TRUE(started);
    server_ = std::move(*started);
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + path;
  }
  [[nodiscard]] ClientRequest request(const std::string& path) const {
    ClientRequest result;
    result.url = url(path);
    return result;
  }

  std::unique_ptr<HttpServer> server_;
  HttpClient client_;
};

Response echo(const Request& request) {
  Response response;
  response.status = 202;
  response.headers.add("X-Seen", request.method);
  response.body = request.method + " " + request.target.path + " " + request.body;
  if (const auto* field = request.headers.find("X-Given")) response.body += " " + *field;
  return response;
}

TEST_F(HttpClientTest, SendsEveryMethod) {
  serve(echo);
  for (const auto* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    auto one = request("/p");
    one.method = method;
    if (one.method != "GET") one.body = std::string("b\0y", 3);
    one.headers.add("X-Given", "g");
    const auto answer = client_.send(one);
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->status, 202);
    EXPECT_EQ(answer->body, one.method + " /p " + one.body + " g");
    EXPECT_EQ(*answer->headers.find("x-seen"), method);
  }
  auto bare = request("/p");
  for (const auto* method : {"POST", "DELETE"}) {
    bare.method = method;
    EXPECT_EQ(client_.send(bare)->body, bare.method + " /p ");
  }
  auto head = request("/p");
  head.method = "HEAD";
  EXPECT_EQ(client_.send(head)->body, "");
}

TEST_F(HttpClientTest, SendsBigBodiesAndReadsThem) {
  serve([](const Request& asked) {
    Response response;
    response.body = asked.body;
    return response;
  });
  auto one = request("/");
  one.method = "POST";
  one.body = std::string(3'000'000, 'x');
  EXPECT_EQ(client_.send(one)->body, one.body);
  one.max_response_bytes = 2'999'999;
  EXPECT_EQ(client_.send(one).error().code, Code::kExhausted);
}

TEST_F(HttpClientTest, GivesUpAtTheDeadline) {
  std::mutex mutex;
  std::condition_variable released;
  bool release = false;
  serve([&](const Request&) {
    std::unique_lock lock(mutex);
    released.wait_for(lock, std::chrono::seconds(10), [&] { return release; });
    return Response{};
  });
  auto one = request("/?token=hidden");
  one.deadline = std::chrono::milliseconds(50);
  const auto answer = client_.send(one);
  {
    const std::lock_guard lock(mutex);
    release = true;
  }
  released.notify_all();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kDeadlineExceeded);
  EXPECT_THAT(answer.error().message, Not(HasSubstr("hidden")));
  one.deadline = Duration::zero();
  EXPECT_EQ(client_.send(one).error().code, Code::kDeadlineExceeded);
}

TEST_F(HttpClientTest, SaysThatNobodyListens) {
  serve(echo);
  auto one = request("/");
  server_.reset();
  EXPECT_EQ(client_.send(one).error().code, Code::kUnavailable);
}

TEST_F(HttpClientTest, RefusesWhatIsNoHttpUrl) {
  for (const auto* bad : {"", "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x", "http://"}) {
    ClientRequest one;
    one.url = bad;
    EXPECT_EQ(client_.send(one).error().code, Code::kInvalidInput) << bad;
  }
  serve(echo);
  auto one = request("/");
  one.headers.add("X-Given", "a\r\nX-Other: b");
  EXPECT_EQ(client_.send(one).error().code, Code::kInvalidInput);
}

TEST_F(HttpClientTest, DoesNotFollowRedirects) {
  serve([](const Request&) {
    Response response;
    response.status = 302;
    response.headers.add("Location", "/elsewhere");
    return response;
  });
  EXPECT_EQ(client_.send(request("/"))->status, 302);
}

Response endless(const Request&) {
  Response response;
  response.stream = [](const StreamWriter& write, const std::stop_token& stop) {
    while (!stop.stop_requested() && write("line\n"))
      std::this_thread::yield();
  };
  return response;
}

TEST_F(HttpClientTest, HandsPiecesToTheSinkUntilItHasEnough) {
  serve(endless);
  auto one = request("/");
  std::string seen;
  one.sink = [&seen](std::string_view piece) {
    seen += piece;
    return seen.size() < 50;
  };
  const auto answer = client_.send(one);
  EXPECT_EQ(answer.error().code, Code::kCancelled);
  EXPECT_GE(seen.size(), 50u);
}

TEST_F(HttpClientTest, StopsWhenAsked) {
  serve(endless);
  std::stop_source stop;
  auto one = request("/");
  one.stop = stop.get_token();
  one.sink = [&stop](std::string_view) {
    stop.request_stop();
    return true;
  };
  EXPECT_EQ(client_.send(one).error().code, Code::kCancelled);
  // Already stopped before it began.
  EXPECT_EQ(client_.send(one).error().code, Code::kCancelled);
}

TEST_F(HttpClientTest, ServesManyThreads) {
  serve(echo);
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 25; ++i) {
          auto one = request("/" + std::to_string(t) + "-" + std::to_string(i));
          const auto answer = client_.send(one);
          if (answer && answer->body == "GET " + one.url.substr(one.url.rfind('/')) + " ") ++right;
        }
      });
    }
  }
  EXPECT_EQ(right, 200);
}

}  // namespace
}  // namespace trimtab::net
