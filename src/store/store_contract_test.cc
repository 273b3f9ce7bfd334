// One suite for every implementation of engine::Store and engine::StudyStore.
#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/live_json.h"
#include "model/recommendation_json.h"
#include "store/memory_store.h"
#include "store/sample_step_test.h"
#include "store/sqlite_store.h"

namespace trimtab::store {
namespace {

using engine::AuditEntry;
using engine::Event;
using engine::StepResult;

struct Memory {
  MemoryStore& store() { return store_; }

 private:
  MemoryStore store_;
};

struct Sqlite {
  SqliteStore& store() { return *store_; }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<SqliteStore> store_ = SqliteStore::open(folder_.file("store.db")).value();
};

template <class Implementation>
class StoreContract : public testing::Test {
 protected:
  auto& store() { return implementation_.store(); }

 private:
  Implementation implementation_;
};
using Implementations = testing::Types<Memory, Sqlite>;
TYPED_TEST_SUITE(StoreContract, Implementations);

TYPED_TEST(StoreContract, KeepsADocumentAndTheTimeOfTheFirstEnrolment) {
  auto& store = this->store();
  ASSERT_TRUE(store.put_application("shop", "first", {10}));
  ASSERT_TRUE(store.put_application("shop", "second", {20}));
  const auto found = store.application("shop");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->document, "second");
  EXPECT_EQ(found->enrolled, Instant{10});
  EXPECT_FALSE(found->state);
  EXPECT_EQ(store.application("else").error().code, Code::kNotFound);
}

TYPED_TEST(StoreContract, CommitsStateWithItsObservations) {
  auto& store = this->store();
  ASSERT_TRUE(store.put_application("shop", "text", {1}));
  const StepResult step = sample_step(1);
  ASSERT_TRUE(store.commit("shop", {{1000}, engine::Tick{}}, step));
  const auto found = store.application("shop");
  ASSERT_TRUE(found && found->state);
  EXPECT_EQ(engine::to_json(*found->state), engine::to_json(step.state));
  EXPECT_EQ(starts(found->state->observations), starts(step.state.observations));
  ASSERT_EQ(store.applications()->size(), 1U);
}

TYPED_TEST(StoreContract, ForgetsObservationsThatTheEngineThinnedOut) {
  auto& store = this->store();
  ASSERT_TRUE(store.put_application("shop", "text", {1}));
  StepResult step = sample_step(1);
  ASSERT_TRUE(store.commit("shop", {{1}, engine::Tick{}}, step));
  for (std::uint64_t n = 2; n <= 4; ++n) {
    step = next_step(step, n);
    ASSERT_TRUE(store.commit("shop", {{1}, engine::Tick{}}, step));
  }
  step = next_step(step, 5);
  step.state.observations.erase(step.state.observations.begin() + 1);
  ASSERT_TRUE(store.commit("shop", {{1}, engine::Tick{}}, step));
  EXPECT_EQ(starts(store.application("shop")->state->observations), (std::vector<std::int64_t>{100, 300, 400, 500}));
}

TYPED_TEST(StoreContract, RefusesAStepThatDoesNotFollow) {
  auto& store = this->store();
  ASSERT_TRUE(store.put_application("shop", "text", {1}));
  EXPECT_EQ(store.commit("shop", {{1}, engine::Tick{}}, sample_step(2)).error().code, Code::kConflict);
  ASSERT_TRUE(store.commit("shop", {{1}, engine::Tick{}}, sample_step(1)));
  EXPECT_EQ(store.commit("shop", {{1}, engine::Tick{}}, sample_step(1)).error().code, Code::kConflict);
  EXPECT_EQ(store.commit("shop", {{1}, engine::Tick{}}, sample_step(3)).error().code, Code::kConflict);
  EXPECT_EQ(store.commit("else", {{1}, engine::Tick{}}, sample_step(1)).error().code, Code::kNotFound);
  EXPECT_EQ(store.audit({})->size(), 1U);  // the refused steps left nothing
}

TYPED_TEST(StoreContract, RecommendationsAreReplacedAndListedNewestFirst) {
  auto& store = this->store();
  ASSERT_TRUE(store.put_application("shop", "text", {1}));
  StepResult step = sample_step(1);
  step.records.clear();
  for (int i = 0; i < 5; ++i)
    step.records.emplace_back(engine::RecommendationChanged{sample_recommendation("r" + std::to_string(i), i / 2)});
  ASSERT_TRUE(store.commit("shop", {{1}, engine::Tick{}}, step));
  step = next_step(step, 2);
  auto kept = sample_recommendation("r1", 0);
  kept.state = model::RecommendationState::kKept;
  step.records = {engine::RecommendationChanged{kept}};
  ASSERT_TRUE(store.commit("shop", {{2}, engine::Tick{}}, step));

  EXPECT_EQ(ids(*store.recommendations({})), (std::vector<std::string>{"r4", "r3", "r2", "r1", "r0"}));
  EXPECT_EQ(ids(*store.recommendations({"", {}, 2, "r3"})), (std::vector<std::string>{"r2", "r1"}));
  EXPECT_EQ(ids(*store.recommendations({"", model::RecommendationState::kKept, 10, ""})),
            std::vector<std::string>{"r1"});
  EXPECT_TRUE(store.recommendations({"else", {}, 10, ""})->empty());
  EXPECT_TRUE(store.recommendations({"", {}, 10, "unknown"})->empty());
  const auto one = store.recommendation("r1");
  ASSERT_TRUE(one);
  EXPECT_EQ(model::to_json(*one), model::to_json(kept));
  EXPECT_EQ(store.recommendation("r9").error().code, Code::kNotFound);
}

TYPED_TEST(StoreContract, AuditIsFilteredAndPaged) {
  auto& store = this->store();
  ASSERT_TRUE(store.put_application("shop", "text", {1}));
  StepResult step = sample_step(1);
  step.records = {AuditEntry{{1}, "trimtab", "a", "r1", "one"}, AuditEntry{{2}, "anna", "b", "r2", "two"},
                  AuditEntry{{3}, "trimtab", "c", "r1", "three"}};
  ASSERT_TRUE(store.commit("shop", {{1}, engine::Tick{}}, step));
  const auto all = store.audit({});
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ(all->front().entry.text, "three");
  EXPECT_EQ(all->front().application, "shop");
  EXPECT_EQ(store.audit({"", "r1", 10, 0})->size(), 2U);
  EXPECT_EQ(store.audit({"else", "", 10, 0})->size(), 0U);
  const auto page = store.audit({"", "", 1, all->front().sequence});
  ASSERT_EQ(page->size(), 1U);
  EXPECT_EQ(page->front().entry.actor, "anna");
}

TYPED_TEST(StoreContract, ConfigurationChangesOfARange) {
  auto& store = this->store();
  ASSERT_TRUE(store.put_application("shop", "text", {1}));
  StepResult step = sample_step(1);
  step.records = {engine::ConfigurationChanged{{100}, {{"cpu", 1.0}}, "", "enrolled"},
                  engine::ConfigurationChanged{{200}, {{"cpu", 0.5}, {"gc", "G1"}}, "r1", "applied"}};
  ASSERT_TRUE(store.commit("shop", {{1}, engine::Tick{}}, step));
  EXPECT_EQ(store.configuration_changes("shop", {0}, {200})->size(), 2U);
  const auto late = store.configuration_changes("shop", {101}, {1000});
  ASSERT_EQ(late->size(), 1U);
  EXPECT_EQ(late->front().configuration.to_string(), "cpu=0.5 gc=G1");
  EXPECT_EQ(late->front().decision, "r1");
  EXPECT_EQ(late->front().kind, "applied");
}

TYPED_TEST(StoreContract, CommandsStayUnfinishedUntilTheStateNoLongerWaits) {
  auto& store = this->store();
  ASSERT_TRUE(store.put_application("shop", "text", {1}));
  StepResult step = sample_step(1);
  step.commands = {{"c1", engine::ReadLive{}}, {"c2", engine::QueryMetrics{}}};
  step.state.under_way = {{step.commands[0], {1}, {9}}, {step.commands[1], {1}, {9}}};
  ASSERT_TRUE(store.commit("shop", {{1}, engine::Tick{}}, step));
  EXPECT_EQ(store.unfinished_commands("shop")->size(), 2U);
  step = next_step(step, 2);
  step.commands.clear();
  step.state.under_way.erase(step.state.under_way.begin());
  ASSERT_TRUE(store.commit("shop", {{2}, engine::Tick{}}, step));
  const auto left = store.unfinished_commands("shop");
  ASSERT_EQ(left->size(), 1U);
  EXPECT_EQ(left->front().command.id, "c2");
  // A command that is issued again keeps its id and is there once.
  step = next_step(step, 3);
  step.commands = {step.state.under_way[0].command};
  ASSERT_TRUE(store.commit("shop", {{3}, engine::Tick{}}, step));
  EXPECT_EQ(store.unfinished_commands("shop")->size(), 1U);
}

TYPED_TEST(StoreContract, RemovalKeepsTheHistory) {
  auto& store = this->store();
  ASSERT_TRUE(store.put_application("shop", "text", {1}));
  ASSERT_TRUE(store.commit("shop", {{1}, engine::Tick{}}, sample_step(1)));
  ASSERT_TRUE(store.remove_application("shop"));
  EXPECT_EQ(store.remove_application("shop").error().code, Code::kNotFound);
  EXPECT_TRUE(store.applications()->empty());
  EXPECT_EQ(store.audit({})->size(), 1U);
  ASSERT_TRUE(store.put_application("shop", "again", {7}));
  EXPECT_FALSE(store.application("shop")->state);
  ASSERT_TRUE(store.commit("shop", {{1}, engine::Tick{}}, sample_step(1)));
  EXPECT_EQ(store.application("shop")->state->observations.size(), 1U);
}

TYPED_TEST(StoreContract, Settings) {
  auto& store = this->store();
  EXPECT_EQ(*store.setting("x"), std::nullopt);
  ASSERT_TRUE(store.put_setting("x", "1"));
  ASSERT_TRUE(store.put_setting("x", std::string("2\0y", 3)));
  EXPECT_EQ(*store.setting("x"), std::string("2\0y", 3));
}

TYPED_TEST(StoreContract, StudiesAndTheirTrials) {
  auto& store = this->store();
  EXPECT_EQ(store.study("s").error().code, Code::kNotFound);
  EXPECT_EQ(store.commit_study("s", "{}", {1}, {{1, "a"}}).error().code, Code::kNotFound);
  ASSERT_TRUE(store.put_study({"s", "document", {1}, {1}, "{}"}));
  ASSERT_TRUE(store.commit_study("s", "{\"n\":2}", {5}, {{2, "b"}, {1, "a"}}));
  ASSERT_TRUE(store.commit_study("s", "{\"n\":3}", {6}, {{2, "B"}}));
  const auto study = store.study("s");
  EXPECT_EQ(study->state, "{\"n\":3}");
  EXPECT_EQ(study->updated, Instant{6});
  const auto trials = store.trials("s");
  ASSERT_EQ(trials->size(), 2U);
  EXPECT_EQ((*trials)[0].trial, "a");
  EXPECT_EQ((*trials)[1].trial, "B");
  ASSERT_TRUE(store.put_study({"s", "document 2", {7}, {7}, "{}"}));
  EXPECT_TRUE(store.trials("s")->empty());
  EXPECT_EQ(store.studies()->size(), 1U);
}

}  // namespace
}  // namespace trimtab::store
