// The whole server over loopback.
#include "server/server.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "net/http_client.h"
#include "server/access_token.h"
#include "store/sample_step_test.h"

namespace trimtab::server {
namespace {

struct ServerTest : testing::Test {
  store::TemporaryFolder folder;
  net::HttpClient client;

  ServerOptions options() {
    ServerOptions made;
    made.state_directory = folder.file("state");
    made.listen.port = 0;
    return made;
  }
  net::ClientResponse send(const Server& server, const std::string& method, const std::string& path,
                           const std::string& body = {}, const std::string& token = {}) {
    net::ClientRequest request;
    request.method = method;
    request.url = "http://127.0.0.1:" + std::to_string(server.port()) + path;
    request.body = body;
    if (!body.empty()) request.headers.add("Content-Type", "application/json");
    if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
    return client.send(request).value();
  }
};

TEST_F(ServerTest, AnswersProbesAndTheApi) {
  const auto server = Server::start(options()).value();
  EXPECT_EQ(send(*server, "GET", "/healthz").status, 200);
  EXPECT_EQ(send(*server, "GET", "/readyz").status, 200);
  EXPECT_EQ(send(*server, "GET", "/api/v1/applications").body, R"({"applications":[]})");
  const std::string metrics = send(*server, "GET", "/metrics").body;
  // Every family once: a scraper refuses the page otherwise.
  std::set<std::string> families;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    EXPECT_TRUE(families.insert(line.substr(7, line.find(' ', 7) - 7)).second) << line;
  }
  EXPECT_TRUE(families.contains("trimtab_journaled_steps_total"));
}

TEST_F(ServerTest, ChangesNeedTheToken) {
  const auto server = Server::start(options()).value();
  const std::string token = read_token_file(server->token_file()).value();
  const std::string body = nlohmann::json{{"document", "kind: Application\nnme: x\n"}, {"file", "x.yaml"}}.dump();
  EXPECT_EQ(send(*server, "POST", "/api/v1/applications", body).status, 401);
  EXPECT_EQ(send(*server, "POST", "/api/v1/applications", body, token + "0").status, 401);
  const auto refused = send(*server, "POST", "/api/v1/applications", body, token);
  EXPECT_EQ(refused.status, 400);  // the token is right; the document is not
  EXPECT_NE(refused.body.find("x.yaml"), std::string::npos) << refused.body;
}

TEST_F(ServerTest, TheTokenIsInItsFileAndNowhereElse) {
  testing::internal::CaptureStderr();
  std::string token;
  {
    const auto server = Server::start(options()).value();
    token = read_token_file(server->token_file()).value();
    send(*server, "DELETE", "/api/v1/applications/none", {}, token);
    send(*server, "DELETE", "/api/v1/applications/none?token=" + token, {}, "wrong");
    for (const auto& entry : std::filesystem::directory_iterator(folder.file("state"))) {
      if (entry.path().filename() == "token") continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string content(std::istreambuf_iterator<char>(in), {});
      EXPECT_EQ(content.find(token), std::string::npos) << entry.path();
    }
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("server.started"), std::string::npos);
  EXPECT_EQ(log.find(token), std::string::npos);
}

TEST_F(ServerTest, RefusesWhatWouldBeUnsafe) {
  ServerOptions remote = options();
  remote.listen.address = "0.0.0.0";
  EXPECT_EQ(Server::start(remote).error().code, Code::kDenied);
  const auto first = Server::start(options());
  ASSERT_TRUE(first);
  EXPECT_EQ(Server::start(options()).error().code, Code::kConflict);  // the state directory is taken
  ServerOptions crash = options();
  crash.crash_at = "nonsense";
  EXPECT_EQ(Server::start(crash).error().code, Code::kInvalidInput);
}

}  // namespace
}  // namespace trimtab::server
