#include "load/generator.h"

#include <atomic>

#include <gtest/gtest.h>

#include "net/http_server.h"

namespace trimtab::load {
namespace {

TEST(Generator, CountsEveryArrivalOnBothSides) {
  std::atomic<int> served = 0;
  const auto server = net::HttpServer::start({}, [&](const net::Request& request) {
    net::Response response;
    if (++served % 10 == 0) response.status = 500;
    response.body = request.method;
    return response;
  });
  ASSERT_TRUE(server);
  GeneratorOptions options;
  options.port = (*server)->port();
  options.profile.rate = 400;
  options.duration_s = 0.5;
  options.mix.host = "127.0.0.1";
  Statistics statistics;
  const auto summary = generate(options, statistics, {});
  ASSERT_TRUE(summary);
  EXPECT_GT(summary->arrivals, 100u);
  EXPECT_EQ(summary->ended(), summary->arrivals);
  EXPECT_EQ(summary->arrivals, static_cast<std::uint64_t>(served.load()));
  EXPECT_EQ(summary->errors(), static_cast<std::uint64_t>(served.load() / 10));
  EXPECT_GT(summary->latency.quantile(0.5), 0);
}

TEST(Generator, CountsRefusedConnectionsAsErrors) {
  int port = 0;
  {
    const auto server = net::HttpServer::start({}, [](const net::Request&) { return net::Response{}; });
    port = (*server)->port();
  }
  GeneratorOptions options;
  options.port = port;
  options.profile.rate = 200;
  options.duration_s = 0.1;
  Statistics statistics;
  const auto summary = generate(options, statistics, {});
  ASSERT_TRUE(summary);
  EXPECT_GT(summary->arrivals, 0u);
  EXPECT_EQ(summary->outcomes.at(static_cast<std::size_t>(Outcome::kRefused)), summary->arrivals);
}

TEST(Generator, RefusesNames) {
  GeneratorOptions options;
  options.address = "localhost";
  Statistics statistics;
  EXPECT_EQ(generate(options, statistics, {}).error().code, Code::kInvalidInput);
}

}  // namespace
}  // namespace trimtab::load
