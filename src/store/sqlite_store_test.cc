#include "store/sqlite_store.h"

#include <chrono>
#include <fstream>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/migrations.h"
#include "store/sample_step_test.h"

namespace trimtab::store {
namespace {

using engine::StepResult;

TEST(SqliteStore, ReopensWithEverything) {
  const TemporaryFolder folder;
  const std::string path = folder.file("store.db");
  {
    const auto store = SqliteStore::open(path).value();
    ASSERT_TRUE(store->put_application("shop", "text", {1}));
    ASSERT_TRUE(store->commit("shop", {{1}, engine::Tick{}}, sample_step(1)));
  }
  const auto store = SqliteStore::open(path).value();
  EXPECT_EQ(store->application("shop")->state->sequence, 1U);
  EXPECT_EQ(store->audit({})->size(), 1U);
}

TEST(SqliteStore, IsReadableByItsOwnerOnly) {
  const TemporaryFolder folder;
  const auto store = SqliteStore::open(folder.file("store.db")).value();
  ASSERT_TRUE(store->put_setting("a", "b"));
  for (const std::string suffix : {"", "-wal", "-shm"}) {
    struct stat status{};
    ASSERT_EQ(stat((folder.file("store.db") + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 077, 0U) << suffix;
  }
}

TEST(SqliteStore, BoundsJournalAndObservations) {
  const TemporaryFolder folder;
  const auto store = SqliteStore::open(folder.file("store.db"), {.journal_rows = 10, .observation_rows = 20}).value();
  ASSERT_TRUE(store->put_application("shop", "text", {1}));
  StepResult step = sample_step(1);
  for (std::uint64_t n = 1; n <= 60; ++n) {
    if (n > 1) step = next_step(step, n);
    step.commands = {{"c" + std::to_string(n), engine::ReadLive{}}};
    if (step.state.observations.size() > 5) step.state.observations.erase(step.state.observations.begin());
    ASSERT_TRUE(store->commit("shop", {{1}, engine::Tick{}}, step));
  }
  EXPECT_EQ(*store->journal_length("shop"), 10);
  EXPECT_EQ(starts(store->application("shop")->state->observations),
            (std::vector<std::int64_t>{5600, 5700, 5800, 5900, 6000}));
  EXPECT_EQ(store->audit({})->size(), 60U);
}

TEST(SqliteStore, RefusesANewerOrChangedSchema) {
  const TemporaryFolder folder;
  const std::string path = folder.file("store.db");
  {
    ASSERT_TRUE(SqliteStore::open(path));
  }
  {
    const auto connection = Connection::open(path).value();
    ASSERT_TRUE(connection->execute("INSERT INTO schema_migrations VALUES (99, 'later', 'x')"));
  }
  EXPECT_EQ(SqliteStore::open(path).error().code, Code::kUnsupported);
  {
    const auto connection = Connection::open(path).value();
    ASSERT_TRUE(connection->execute("DELETE FROM schema_migrations WHERE number = 99"));
    ASSERT_TRUE(connection->execute("UPDATE schema_migrations SET checksum = 'x' WHERE number = 1"));
  }
  EXPECT_EQ(SqliteStore::open(path).error().code, Code::kDataLoss);
}

TEST(SqliteStore, AMigrationThatFailsLeavesNothing) {
  const TemporaryFolder folder;
  const auto connection = Connection::open(folder.file("store.db")).value();
  const std::vector<Migration> steps{{1, "first", "CREATE TABLE a (x INTEGER) STRICT;"},
                                     {2, "bad", "CREATE TABLE b (x INTEGER) STRICT; SELECT nonsense;"}};
  EXPECT_FALSE(migrate(*connection, steps));
  EXPECT_FALSE(connection->execute("SELECT * FROM b"));
  EXPECT_TRUE(connection->execute("SELECT * FROM a"));
}

TEST(SqliteStore, RefusesAFileThatIsNoDatabase) {
  const TemporaryFolder folder;
  std::ofstream(folder.file("store.db")) << std::string(4096, 'x');
  EXPECT_EQ(SqliteStore::open(folder.file("store.db")).error().code, Code::kDataLoss);
  EXPECT_EQ(SqliteStore::open(folder.file("no/such/store.db")).error().code, Code::kUnavailable);
}

TEST(SqliteStore, DamagedStateIsSaidAndNotGuessed) {
  const TemporaryFolder folder;
  const std::string path = folder.file("store.db");
  const auto store = SqliteStore::open(path).value();
  ASSERT_TRUE(store->put_application("shop", "text", {1}));
  ASSERT_TRUE(store->commit("shop", {{1}, engine::Tick{}}, sample_step(1)));
  ASSERT_TRUE(Connection::open(path).value()->execute("UPDATE applications SET state = '{\"version\":1,'"));
  EXPECT_EQ(store->application("shop").error().code, Code::kDataLoss);
}

// Commits in a child that reports every commit, until it is killed in the middle.
[[noreturn]] void commit_until_killed(const std::string& path, int report) {
  const auto store = SqliteStore::open(path).value();
  StepResult step;
  for (std::uint64_t n = store->application("shop")->state ? store->application("shop")->state->sequence + 1 : 1;;
       ++n) {
    step = next_step(sample_step(n), n);
    step.state.observations = {step.state.observations.back()};
    if (!store->commit("shop", {{1}, engine::Tick{}}, step)) _exit(1);
    if (write(report, &n, sizeof n) != sizeof n) _exit(2);
  }
}

TEST(SqliteStore, KillDuringCommitLosesNothingAndTearsNothing) {
  const TemporaryFolder folder;
  const std::string path = folder.file("store.db");
  {
    ASSERT_TRUE(SqliteStore::open(path).value()->put_application("shop", "text", {1}));
  }
  std::uint64_t reported = 0;
  for (int round = 0; round < 12; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      commit_until_killed(path, ends[1]);
    }
    close(ends[1]);
    for (int i = 0; i <= round; ++i)  // a different place every round
      ASSERT_EQ(read(ends[0], &reported, sizeof reported), static_cast<ssize_t>(sizeof reported));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (read(ends[0], &reported, sizeof reported) == static_cast<ssize_t>(sizeof reported)) {
    }
    close(ends[0]);

    const auto store = SqliteStore::open(path).value();
    const auto stored = store->application("shop");
    ASSERT_TRUE(stored);
    const std::uint64_t sequence = stored->state->sequence;
    EXPECT_GE(sequence, reported);  // what was reported is there
    EXPECT_LE(sequence, reported + 1);
    const auto audit = store->audit({"", "", 100000, 0});
    EXPECT_EQ(audit->size(), sequence);  // and every step as a whole, once
    EXPECT_EQ(audit->front().entry.text, std::to_string(sequence));
    ASSERT_EQ(stored->state->observations.size(), 1U);
    EXPECT_EQ(stored->state->observations[0].start.us, static_cast<std::int64_t>(sequence) * 100);
  }
}

TEST(SqliteStore, ListsPagesAmongAThousandRecommendations) {
  const TemporaryFolder folder;
  const auto store = SqliteStore::open(folder.file("store.db")).value();
  ASSERT_TRUE(store->put_application("shop", "text", {1}));
  StepResult step = sample_step(1);
  for (int i = 0; i < 1000; ++i) {
    auto made = sample_recommendation("r" + std::to_string(i), i);
    for (int k = 0; k < 6; ++k) {
      made.changes.push_back(made.changes.front());
      made.predictions.push_back(made.predictions.front());
      made.evidence.statements.push_back(std::string(100, 's'));
    }
    step.records.emplace_back(engine::RecommendationChanged{made});
  }
  ASSERT_TRUE(store->commit("shop", {{1}, engine::Tick{}}, step));
  EXPECT_EQ(store->recommendations({"", {}, 5, ""})->size(), 5U);
  EXPECT_EQ(store->recommendations({"shop", {}, 100, ""})->size(), 100U);
}

}  // namespace
}  // namespace trimtab::store
