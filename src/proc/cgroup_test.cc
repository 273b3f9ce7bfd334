#include "proc/cgroup.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "proc/subprocess.h"

namespace trimtab::proc {
namespace {

namespace fs = std::filesystem;

class FakeTree : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("trimtab-cgroup-" + std::to_string(::getpid()));
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }
  void put(const std::string& file, const std::string& text) const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  [[nodiscard]] std::string get(const std::string& file) const {
    std::ifstream stream(root_ / file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  // What the kernel would show in a version 2 group.
  void put_group_2(const std::string& group) const {
    put(group + "/cgroup.subtree_control", "");
    put(group + "/cgroup.procs", "12\n34\n");
    put(group + "/cpu.max", "max 100000\n");
    put(group + "/cpu.stat",
        "usage_usec 2500000\nuser_usec 1\nnr_periods 40\nnr_throttled 10\nthrottled_usec 750000\n");
    put(group + "/memory.max", "max\n");
    put(group + "/memory.swap.max", "max\n");
    put(group + "/memory.current", "1000000\n");
    put(group + "/memory.stat", "anon 600000\nfile 300000\ninactive_file 250000\n");
    put(group + "/memory.events", "low 0\nhigh 0\nmax 5\noom 2\noom_kill 1\n");
  }
  void put_group_1(const std::string& group) const {
    put("cpu/" + group + "/cpu.cfs_period_us", "100000\n");
    put("cpu/" + group + "/cpu.cfs_quota_us", "-1\n");
    put("cpu/" + group + "/cpu.stat", "nr_periods 40\nnr_throttled 10\nthrottled_time 750000000\n");
    put("cpuacct/" + group + "/cpuacct.usage", "2500000000\n");
    put("memory/" + group + "/memory.limit_in_bytes", "9223372036854771712\n");
    put("memory/" + group + "/memory.usage_in_bytes", "1000000\n");
    put("memory/" + group + "/memory.stat", "rss 1\ntotal_rss 600000\ntotal_inactive_file 250000\n");
    put("memory/" + group + "/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
  }

  fs::path root_;
};

void expect_use(const CgroupUse& use) {
  EXPECT_DOUBLE_EQ(use.cpu_seconds, 2.5);
  EXPECT_DOUBLE_EQ(use.periods, 40);
  EXPECT_DOUBLE_EQ(use.throttled_periods, 10);
  EXPECT_DOUBLE_EQ(use.throttled_seconds, 0.75);
  EXPECT_DOUBLE_EQ(use.memory_bytes, 1'000'000);
  EXPECT_DOUBLE_EQ(use.working_set_bytes, 750'000);
  EXPECT_DOUBLE_EQ(use.rss_bytes, 600'000);
  EXPECT_DOUBLE_EQ(use.oom_kills, 1);
}

TEST_F(FakeTree, Version2) {
  put("cgroup.controllers", "cpuset cpu io memory pids\n");
  put("cgroup.subtree_control", "");
  put_group_2("shop");
  put_group_2("shop/shop-1");
  const auto groups = CgroupFileSystem::detect(root_);
  ASSERT_TRUE(groups);
  EXPECT_EQ(groups->version(), 2);
  ASSERT_TRUE(groups->create("shop/shop-1"));
  EXPECT_EQ(get("cgroup.subtree_control"), "+cpu +memory");
  EXPECT_EQ(get("shop/cgroup.subtree_control"), "+cpu +memory");
  EXPECT_EQ(get("shop/shop-1/cgroup.subtree_control"), "");  // a group with processes may not pass on

  EXPECT_FALSE(groups->limits("shop/shop-1")->cpu_cores);
  EXPECT_FALSE(groups->limits("shop/shop-1")->memory_mib);
  ASSERT_TRUE(groups->set_limits("shop/shop-1", {.cpu_cores = 0.35, .memory_mib = 512}));
  EXPECT_EQ(get("shop/shop-1/cpu.max"), "35000 100000");
  EXPECT_EQ(get("shop/shop-1/memory.max"), "536870912");
  EXPECT_EQ(get("shop/shop-1/memory.swap.max"), "0");
  EXPECT_EQ(groups->limits("shop/shop-1")->cpu_cores, 0.35);
  EXPECT_EQ(groups->limits("shop/shop-1")->memory_mib, 512);
  expect_use(*groups->use("shop/shop-1"));
  EXPECT_EQ(*groups->processes("shop/shop-1"), (std::vector<int>{12, 34}));
  EXPECT_EQ(*groups->children("shop"), std::vector<std::string>{"shop-1"});
  EXPECT_EQ(groups->procs_files("shop/shop-1"), (root_ / "shop/shop-1/cgroup.procs").string());
}

TEST_F(FakeTree, Version1) {
  put("cpu/cpu.cfs_quota_us", "-1");
  put("cpuacct/cpuacct.usage", "0");
  put("memory/memory.limit_in_bytes", "0");
  const auto groups = CgroupFileSystem::detect(root_);
  ASSERT_TRUE(groups);
  EXPECT_EQ(groups->version(), 1);
  ASSERT_TRUE(groups->create("shop/shop-1"));
  put_group_1("shop/shop-1");
  EXPECT_FALSE(groups->limits("shop/shop-1")->cpu_cores);
  EXPECT_FALSE(groups->limits("shop/shop-1")->memory_mib);
  ASSERT_TRUE(groups->set_limits("shop/shop-1", {.cpu_cores = 0.35, .memory_mib = 512}));
  EXPECT_EQ(get("cpu/shop/shop-1/cpu.cfs_quota_us"), "35000");
  EXPECT_EQ(get("memory/shop/shop-1/memory.limit_in_bytes"), "536870912");
  EXPECT_EQ(groups->limits("shop/shop-1")->cpu_cores, 0.35);
  EXPECT_EQ(groups->limits("shop/shop-1")->memory_mib, 512);
  ASSERT_TRUE(groups->set_limits("shop/shop-1", {}));
  EXPECT_EQ(get("memory/shop/shop-1/memory.limit_in_bytes"), "-1");
  expect_use(*groups->use("shop/shop-1"));
}

TEST_F(FakeTree, Version1WithCpuAndCpuacctMountedTogether) {
  put("cpu,cpuacct/cpu.cfs_quota_us", "-1");
  put("cpu,cpuacct/cpuacct.usage", "0");
  put("memory/memory.limit_in_bytes", "0");
  const auto groups = CgroupFileSystem::detect(root_);
  ASSERT_TRUE(groups);
  EXPECT_EQ(groups->version(), 1);
  EXPECT_EQ(groups->procs_files("g"),
            (root_ / "cpu,cpuacct/g/cgroup.procs").string() + ":" + (root_ / "memory/g/cgroup.procs").string());
}

TEST_F(FakeTree, HybridTakesTheVersionThatHasTheControllers) {
  put("unified/cgroup.controllers", "cpu memory");
  put("memory/cgroup.procs", "");
  EXPECT_EQ(CgroupFileSystem::detect(root_)->version(), 2);
  put("unified/cgroup.controllers", "");
  EXPECT_EQ(CgroupFileSystem::detect(root_).error().code, Code::kUnsupported);
  put("cpu/cpu.cfs_quota_us", "-1");
  put("cpuacct/cpuacct.usage", "0");
  put("memory/memory.limit_in_bytes", "0");
  EXPECT_EQ(CgroupFileSystem::detect(root_)->version(), 1);
}

TEST_F(FakeTree, RefusesNamesThatLeaveTheTree) {
  put("cgroup.controllers", "cpu memory");
  const auto groups = CgroupFileSystem::detect(root_);
  for (const char* name : {"", "/shop", "shop/", "../shop", "a//b", "a b", "shop/.."}) {
    EXPECT_EQ(groups->create(name).error().code, Code::kInvalidInput) << name;
    EXPECT_EQ(groups->remove(name).error().code, Code::kInvalidInput) << name;
  }
  EXPECT_EQ(groups->set_limits("shop", {.cpu_cores = -1, .memory_mib = {}}).error().code, Code::kInvalidInput);
  EXPECT_EQ(groups->use("absent").error().code, Code::kNotFound);
}

// The machine's own control groups.
class RealGroups : public ::testing::Test {
 protected:
  void SetUp() override {
    auto found = CgroupFileSystem::detect();
    if (!found) GTEST_SKIP() << found.error().to_string();
    groups_ = *found;
    parent_ = "trimtab-test-" + std::to_string(::getpid());
    group_ = parent_ + "/one";
    const auto made = groups_->create(group_);
    if (!made) GTEST_SKIP() << made.error().to_string();
  }
  void TearDown() override {
    if (!groups_ || group_.empty()) return;
    for (int attempt = 0; attempt < 100'000 && !groups_->remove(group_); ++attempt)
      std::this_thread::yield();
    const auto removed = groups_->remove(parent_);
    if (!IsSkipped()) {
      EXPECT_TRUE(removed) << removed.error().to_string();
    }
  }
  [[nodiscard]] Result<ProcessId> start(const std::string& script) const {
    CommandLine command;
    command.arguments = {"sh", "-c", script};
    return start_detached(command, {.log_file = {}, .cgroup_procs = groups_->procs_files(group_)});
  }

  std::optional<CgroupFileSystem> groups_;
  std::string parent_;
  std::string group_;
};

TEST_F(RealGroups, LimitsAreReadBack) {
  ASSERT_TRUE(groups_->create(group_));  // idempotent
  ASSERT_TRUE(groups_->set_limits(group_, {.cpu_cores = 0.25, .memory_mib = 64}));
  EXPECT_EQ(groups_->limits(group_)->cpu_cores, 0.25);
  EXPECT_EQ(groups_->limits(group_)->memory_mib, 64);
  ASSERT_TRUE(groups_->set_limits(group_, {}));
  EXPECT_FALSE(groups_->limits(group_)->cpu_cores);
  EXPECT_FALSE(groups_->limits(group_)->memory_mib);
  EXPECT_EQ(*groups_->children(parent_), std::vector<std::string>{"one"});
}

TEST_F(RealGroups, ABusyProcessIsThrottledAndCounted) {
  ASSERT_TRUE(groups_->set_limits(group_, {.cpu_cores = 0.1, .memory_mib = 64}));
  const auto id = start("while :; do :; done");
  ASSERT_TRUE(id) << id.error().to_string();
  EXPECT_EQ(*groups_->processes(group_), std::vector<int>{id->pid});
  EXPECT_EQ(groups_->remove(group_).error().code, Code::kConflict);
  CgroupUse use;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (use.throttled_periods < 3 && std::chrono::steady_clock::now() < until) {
    use = groups_->use(group_).value_or(CgroupUse{});
    std::this_thread::yield();
  }
  ASSERT_TRUE(terminate(*id, std::chrono::seconds(5)));
  EXPECT_GE(use.throttled_periods, 3);
  EXPECT_GT(use.periods, 0);
  EXPECT_GT(use.throttled_seconds, 0);
  EXPECT_GT(use.cpu_seconds, 0);
  EXPECT_GT(use.memory_bytes, 0);
}

TEST_F(RealGroups, AnOutOfMemoryKillIsCounted) {
  ASSERT_TRUE(groups_->set_limits(group_, {.cpu_cores = {}, .memory_mib = 16}));
  const auto id = start("exec dd if=/dev/zero of=/dev/null bs=200M count=1");
  ASSERT_TRUE(id) << id.error().to_string();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (is_alive(*id) && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  ASSERT_FALSE(is_alive(*id));
  EXPECT_EQ(groups_->use(group_)->oom_kills, 1);
}

}  // namespace
}  // namespace trimtab::proc
