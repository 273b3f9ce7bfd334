#include "api/rest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/fake_live_service_test.h"
#include "api/openapi.h"
#include "api/schema_check_test.h"
#include "engine/study_engine.h"
#include "engine/study_json.h"

namespace trimtab::api {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RestTest : public ::testing::Test {
 protected:
  RestTest() : check_(json::parse(openapi_document())) {}

  net::Response ask(const std::string& method, const std::string& target, const json& body = nullptr,
                    const net::Headers& extra = {}) {
    net::Request request;
    request.method = method;
    request.target = net::parse_target(target).value();
    request.headers = extra;
    request.headers.add("Host", "127.0.0.1:7070");
    request.headers.add("Authorization", "Bearer right");
    if (!body.is_null()) {
      request.headers.add("Content-Type", "application/json");
      request.body = body.dump();
    }
    return router().handle(request);
  }
  net::Router router() {
    return make_router({.live = live_,
                        .clock = clock_,
                        .token_is_valid = [](std::string_view token) { return token == "right"; },
                        .version = "1.2.3",
                        .studies = &studies_,
                        .packs = &packs_});
  }
  // The answer's body, after it was checked against the OpenAPI document.
  json good(const std::string& method, const std::string& path, const net::Response& response) {
    EXPECT_LT(response.status, 300) << response.body;
    const auto schema = check_.answer_schema(method, path, std::to_string(response.status));
    auto body = json::parse(response.body);
    EXPECT_THAT(check_.faults(body, schema), IsEmpty()) << path;
    return body;
  }
  void expect_error(const net::Response& response, int status, const std::string& code, const std::string& field = "") {
    EXPECT_EQ(response.status, status) << response.body;
    const auto body = json::parse(response.body);
    EXPECT_THAT(check_.faults(body, {{"$ref", "#/components/schemas/Error"}}), IsEmpty());
    EXPECT_EQ(body["error"]["code"], code);
    EXPECT_EQ(body["error"]["field"], field);
  }

  SchemaCheck check_;
  FakeLiveService live_;
  FixedClock clock_;
  store::MemoryStore studies_;
  packs::PackLibrary packs_;
};

TEST_F(RestTest, TellsItsVersion) {
  EXPECT_EQ(good("get", "/api/v1/version", ask("GET", "/api/v1/version"))["version"], "1.2.3");
  EXPECT_EQ(ask("GET", "/healthz").body, "ok\n");
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  EXPECT_EQ(json::parse(ask("GET", "/api/v1/openapi.json").body)["openapi"], "3.1.0");
}

TEST_F(RestTest, ListsApplications) {
  const auto body = good("get", "/api/v1/applications", ask("GET", "/api/v1/applications"));
  const auto& shop = body["applications"].at(0);
  EXPECT_EQ(shop["phase"], "observing");
  EXPECT_EQ(shop["mode"], "recommend");
  EXPECT_EQ(shop["open_recommendation"], "r2");
  EXPECT_EQ(shop["decision"], nullptr);
  EXPECT_EQ(shop["load"], json::parse(R"({"now":90.0,"expected":null,"unit":"requests/s","context":"peak"})"));
  EXPECT_EQ(shop["cost"]["saving"], 10);
  const auto& slos = shop["slos"];
  EXPECT_EQ(slos[0]["unit"], "ms");
  EXPECT_EQ(slos[0]["holds"], false);
  EXPECT_EQ(slos[0]["breached_share"], 0.25);  // one window of four; the fifth is a month old
  EXPECT_EQ(slos[1]["unit"], "");
  EXPECT_EQ(slos[1]["holds"], nullptr);
}

TEST_F(RestTest, ShowsOneApplication) {
  const auto body = good("get", "/api/v1/applications/{name}", ask("GET", "/api/v1/applications/shop"));
  EXPECT_EQ(body["document"], "kind: Application\n# a comment\n");
  EXPECT_EQ(body["parameters"][0]["component"], "jvm");
  EXPECT_EQ(body["parameters"][0]["live"], 512);
  EXPECT_EQ(body["parameters"][0]["live"].dump(), "512");
  EXPECT_EQ(body["parameters"][0]["baseline"], 1024);
  EXPECT_EQ(body["parameters"][0]["mode"], "recommend");
  EXPECT_EQ(body["parameters"][1]["mode"], "observe");
  EXPECT_EQ(body["parameters"][1]["min"], nullptr);
  EXPECT_EQ(body["metrics"][0]["role"], "load");
  EXPECT_EQ(body["contexts"][1]["current"], true);
  EXPECT_EQ(body["barred"][0]["reason"], "out of memory");
  EXPECT_EQ(body["replica_states"][0]["configuration"]["jvm.gc"], "G1");
  EXPECT_EQ(body["cadence"]["window_s"], 15);
  expect_error(ask("GET", "/api/v1/applications/none"), 404, "not_found");
}

TEST_F(RestTest, EnrollsAndRemoves) {
  good("post", "/api/v1/applications",
       ask("POST", "/api/v1/applications", {{"document", "kind: x"}, {"file", "a.yaml"}, {"actor", "ann"}}));
  EXPECT_EQ(ask("DELETE", "/api/v1/applications/shop", nullptr, {{"X-Trimtab-Actor", "bob"}}).status, 204);
  EXPECT_THAT(live_.calls, ElementsAre("enroll kind: x a.yaml ann", "remove shop bob"));
  expect_error(ask("DELETE", "/api/v1/applications/none"), 404, "not_found");
  expect_error(ask("POST", "/api/v1/applications", json::object()), 400, "invalid_input", "document");
  expect_error(ask("POST", "/api/v1/applications", {{"document", "x"}, {"extra", 1}}), 400, "invalid_input", "extra");
  expect_error(ask("POST", "/api/v1/applications", {{"document", std::string(600'000, 'x')}}), 429, "exhausted");
  Error faulty = invalid_input("unknown field", "slos[0].x", "known fields: a");
  faulty.position = {"a.yaml", 3, 7};
  live_.refusal = faulty;
  const auto refused = ask("POST", "/api/v1/applications", {{"document", "x"}});
  expect_error(refused, 400, "invalid_input", "slos[0].x");
  EXPECT_THAT(refused.body, HasSubstr("line 3, column 7"));
}

TEST_F(RestTest, SetsModeAndPause) {
  const auto* mode = "/api/v1/applications/{name}/mode";
  EXPECT_EQ(good("put", mode, ask("PUT", "/api/v1/applications/shop/mode", {{"mode", "autonomous"}}))["mode"],
            "autonomous");
  const auto* paused = "/api/v1/applications/{name}/paused";
  EXPECT_EQ(good("put", paused,
                 ask("PUT", "/api/v1/applications/shop/paused", {{"paused", true}, {"reason", "release"}}))["paused"],
            true);
  EXPECT_THAT(live_.calls, ElementsAre("mode shop autonomous user", "paused shop yes user release"));
  expect_error(ask("PUT", "/api/v1/applications/shop/mode", {{"mode", "free"}}), 400, "invalid_input", "mode");
  expect_error(ask("PUT", "/api/v1/applications/none/mode", {{"mode", "observe"}}), 404, "not_found");
  expect_error(ask("PUT", "/api/v1/applications/shop/paused", {{"paused", "yes"}}), 400, "invalid_input", "paused");
}

TEST_F(RestTest, GivesSeries) {
  const std::string base = "/api/v1/applications/shop/series";
  const auto* path = "/api/v1/applications/{name}/series";
  const auto body = good("get", path, ask("GET", base + "?metrics=p95,load&step=10s&to=2025-11-24T16:00:00Z"));
  EXPECT_EQ(body["series"]["p95"]["unit"], "ms");
  EXPECT_EQ(body["series"]["p95"]["points"][1], json::parse("[1764000000000, 2.0]"));
  EXPECT_EQ(live_.series_step, std::chrono::seconds(10));
  EXPECT_EQ(live_.series_to - live_.series_from, std::chrono::minutes(15));
  good("get", path, ask("GET", base));
  EXPECT_EQ(live_.series_to, kNow);
  EXPECT_EQ(live_.series_step, std::chrono::seconds(5));
  good("get", path, ask("GET", base + "?from=2025-11-17T16:00:00Z"));
  EXPECT_EQ(live_.series_step, std::chrono::seconds(2016));
  expect_error(ask("GET", base + "?metrics=p95,x"), 400, "invalid_input", "metrics");
  expect_error(ask("GET", base + "?step=5"), 400, "invalid_input", "step");
  expect_error(ask("GET", base + "?step=1s&from=2025-11-17T16:00:00Z"), 400, "invalid_input", "step");
  expect_error(ask("GET", base + "?from=yesterday"), 400, "invalid_input", "from");
  expect_error(ask("GET", base + "?from=2035-11-17T16:00:00Z"), 400, "invalid_input", "from");
  expect_error(ask("GET", "/api/v1/applications/none/series"), 404, "not_found");
}

TEST_F(RestTest, GivesChanges) {
  const auto* path = "/api/v1/applications/{name}/changes";
  const auto body = good("get", path, ask("GET", "/api/v1/applications/shop/changes"));
  ASSERT_EQ(body["changes"].size(), 1u);
  EXPECT_EQ(body["changes"][0]["kind"], "applied");
  EXPECT_TRUE(
      good("get", path, ask("GET", "/api/v1/applications/shop/changes?to=2025-01-01T00:00:00Z"))["changes"].empty());
}

TEST_F(RestTest, ListsRecommendations) {
  const auto ids = [&](const std::string& query) {
    std::vector<std::string> result;
    const auto body = good("get", "/api/v1/recommendations", ask("GET", "/api/v1/recommendations" + query));
    for (const auto& one : body["recommendations"])
      result.push_back(one["id"]);
    return result;
  };
  EXPECT_THAT(ids(""), ElementsAre("r3", "r2", "r1"));
  EXPECT_THAT(ids("?limit=1"), ElementsAre("r3"));
  EXPECT_THAT(ids("?before=r2"), ElementsAre("r1"));
  EXPECT_THAT(ids("?application=shop&state=proposed&limit=2"), ElementsAre("r3", "r2"));
  EXPECT_THAT(ids("?state=kept"), IsEmpty());
  EXPECT_THAT(ids("?application=other"), IsEmpty());
  expect_error(ask("GET", "/api/v1/recommendations?state=gone"), 400, "invalid_input", "state");
  expect_error(ask("GET", "/api/v1/recommendations?limit=0"), 400, "invalid_input", "limit");
  expect_error(ask("GET", "/api/v1/recommendations?limit=101"), 400, "invalid_input", "limit");
  expect_error(ask("GET", "/api/v1/recommendations?limit=9x"), 400, "invalid_input", "limit");
}

TEST_F(RestTest, ShowsOneRecommendation) {
  const auto body = good("get", "/api/v1/recommendations/{id}", ask("GET", "/api/v1/recommendations/r1"));
  EXPECT_EQ(body["target"], json::parse(R"({"jvm.heap": 400, "jvm.gc": "G1"})"));
  EXPECT_EQ(body["changes"][0]["edited"], 400);
  EXPECT_EQ(body["changes"][1]["effective"], "G1");
  EXPECT_EQ(body["predictions"][0]["high"], nullptr);
  EXPECT_EQ(body["cost"], json::parse(R"({"currency":"EUR","current":40.0,"proposed":30.0,"saving":10.0})"));
  EXPECT_EQ(body["verdict"]["rows"][0]["conclusion"], "same");
  expect_error(ask("GET", "/api/v1/recommendations/none"), 404, "not_found");
}

TEST_F(RestTest, TakesDecisions) {
  using Action = engine::PersonDecided::Action;
  const std::string target = "/api/v1/recommendations/r1/decision";
  const auto decide = [&](const json& body) {
    good("post", "/api/v1/recommendations/{id}/decision", ask("POST", target, body));
    return *live_.decided;
  };
  const auto approved = decide({{"action", "approve"}, {"actor", "ann"}, {"reason", "looks right"}});
  EXPECT_EQ(approved.action, Action::kApprove);
  EXPECT_EQ(approved.recommendation, "r1");
  EXPECT_EQ(approved.actor, "ann");
  EXPECT_EQ(approved.reason, "looks right");
  const auto edited = decide({{"action", "edit"}, {"edits", {{"jvm.heap", 300}, {"jvm.gc", "Serial"}}}});
  EXPECT_EQ(edited.edits, (model::Configuration{{"jvm.heap", 300.0}, {"jvm.gc", "Serial"}}));
  EXPECT_EQ(edited.actor, "user");
  const auto skipped = decide({{"action", "skip"}, {"parameters", {"jvm.gc"}}});
  EXPECT_EQ(skipped.action, Action::kSkip);
  EXPECT_NE(skipped.edits.find("jvm.gc"), nullptr);
  EXPECT_EQ(decide({{"action", "unskip"}, {"parameters", {"jvm.gc"}}}).action, Action::kUnskip);
  EXPECT_EQ(decide({{"action", "reject"}}).action, Action::kReject);
  EXPECT_EQ(decide({{"action", "expire"}}).action, Action::kExpire);
}

TEST_F(RestTest, RefusesFaultyDecisions) {
  const std::string target = "/api/v1/recommendations/r1/decision";
  expect_error(ask("POST", target, {{"action", "maybe"}}), 400, "invalid_input", "action");
  expect_error(ask("POST", target, json::object()), 400, "invalid_input", "action");
  expect_error(ask("POST", target, {{"action", "edit"}}), 400, "invalid_input", "edits");
  expect_error(ask("POST", target, {{"action", "edit"}, {"edits", {{"a", true}}}}), 400, "invalid_input", "edits.a");
  expect_error(ask("POST", target, {{"action", "skip"}, {"parameters", {1}}}), 400, "invalid_input", "parameters");
  expect_error(ask("POST", target, {{"action", "approve"}, {"actor", "Guard"}}), 400, "invalid_input", "actor");
  expect_error(ask("POST", target, {{"action", "approve"}, {"actor", "a\nb"}}), 400, "invalid_input", "actor");
  expect_error(ask("POST", target, {{"action", "approve"}, {"reason", std::string(3000, 'x')}}), 400, "invalid_input",
               "reason");
  EXPECT_FALSE(live_.decided);
  live_.refusal = conflict("the live configuration is another one by now");
  expect_error(ask("POST", target, {{"action", "approve"}}), 409, "conflict");
}

TEST_F(RestTest, ListsTheAudit) {
  const auto body = good("get", "/api/v1/audit", ask("GET", "/api/v1/audit?subject=r2&application=shop"));
  ASSERT_EQ(body["entries"].size(), 1u);
  EXPECT_EQ(body["entries"][0]["action"], "recommendation.proposed");
  EXPECT_EQ(good("get", "/api/v1/audit", ask("GET", "/api/v1/audit?limit=2"))["entries"].size(), 2u);
  const auto before = body["entries"][0]["sequence"].dump();
  EXPECT_EQ(good("get", "/api/v1/audit", ask("GET", "/api/v1/audit?before=" + before))["entries"].size(), 1u);
  expect_error(ask("GET", "/api/v1/audit?before=x"), 400, "invalid_input", "before");
}

constexpr std::string_view kStudy = R"(apiVersion: trimtab.dev/v1
kind: Study
name: tiny
parameters:
  - {name: x, type: integer, min: 0, max: 10}
goal: {minimize: time}
slos: [errors <= 0.1]
baseline: {x: 5}
platform: {kind: command, apply: [./apply]}
trial:
  load:
    command: [./load]
    metrics: [{name: time, json: time_ms}, {name: errors, json: errors}]
budget: {experiments: 4}
)";

TEST_F(RestTest, ShowsStudies) {
  EXPECT_TRUE(good("get", "/api/v1/studies", ask("GET", "/api/v1/studies"))["studies"].empty());
  const auto definition = engine::read_study(
      kStudy, "study.yaml", packs_, [](const std::string& name) { return Result<std::string>(fail(not_found(name))); });
  ASSERT_TRUE(definition) << definition.error().to_string();
  const auto state = engine::to_json(engine::initial_study_state(*definition, kNow, 4)).dump();
  const auto document = engine::store_document(std::string(kStudy), "study.yaml", {});
  ASSERT_TRUE(studies_.put_study({"tiny", document, kNow, kNow, state}));
  ASSERT_TRUE(studies_.put_study({"torn", document, kNow, kNow, "{"}));  // hides nothing
  const auto body = good("get", "/api/v1/studies", ask("GET", "/api/v1/studies"));
  ASSERT_EQ(body["studies"].size(), 1u);
  EXPECT_EQ(body["studies"][0]["name"], "tiny");
  EXPECT_EQ(body["studies"][0]["changed_since"], nullptr);
  auto detail = good("get", "/api/v1/studies/{name}", ask("GET", "/api/v1/studies/tiny"));
  EXPECT_EQ(detail["parameters"][0]["name"], "x");
  EXPECT_TRUE(detail["changes"].empty());
  engine::StudyState changed = engine::initial_study_state(*definition, kNow, 4);
  changed.changes = {2};
  std::vector<engine::StoredTrial> trials;
  for (int number : {1, 2}) {
    engine::Trial trial{number, number, 1, {{"x", 5}}, "", kNow, kNow, {{"time", 3}, {"errors", 0}}, false, ""};
    trials.push_back({number, engine::to_json(trial).dump()});
  }
  ASSERT_TRUE(studies_.commit_study("tiny", engine::to_json(changed).dump(), kNow, trials));
  detail = good("get", "/api/v1/studies/{name}", ask("GET", "/api/v1/studies/tiny"));
  EXPECT_EQ(detail["changed_since"], 2);
  EXPECT_EQ(detail["changes"][0]["experiment"], 2);
  EXPECT_EQ(detail["experiments_list"][0]["past"], true);
  expect_error(ask("GET", "/api/v1/studies/none"), 404, "not_found");
}

TEST_F(RestTest, RefusesBodiesThatAreNoJson) {
  net::Request request;
  request.method = "PUT";
  request.target.path = "/api/v1/applications/shop/mode";
  request.headers = {{"Host", "localhost"}, {"Authorization", "bearer right"}, {"Content-Type", "application/json"}};
  request.body = R"({"mode": )";
  expect_error(router().handle(request), 400, "invalid_input");
  request.body = std::string(100, '[') + std::string(100, ']');
  expect_error(router().handle(request), 429, "exhausted");
  request.body = R"({"mode":"observe","mode":"autonomous"})";
  expect_error(router().handle(request), 400, "invalid_input", "mode");
  EXPECT_TRUE(live_.calls.empty());
}

TEST_F(RestTest, AnswersUnknownPathsAndMethods) {
  expect_error(ask("GET", "/api/v1/nothing"), 404, "not_found");
  expect_error(ask("PATCH", "/api/v1/applications"), 405, "method_not_allowed");
  expect_error(ask("POST", "/"), 404, "not_found");
}

TEST_F(RestTest, CountsItself) {
  auto options = RestOptions{.live = live_, .clock = clock_, .version = "9"};
  options.more_metrics = [](MetricsText& metrics) {
    metrics.metric("trimtab_more", "counter", "More.");
    metrics.sample(3);
  };
  const auto router = make_router(options);
  net::Request request;
  request.method = "GET";
  request.headers = {{"Host", "localhost"}};
  request.target.path = "/api/v1/applications";
  static_cast<void>(router.handle(request));
  request.target.path = "/metrics";
  const auto text = router.handle(request).body;
  EXPECT_THAT(text, HasSubstr("trimtab_applications 1\n"));
  EXPECT_THAT(text, HasSubstr("trimtab_engine_steps_total{application=\"shop\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("trimtab_application_phase{application=\"shop\",phase=\"observing\"} 1\n"));
  EXPECT_THAT(
      text, HasSubstr("trimtab_http_requests_total{method=\"GET\",route=\"/api/v1/applications\",status=\"200\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("trimtab_more 3\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("process_resident_memory_bytes [1-9]"));
}

}  // namespace
}  // namespace trimtab::api
