#include "platform/local/replica_record.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace trimtab::platform {
namespace {

namespace fs = std::filesystem;

class Records : public ::testing::Test {
 protected:
  void SetUp() override { directory_ = fs::temp_directory_path() / ("trimtab-records-" + std::to_string(::getpid())); }
  void TearDown() override { fs::remove_all(directory_); }
  fs::path directory_;
};

ReplicaRecord record() {
  ReplicaRecord made;
  made.name = "shop-2";
  made.stage = Stage::kStandby;
  made.keep_warm = true;
  made.on_trial = true;
  made.decision = "01J\"quoted\"";
  made.asked = {{"container.cpu_limit", 0.35}, {"jvm.gc", "G1"}};
  made.process = {4711, 123456789};
  made.started = {1};
  made.stage_since = {2};
  made.start_again_at = {3};
  made.exits = {{4}, {5}};
  made.restarts = 2;
  made.oom_kills_before = 1;
  return made;
}

TEST_F(Records, ComeBackAsTheyWere) {
  const RecordStore store(directory_);
  EXPECT_TRUE(store.load()->empty());  // no directory yet
  const ReplicaRecord saved = record();
  ASSERT_TRUE(store.save(saved));
  ReplicaRecord first = saved;
  first.name = "shop-1";
  ASSERT_TRUE(store.save(first));
  const auto loaded = RecordStore(directory_).load();
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  ASSERT_EQ(loaded->size(), 2u);
  EXPECT_EQ(loaded->front().name, "shop-1");
  const ReplicaRecord& back = loaded->back();
  EXPECT_EQ(back.stage, saved.stage);
  EXPECT_EQ(back.on_trial, saved.on_trial);
  EXPECT_EQ(back.decision, saved.decision);
  EXPECT_EQ(back.asked, saved.asked);
  EXPECT_EQ(back.process, saved.process);
  EXPECT_EQ(back.started, saved.started);
  EXPECT_EQ(back.stage_since, saved.stage_since);
  EXPECT_EQ(back.start_again_at, saved.start_again_at);
  EXPECT_EQ(back.exits, saved.exits);
  EXPECT_EQ(back.restarts, saved.restarts);
  EXPECT_EQ(back.oom_kills_before, saved.oom_kills_before);
  ASSERT_TRUE(store.erase("shop-1"));
  ASSERT_TRUE(store.erase("shop-1"));  // idempotent
  EXPECT_EQ(store.load()->size(), 1u);
}

TEST_F(Records, KeepTheChange) {
  const RecordStore store(directory_);
  EXPECT_EQ(store.load_change()->under_way, "");
  ASSERT_TRUE(store.save_change({.under_way = "d-2", .completed = "d-1"}));
  EXPECT_EQ(store.load_change()->under_way, "d-2");
  EXPECT_EQ(store.load_change()->completed, "d-1");
}

TEST_F(Records, NameADamagedFile) {
  const RecordStore store(directory_);
  ASSERT_TRUE(store.save(record()));
  for (const char* text : {"{\"name\":", "[]", "{\"name\":\"shop-2\",\"stage\":\"asleep\"}", "{}"}) {
    std::ofstream(directory_ / "replica-shop-2.json") << text;
    const auto loaded = store.load();
    ASSERT_FALSE(loaded) << text;
    EXPECT_EQ(loaded.error().code, Code::kDataLoss);
    EXPECT_NE(loaded.error().message.find("replica-shop-2.json"), std::string::npos);
  }
}

TEST_F(Records, LockOnceOnly) {
  auto first = StateLock::take(directory_, "lock", StateLock::Wait::kNo);
  ASSERT_TRUE(first);
  EXPECT_EQ(StateLock::take(directory_, "lock", StateLock::Wait::kNo).error().code, Code::kConflict);
  {
    const StateLock released = std::move(*first);
  }
  EXPECT_TRUE(StateLock::take(directory_, "lock", StateLock::Wait::kNo));
}

}  // namespace
}  // namespace trimtab::platform
