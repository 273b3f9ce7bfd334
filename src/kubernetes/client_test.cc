#include "kubernetes/client.h"

#include <atomic>
#include <deque>
#include <mutex>

#include "kubernetes/follow.h"
#include "kubernetes/lease.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "net/http_server.h"

namespace trimtab::kubernetes {
namespace {

using Json = nlohmann::json;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ManualClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return Instant{us.load()}; }
  std::atomic<std::int64_t> us = 1'700'000'000'000'000;
};

// A server that says what the test tells it to, in order; the client never really waits.
class ClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = net::HttpServer::start({}, [this](const net::Request& request) {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      if (answers_.empty()) return net::Response{.status = 500, .headers = {}, .body = "{}", .stream = {}};
      net::Response answer = answers_.front();
      answers_.pop_front();
      return answer;
    });
    ASSERT_TRUE(started);
    server_ = std::move(*started);
    access_.server = "http://127.0.0.1:" + std::to_string(server_->port());
    options_.pause = [this](Duration time, const std::stop_token&) {
      pauses_.push_back(time);
      return true;
    };
    options_.on_warning = [this](const std::string& text) { warnings_.push_back(text); };
  }
  void answer(int status, const Json& body, net::Headers headers = {}) {
    const std::lock_guard lock(mutex_);
    answers_.push_back({.status = status, .headers = std::move(headers), .body = body.dump(), .stream = {}});
  }
  void answer_text(const std::string& body) {
    const std::lock_guard lock(mutex_);
    answers_.push_back({.status = 200, .headers = {}, .body = body, .stream = {}});
  }
  Client client() { return Client(access_, clock_, options_); }
  static Json page(const std::vector<std::string>& names, const std::string& more) {
    Json items = Json::array();
    for (const std::string& name : names)
      items.push_back({{"metadata", {{"name", name}, {"uid", name}}}});
    return {{"metadata", {{"resourceVersion", "7"}, {"continue", more}}}, {"items", items}};
  }

  ManualClock clock_;
  std::mutex mutex_;
  std::deque<net::Response> answers_;
  std::vector<net::Request> requests_;
  std::vector<Duration> pauses_;
  std::vector<std::string> warnings_;
  Access access_;
  ClientOptions options_;
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(ClientTest, ListsPageByPage) {
  answer(200, page({"a", "b"}, "next"));
  answer(200, page({"c"}, ""));
  std::vector<std::string> names;
  ListOptions options;
  options.label_selector = "app=shop";
  const auto version =
      client().list("/api/v1/pods", options, [&](const Json& item) { names.push_back(item["metadata"]["name"]); });
  ASSERT_TRUE(version) << version.error().to_string();
  EXPECT_EQ(*version, "7");
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
  EXPECT_EQ(requests_[0].target.query["labelSelector"], "app=shop");
  EXPECT_EQ(requests_[1].target.query["continue"], "next");
}

TEST_F(ClientTest, GoesOnWhenAContinuationExpired) {
  answer(200, page({"a"}, "old"));
  answer(410, {{"kind", "Status"}, {"reason", "Expired"}, {"metadata", {{"continue", "new"}}}});
  answer(200, page({"b"}, ""));
  std::vector<std::string> names;
  const auto version =
      client().list("/api/v1/pods", {}, [&](const Json& item) { names.push_back(item["metadata"]["name"]); });
  ASSERT_TRUE(version);
  EXPECT_THAT(names, ElementsAre("a", "b"));
  EXPECT_EQ(requests_[2].target.query["continue"], "new");
}

TEST_F(ClientTest, GivesUpAListThatExpiresAgainAndAgain) {
  for (int i = 0; i < 4; ++i)
    answer(410, {{"kind", "Status"}});
  const auto version = client().list("/api/v1/pods", {}, [](const Json&) {});
  ASSERT_FALSE(version);
  EXPECT_TRUE(is_expired(version.error()));
}

TEST_F(ClientTest, WaitsAsABusyServerSays) {
  answer(429, {{"message", "too many"}}, {{"Retry-After", "2"}});
  answer(503, {{"message", "starting"}});
  answer(200, {{"kind", "Pod"}});
  ASSERT_TRUE(client().get("/api/v1/namespaces/x/pods/y"));
  ASSERT_EQ(pauses_.size(), 2U);
  EXPECT_EQ(pauses_[0], seconds(2));
}

TEST_F(ClientTest, ABrokenWriteIsNotRepeated) {
  access_.server = "http://127.0.0.1:1";
  const auto written = client().create("/api/v1/namespaces/x/pods", Json::object());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::kUnavailable);
  EXPECT_TRUE(pauses_.empty());
  EXPECT_FALSE(client().get("/api/v1/pods"));
  EXPECT_EQ(pauses_.size(), 3U);  // a read is
}

TEST_F(ClientTest, TellsConflictsWithTheirFields) {
  answer(409, {{"message", "conflict with \"kubectl\""},
               {"details", {{"causes", {{{"field", ".spec.replicas"}, {"reason", "FieldManagerConflict"}}}}}}});
  const auto applied = client().patch("/apis/apps/v1/x", PatchKind::kApply, {{"spec", 1}});
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kConflict);
  EXPECT_EQ(applied.error().field, ".spec.replicas");
  EXPECT_FALSE(is_expired(applied.error()));
  EXPECT_EQ(*requests_[0].headers.find("Content-Type"), "application/apply-patch+yaml");
  EXPECT_EQ(requests_[0].target.query["fieldManager"], "trimtab");
  EXPECT_FALSE(requests_[0].target.query.contains("force"));
}

TEST_F(ClientTest, DryRunReachesTheServer) {
  answer(200, Json::object());
  WriteOptions options;
  options.dry_run = true;
  ASSERT_TRUE(client().patch("/x", PatchKind::kMerge, Json::object(), options));
  EXPECT_EQ(requests_[0].target.query["dryRun"], "All");
}

TEST_F(ClientTest, AnEvictionThatABudgetForbidsIsAConflict) {
  answer(429, {{"message", "Cannot evict pod as it would violate the pod's disruption budget."}},
         {{"Retry-After", "10"}});
  const auto evicted = client().evict("shop", "cart-1");
  ASSERT_FALSE(evicted);
  EXPECT_EQ(evicted.error().code, Code::kConflict);
  EXPECT_THAT(evicted.error().message, HasSubstr("disruption budget"));
  EXPECT_TRUE(pauses_.empty());
}

TEST_F(ClientTest, SaysEachWarningOnce) {
  for (int i = 0; i < 2; ++i)
    answer(200, Json::object(), {{"Warning", "299 - \"v1beta1 is deprecated\""}});
  Client asking(access_, clock_, options_);
  ASSERT_TRUE(asking.get("/a"));
  ASSERT_TRUE(asking.get("/b"));
  EXPECT_THAT(warnings_, ElementsAre("v1beta1 is deprecated"));
}

TEST_F(ClientTest, HostileMessagesLoseTheirControlCharacters) {
  answer(403, {{"message", "no\x1b[31m\nway"}});
  const auto got = client().get("/x");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kDenied);
  EXPECT_EQ(got.error().message, "no [31m way");
}

TEST_F(ClientTest, AnswersThatAreNotTheApisAreRefused) {
  answer_text("<html>login</html>");
  const auto got = client().get("/x");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kUnavailable);
  answer_text(std::string(1000, '[') + std::string(1000, ']'));
  EXPECT_FALSE(client().get("/deep"));
}

TEST_F(ClientTest, WatchesUntilTheServerEnds) {
  answer_text(R"({"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"8"}}}
{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"12"}}}
)");
  std::vector<std::string> names;
  WatchOptions options;
  options.resource_version = "7";
  const auto newest = client().watch("/api/v1/pods", options, [&](WatchEvent event, const Json& object) {
    if (event == WatchEvent::kAdded) names.push_back(object["metadata"]["name"]);
  });
  ASSERT_TRUE(newest) << newest.error().to_string();
  EXPECT_EQ(*newest, "12");
  EXPECT_THAT(names, ElementsAre("a"));
  EXPECT_EQ(requests_[0].target.query["resourceVersion"], "7");
}

TEST_F(ClientTest, FollowingListsAgainAfter410) {
  answer(200, page({"a"}, ""));
  answer_text(R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}})"
              "\n");
  answer(200, page({"a", "b"}, ""));
  answer(403, {{"message", "no longer"}});
  std::vector<std::size_t> sizes;
  Follower follower;
  follower.on_all = [&](const std::map<std::string, Json>& all) { sizes.push_back(all.size()); };
  follower.on_change = [](WatchEvent, const Json&) {};
  follower.pause = [](Duration, const std::stop_token&) { return true; };
  const auto ended = follow(client(), {"/api/v1/pods", "", ""}, follower, {});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::kDenied);
  EXPECT_THAT(sizes, ElementsAre(1U, 2U));
}

TEST_F(ClientTest, ALeaseOfAnotherIsTakenOnlyWhenItStandsStill) {
  const Json held{{"metadata", {{"resourceVersion", "3"}}},
                  {"spec", {{"holderIdentity", "b"}, {"renewTime", "t1"}, {"leaseDurationSeconds", 15}}}};
  Client asking(access_, clock_, options_);
  Lease lease(asking, clock_, "shop", "cart", "a");
  answer(200, held);
  EXPECT_EQ(lease.hold().error().code, Code::kConflict);
  clock_.us += 14'000'000;
  answer(200, held);
  EXPECT_EQ(lease.hold().error().code, Code::kConflict);
  clock_.us += 2'000'000;
  answer(200, held);
  answer(200, Json::object());
  ASSERT_TRUE(lease.hold());
  const Json sent = Json::parse(requests_.back().body);
  EXPECT_EQ(sent["metadata"]["resourceVersion"], "3");  // of two that try at once, one is refused
  EXPECT_EQ(sent["spec"]["holderIdentity"], "a");
  EXPECT_EQ(sent["spec"]["leaseTransitions"], 1);
  EXPECT_EQ(sent["spec"]["renewTime"], "2023-11-14T22:13:36.000000Z");
}

}  // namespace
}  // namespace trimtab::kubernetes
