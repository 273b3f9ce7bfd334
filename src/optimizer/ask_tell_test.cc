#include "optimizer/ask_tell.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "optimizer/test_service.h"
#include "optimizer/test_session.h"

namespace trimtab::optimizer {
namespace {

using nlohmann::json;

using test::code;
using test::field;
using test::problem_of;
using test::reply;

const std::string kSpace = R"(
parameters:
  - {name: threads, type: integer, min: 1, max: 64, scale: log}
  - {name: share, type: real, min: 0, max: 1, step: 0.05}
  - {name: mode, type: categorical, values: [safe, fast]}
  - {name: window, type: integer, min: 1, max: 10, when: mode == "fast"}
constraints: [threads * share <= 40]
goal: {minimize: cost}
slos: [p95 <= 250]
context: [{name: load, type: real}]
baseline: {threads: 8, share: 0.5, mode: safe}
)";

AskTell session(const std::string& space = kSpace, const AskTellOptions& options = {}) {
  return test::session(space, options);
}

// Cost grows with the threads, the response with few of them and with the load.
json measured(const json& suggestion, double load) {
  const json& c = suggestion["configuration"];
  const double threads = c["threads"].get<double>();
  const double share = c["share"].get<double>();
  const double cost =
      threads * (0.2 + share) + (c["mode"] == "fast" ? 0.5 * std::abs(c["window"].get<double>() - 6) : 4);
  return {{"tell",
           {{"id", suggestion["id"]},
            {"metrics", {{"cost", cost}, {"p95", 30 + load / threads + 40 * share}}},
            {"context", {{"load", load}}}}}};
}

TEST(AskTell, FindsAGoodConfigurationOverTheProtocol) {
  AskTell one = session();
  double best = 1e9;
  double first = 0;
  for (int i = 0; i < 24; ++i) {
    const json asked = reply(one, R"({"ask":{"context":{"load":1000}}})");
    ASSERT_EQ(code(asked), "none") << asked;
    const json told = reply(one, measured(asked["suggestions"][0], 1000).dump());
    ASSERT_EQ(code(told), "none") << told;
    if (told["told"]["feasible"]) best = std::min(best, told["told"]["objective"].get<double>());
    if (i == 0) first = told["told"]["objective"].get<double>();
  }
  EXPECT_DOUBLE_EQ(first, 8 * 0.7 + 4);  // the baseline comes first
  EXPECT_LT(best, 2.2);                  // 5 threads, share 0, fast, window 6: about 1.0
  const json found = reply(one, R"({"best":{"context":{"load":1000}}})")["best"];
  EXPECT_NEAR(found["objective"].get<double>(), best, 0.6);
  EXPECT_LE(found["metrics"]["p95"].get<double>(), 250);
  EXPECT_GT(found["confidence"].get<double>(), 0.5);
}

TEST(AskTell, SuggestionsDifferAndSayWhy) {
  AskTell one = session();
  const json asked = reply(one, R"({"ask":{"count":6,"context":{"load":500}}})");
  std::set<std::string> different;
  std::set<std::string> ids;
  for (const json& suggestion : asked["suggestions"]) {
    different.insert(suggestion["configuration"].dump());
    ids.insert(suggestion["id"].get<std::string>());
    EXPECT_FALSE(suggestion["why"].get<std::string>().empty());
    EXPECT_EQ(suggestion["configuration"].contains("window"), suggestion["configuration"]["mode"] == "fast");
  }
  EXPECT_EQ(different.size(), 6U);
  EXPECT_EQ(ids, (std::set<std::string>{"t-1", "t-2", "t-3", "t-4", "t-5", "t-6"}));
}

TEST(AskTell, EveryFaultIsAnErrorAndChangesNothing) {
  AskTell one = session();
  const json asked = reply(one, R"({"ask":{"count":2,"context":{"load":500}}})");
  ASSERT_EQ(asked["suggestions"].size(), 2U);
  const struct {
    std::string line, code, field;
  } faults[]{
      {"", "invalid_input", ""},
      {"{", "invalid_input", ""},
      {"[1]", "invalid_input", ""},
      {"{}", "invalid_input", ""},
      {R"({"ask":{},"best":{}})", "invalid_input", ""},
      {R"({"asks":{}})", "invalid_input", "asks"},
      {R"({"ask":3})", "invalid_input", "ask"},
      {R"({"ask":{"count":0}})", "invalid_input", "ask.count"},
      {R"({"ask":{"count":1e3}})", "invalid_input", "ask.count"},
      {R"({"ask":{"number":1}})", "invalid_input", "ask.number"},
      {R"({"ask":{"context":{"lod":1}}})", "invalid_input", "ask.context.lod"},
      {R"({"tell":{"id":"t-1","metrics":{"cost":NaN,"p95":1}}})", "invalid_input", ""},
      {R"({"tell":{"id":"t-1","metrics":{"cost":Infinity,"p95":1}}})", "invalid_input", ""},
      {R"({"tell":{"id":"t-1","metrics":{"cost":1e999,"p95":1}}})", "invalid_input", ""},
      {R"({"tell":{"id":"t-1","metrics":{"cost":null,"p95":1}}})", "invalid_input", "tell.metrics.cost"},
      {R"({"tell":{"id":"t-1","metrics":{"p95":1}}})", "invalid_input", "tell.metrics.cost"},
      {R"({"tell":{"id":"t-1"}})", "invalid_input", "tell.metrics"},
      {R"({"tell":{"id":"t-3","failed":"x"}})", "not_found", "tell.id"},
      {R"({"tell":{"id":"t-01","failed":"x"}})", "not_found", "tell.id"},
      {R"({"tell":{"id":"t-99999999999999999999","failed":"x"}})", "not_found", "tell.id"},
      {R"({"tell":{"id":7,"failed":"x"}})", "invalid_input", "tell.id"},
      {R"({"tell":{"failed":"x"}})", "invalid_input", "tell"},
      {R"({"tell":{"configuration":{"threads":8},"failed":"x"}})", "invalid_input", "tell.configuration"},
      {R"({"tell":{"configuration":{"threads":8,"share":0.51,"mode":"safe"},"failed":"x"}})", "invalid_input",
       "tell.configuration.share"},
      {R"({"tell":{"configuration":{"threads":60,"share":1,"mode":"safe"},"failed":"x"}})", "invalid_input",
       "tell.configuration"},
      {R"({"tell":{"configuration":{"treads":8,"share":0.5,"mode":"safe"},"failed":"x"}})", "invalid_input",
       "tell.configuration.treads"},
      {R"({"predict":{}})", "invalid_input", "predict.configuration"},
      {R"({"predict":{"configuration":{"threads":8,"share":0.5,"mode":"safe"}}})", "unavailable", ""},
      {std::string(100'000, '['), "exhausted", ""},
      {R"({"ask":")" + std::string(kLongestRequest, 'x') + "\"}", "exhausted", ""},
      {"{\"ask\":\"\xff\xfe\"}", "invalid_input", ""},
  };
  for (const auto& fault : faults) {
    const json answer = reply(one, fault.line);
    EXPECT_EQ(code(answer), fault.code) << fault.line.substr(0, 80) << ' ' << answer;
    if (code(answer) != "none") {
      EXPECT_EQ(field(answer), fault.field) << fault.line.substr(0, 80);
    }
  }
  EXPECT_EQ(one.tells(), 0U);
  EXPECT_EQ(code(reply(one, measured(asked["suggestions"][0], 500).dump())), "none");
  const json twice = reply(one, measured(asked["suggestions"][0], 500).dump());
  EXPECT_EQ(code(twice), "conflict");
  EXPECT_EQ(one.tells(), 1U);
}

TEST(AskTell, ToldByConfigurationAndFailed) {
  AskTell one = session();
  const json told = reply(one, R"({"tell":{"configuration":{"threads":8,"share":0.5,"mode":"safe","window":3},
      "metrics":{"cost":5,"p95":260},"context":{"load":100}}})");
  EXPECT_EQ(told["told"]["feasible"], false);
  EXPECT_EQ(told["told"]["objective"], 5.0);
  EXPECT_EQ(reply(one, R"({"best":{}})")["best"], nullptr);
  const json asked = reply(one, R"({"ask":{}})");
  const json failed = reply(
      one, R"({"tell":{"id":")" + asked["suggestions"][0]["id"].get<std::string>() + R"(","failed":"out of memory"}})");
  EXPECT_EQ(failed["told"]["feasible"], false);
  EXPECT_EQ(failed["told"]["objective"], nullptr);
  const json expected =
      reply(one, R"({"predict":{"configuration":{"threads":8,"share":0.5,"mode":"safe"}}})")["predict"]["prediction"];
  EXPECT_LE(expected["p95"]["low"].get<double>(), expected["p95"]["mean"].get<double>());
  EXPECT_NEAR(expected["p95"]["mean"].get<double>(), 260, 30);
}

TEST(AskTell, ContextIsCompletedFromWhatIsKnown) {
  AskTell one = session();
  EXPECT_EQ(field(reply(one, R"({"tell":{"configuration":{"threads":8,"share":0.5,"mode":"safe"},
      "metrics":{"cost":5,"p95":200}}})")),
            "tell.context.load");
  const json asked = reply(one, R"({"ask":{"context":{"load":300}}})");
  const std::string id = asked["suggestions"][0]["id"].get<std::string>();
  EXPECT_EQ(code(reply(one, R"({"tell":{"id":")" + id + R"(","metrics":{"cost":5,"p95":200}}})")), "none");
  EXPECT_EQ(reply(one, R"({"best":{}})")["best"]["metrics"]["load"], 300.0);
}

TEST(AskTell, ParetoHoldsWhatNothingDominates) {
  AskTell one = session(R"(
parameters: [{name: level, type: integer, min: 1, max: 9}]
goals: [{minimize: time}, {minimize: size}]
slos: [errors <= 0]
)");
  for (const auto& [level, time, size, errors] : std::vector<std::tuple<int, int, int, int>>{
           {1, 1, 9, 0}, {2, 2, 9, 0}, {3, 3, 5, 0}, {4, 9, 1, 0}, {5, 0, 0, 1}})
    EXPECT_EQ(code(reply(one, json{{"tell",
                                    {{"configuration", {{"level", level}}},
                                     {"metrics", {{"time", time}, {"size", size}, {"errors", errors}}}}}}
                                  .dump())),
              "none");
  std::set<int> levels;
  const json front = reply(one, R"({"pareto":{}})")["pareto"];
  for (const json& point : front) {
    levels.insert(point["configuration"]["level"].get<int>());
    EXPECT_GT(point["confidence"], 0.1);
    EXPECT_LT(point["confidence"], 1.0);  // one of five broke the SLO
  }
  EXPECT_EQ(levels, (std::set<int>{1, 3, 4}));
  EXPECT_EQ(code(reply(one, R"({"ask":{"count":3}})")), "none");
}

TEST(AskTell, ImportanceFindsTheOneThatMatters) {
  AskTell one = session(R"(
parameters: [{name: a, type: real, min: 0, max: 1}, {name: b, type: real, min: 0, max: 1}, {name: c, type: real, min: 0, max: 1}]
goal: {minimize: y}
)");
  for (int i = 0; i < 20; ++i) {
    const json suggestion = reply(one, R"({"ask":{}})")["suggestions"][0];
    const double b = suggestion["configuration"]["b"].get<double>();
    EXPECT_EQ(code(reply(one, json{{"tell", {{"id", suggestion["id"]}, {"metrics", {{"y", 10 * b * b + 1}}}}}}.dump())),
              "none");
  }
  const json shares = reply(one, R"({"importance":{}})")["importance"];
  EXPECT_EQ(shares[0]["parameter"], "b");
  EXPECT_GT(shares[0]["share"].get<double>(), 0.8);
}

TEST(AskTell, OnlyCandidatesAreSuggested) {
  const Problem problem = problem_of(kSpace);
  std::vector<model::Configuration> given;
  for (int threads = 2; threads <= 60; threads += 2)
    given.push_back({{"threads", threads}, {"share", 0.25}, {"mode", "safe"}});
  auto one = AskTell::create(problem, given, {});
  ASSERT_TRUE(one.has_value());
  std::set<int> tried;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const json suggestion = reply(*one, R"({"ask":{"context":{"load":1000}}})")["suggestions"][0];
    const json& c = suggestion["configuration"];
    EXPECT_EQ(c["share"], 0.25);
    EXPECT_EQ(c["threads"].get<int>() % 2, 0);
    tried.insert(c["threads"].get<int>());
    EXPECT_EQ(code(reply(*one, measured(suggestion, 1000).dump())), "none");
  }
  EXPECT_GT(tried.size(), given.size() * 2 / 3);  // what scatters is repeated, else none twice
  const json again = reply(*one, R"({"ask":{}})")["suggestions"][0];
  EXPECT_TRUE(tried.contains(again["configuration"]["threads"].get<int>()));
}

TEST(AskTell, RestoredFromAnyRecordItGoesOnAsIfNothingHadHappened) {
  std::vector<std::string> records;
  const AskTell::Persist keep = [&](const std::string& record, bool) -> Result<void> {
    records.push_back(record);
    return {};
  };
  AskTell one = session();
  std::vector<std::string> asks;  // the replies
  std::vector<std::size_t> had;   // records before each
  for (int i = 0; i < 14; ++i) {
    had.push_back(records.size());
    asks.push_back(one.handle(R"({"ask":{"count":2,"context":{"load":700}}})", keep));
    const json suggestions = json::parse(asks.back())["suggestions"];
    static_cast<void>(one.handle(measured(suggestions[0], 690 + i).dump(), keep));
    if (i % 5 == 4)
      static_cast<void>(one.handle(R"({"tell":{"id":)" + suggestions[1]["id"].dump() + R"(,"failed":"crash"}})", keep));
  }
  for (std::size_t i = 0; i < asks.size(); i += 3) {
    AskTell other = session();
    for (std::size_t r = 0; r < had[i]; ++r)
      ASSERT_TRUE(other.restore(records[r]).has_value());
    EXPECT_EQ(other.handle(R"({"ask":{"count":2,"context":{"load":700}}})"), asks[i]);
  }
  AskTell other = session();
  EXPECT_EQ(other.restore(records[1]).error().code, Code::kDataLoss);
  EXPECT_EQ(other.restore("nonsense").error().code, Code::kDataLoss);
}

TEST(AskTell, WhatCannotBeStoredIsRefused) {
  AskTell one = session();
  const AskTell::Persist full = [](const std::string&, bool) -> Result<void> { return fail(unavailable("disk full")); };
  EXPECT_EQ(code(json::parse(one.handle(R"({"ask":{"context":{"load":1}}})", full))), "unavailable");
  EXPECT_EQ(reply(one, R"({"ask":{"context":{"load":1}}})")["suggestions"][0]["id"], "t-1");
}

TEST(AskTell, SeedsDecide) {
  AskTell one = session(kSpace, {7, 0, false});
  AskTell two = session(kSpace, {7, 0, false});
  AskTell three = session(kSpace, {8, 0, false});
  const std::string line = R"({"ask":{"count":4,"context":{"load":100}}})";
  const std::string first = one.handle(line);
  EXPECT_EQ(first, two.handle(line));
  EXPECT_NE(first, three.handle(line));
}

// The simulated shop at changing loads: cheaper than the baseline in the end, and every step within its limits.
TEST(AskTell, LiveStepsAreSafe) {
  const Problem problem = test::shop_problem();
  auto made = AskTell::create(problem, {}, {1, 0, true});
  ASSERT_TRUE(made.has_value());
  Random random(3);
  int broken = 0;
  double first = 0;
  double last = 0;
  constexpr int kRounds = 60;
  for (int i = 0; i < kRounds; ++i) {
    const json asked = reply(*made, R"({"ask":{"context":{"load":60}}})");
    ASSERT_EQ(code(asked), "none") << asked;
    const json& suggestion = asked["suggestions"][0];
    model::Configuration configuration;
    for (const auto& [name, value] : suggestion["configuration"].items())
      configuration.set(name,
                        value.is_number() ? model::Value(value.get<double>()) : model::Value(value.get<std::string>()));
    const auto observation = test::observe(configuration, test::day_load(i, 12, 60), random, i);
    json tell{{"id", suggestion["id"]}, {"metrics", observation.metrics}, {"context", {{"load", observation.load}}}};
    if (observation.failed) tell["failed"] = observation.failure;
    const json told = reply(*made, json{{"tell", tell}}.dump());
    ASSERT_EQ(code(told), "none") << told;
    if (!told["told"]["feasible"]) ++broken;
    const double cost = *problem.objective.goal_value(0, {}, configuration);
    if (i == 0) first = cost;
    last = cost;
  }
  EXPECT_LE(broken, 1);
  EXPECT_LT(last, 0.85 * first);
}

TEST(AskTell, RefusesWhatCannotWork) {
  const auto refused = [](const std::string& space, AskTellOptions options,
                          std::vector<model::Configuration> given = {}) {
    return AskTell::create(problem_of(space), std::move(given), options).error().field;
  };
  Problem aimless = problem_of(kSpace);
  aimless.objective = {};
  EXPECT_EQ(AskTell::create(aimless, {}, {}).error().field, "goal");
  EXPECT_EQ(refused("parameters: [{name: a, type: real, min: 0, max: 1}]\ngoal: {minimize: y}\n", {1, 0, true}),
            "baseline");
  EXPECT_EQ(refused(kSpace, {1, 0, true}, {{{"threads", 2}}}), "candidates");
  EXPECT_EQ(refused(kSpace, {1, -1, false}), "budget");
}

// A prior in the form of requests, as a log of an earlier run holds them.
AskTellOptions with_prior(std::uint64_t seed) {
  std::string text;
  for (int threads = 1; threads <= 32; threads *= 2)
    for (const char* mode : {"safe", "fast"})
      text += json{{"tell",
                    {{"configuration", {{"threads", threads}, {"share", 0.3}, {"mode", mode}, {"window", 5}}},
                     {"metrics", {{"cost", threads * 0.4 + 3}, {"p95", 40.0 + 300.0 / threads}}}}}}
                  .dump() +
              "\n";
  auto study = read_prior_study(text, "old.jsonl", problem_of(kSpace).space, {});
  CHECK(study.has_value());
  AskTellOptions options;
  options.seed = seed;
  options.priors = {*std::move(study)};
  return options;
}

TEST(AskTell, APriorIsTakenAndRestoredExactly) {
  std::vector<std::string> records;
  const auto keep = [&](const std::string& record, bool) -> Result<void> {
    records.push_back(record);
    return {};
  };
  AskTell one = session(kSpace, with_prior(3));
  EXPECT_THAT(one.prior_notes(), testing::ElementsAre(testing::HasSubstr("12 of 12 runs")));
  std::string whys;
  for (int i = 0; i < 6; ++i) {
    const json suggestion = json::parse(one.handle(R"({"ask":{"context":{"load":300}}})", keep))["suggestions"][0];
    whys += suggestion["why"].get<std::string>() + "\n";
    static_cast<void>(one.handle(measured(suggestion, 300).dump(), keep));
  }
  EXPECT_THAT(whys, testing::HasSubstr("prior: among the best of the prior studies"));
  AskTell again = session(kSpace, with_prior(3));
  for (const std::string& record : records)
    ASSERT_TRUE(again.restore(record).has_value());
  const std::string ask = R"({"ask":{"count":2,"context":{"load":300}}})";
  EXPECT_EQ(one.handle(ask), again.handle(ask));
}

}  // namespace
}  // namespace trimtab::optimizer
