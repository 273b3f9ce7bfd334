#include "cli/cgroup_metrics.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace trimtab::cli {
namespace {

namespace fs = std::filesystem;

TEST(CgroupMetrics, ShowsEveryChildUnderCadvisorsNames) {
  const fs::path root = fs::temp_directory_path() / ("trimtab-exporter-" + std::to_string(::getpid()));
  const auto put = [&](const std::string& file, const std::string& text) {
    fs::create_directories((root / file).parent_path());
    std::ofstream(root / file) << text;
  };
  put("cgroup.controllers", "cpu memory\n");
  for (const std::string child : {"shop/shop-1", "shop/shop-2"}) {
    put(child + "/cpu.max", child == "shop/shop-1" ? "35000 100000\n" : "max 100000\n");
    put(child + "/cpu.stat", "usage_usec 2500000\nnr_periods 40\nnr_throttled 10\nthrottled_usec 750000\n");
    put(child + "/memory.max", child == "shop/shop-1" ? "536870912\n" : "max\n");
    put(child + "/memory.current", "1000000\n");
    put(child + "/memory.stat", "anon 600000\ninactive_file 250000\n");
    put(child + "/memory.events", "oom 2\noom_kill 1\n");
  }
  put("shop/half-made/cpu.max", "max 100000\n");  // being made or removed right now
  const auto groups = proc::CgroupFileSystem::detect(root);
  ASSERT_TRUE(groups);
  const std::string text = cgroup_metrics(*groups, "shop", "java");
  const std::string first = "{container=\"java\",namespace=\"local\",pod=\"shop-1\"} ";
  const std::string second = "{container=\"java\",namespace=\"local\",pod=\"shop-2\"} ";
  for (const std::string& line : {
           "container_cpu_usage_seconds_total" + first + "2.5\n",
           "container_cpu_cfs_periods_total" + first + "40\n",
           "container_cpu_cfs_throttled_periods_total" + first + "10\n",
           "container_cpu_cfs_throttled_seconds_total" + first + "0.75\n",
           "container_memory_working_set_bytes" + first + "750000\n",
           "container_memory_rss" + first + "600000\n",
           "container_oom_events_total" + first + "1\n",
           "container_spec_cpu_quota" + first + "35000\n",
           "container_spec_memory_limit_bytes" + first + "536870912\n",
           "container_spec_cpu_quota" + second + "-1\n",
           "container_spec_memory_limit_bytes" + second + "0\n",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_EQ(text.find("half-made"), std::string::npos);
  EXPECT_EQ(cgroup_metrics(*groups, "absent", "java").find("pod="), std::string::npos);
  fs::remove_all(root);
}

}  // namespace
}  // namespace trimtab::cli
