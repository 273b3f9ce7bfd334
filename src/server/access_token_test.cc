#include "server/access_token.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "api/token.h"
#include "server/crash_point.h"
#include "server/state_directory.h"
#include "store/memory_store.h"
#include "store/sample_step_test.h"

namespace trimtab::server {
namespace {

using store::TemporaryFolder;

TEST(AccessToken, IsMadeOnceAndKeptPrivate) {
  const TemporaryFolder folder;
  store::MemoryStore store;
  const std::string file = folder.file("token");
  const auto first = open_access_token(file, store);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->is_new);
  struct stat status{};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const std::string token = read_token_file(file).value();
  EXPECT_TRUE(api::token_check(first->hash)(token));
  EXPECT_FALSE(api::token_check(first->hash)(token + "x"));
  // The store has the hash, never the token.
  EXPECT_EQ(**store.setting("access_token.hash"), first->hash);
  EXPECT_EQ(first->hash.find(token), std::string::npos);
  const auto second = open_access_token(file, store);
  EXPECT_FALSE(second->is_new);
  EXPECT_EQ(second->hash, first->hash);
}

TEST(AccessToken, ADeletedFileMeansANewToken) {
  const TemporaryFolder folder;
  store::MemoryStore store;
  const auto first = open_access_token(folder.file("token"), store);
  std::filesystem::remove(folder.file("token"));
  const auto second = open_access_token(folder.file("token"), store);
  EXPECT_TRUE(second->is_new);
  EXPECT_NE(first->hash, second->hash);
  EXPECT_EQ(**store.setting("access_token.hash"), second->hash);
}

TEST(AccessToken, RefusesAFileThatOthersRead) {
  const TemporaryFolder folder;
  store::MemoryStore store;
  std::ofstream(folder.file("token")) << "secret\n";
  std::filesystem::permissions(folder.file("token"), std::filesystem::perms(0644));
  EXPECT_EQ(open_access_token(folder.file("token"), store).error().code, Code::kDenied);
  EXPECT_EQ(read_token_file(folder.file("none")).error().code, Code::kUnavailable);
}

TEST(StateDirectory, KeepsASecondServerOut) {
  const TemporaryFolder folder;
  const std::string path = folder.file("deep/state");
  {
    const auto first = StateDirectory::open(path);
    ASSERT_TRUE(first);
    struct stat status{};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
    EXPECT_EQ(StateDirectory::open(path).error().code, Code::kConflict);
  }
  EXPECT_TRUE(StateDirectory::open(path));
}

TEST(CrashPoint, ReadsItsText) {
  EXPECT_TRUE(CrashPoint::parse(""));
  EXPECT_TRUE(CrashPoint::parse("3:before_commit"));
  for (const char* bad : {"3", "x:after_commit", "0:after_commit", "3:sometime", ":after_commit", "3 :after_commit"})
    EXPECT_EQ(CrashPoint::parse(bad).error().code, Code::kInvalidInput) << bad;
}

TEST(CrashPointDeathTest, EndsTheProcessAtItsPlaceOnly) {
  const auto point = CrashPoint::parse("2:after_commit");
  ASSERT_TRUE(point);
  point->pass(1, CrashPoint::Place::kAfterCommit);
  point->pass(2, CrashPoint::Place::kBeforeCommit);
  EXPECT_EXIT(point->pass(2, CrashPoint::Place::kAfterCommit), testing::ExitedWithCode(137), "");
}

}  // namespace
}  // namespace trimtab::server
