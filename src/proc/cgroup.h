// Control groups, version 1 and 2: create a group with CPU and memory limits, change and read limits back, read use,
// throttling and OOM kills. https://docs.kernel.org/admin-guide/cgroup-v2.html, .../cgroup-v1/memory.html
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace trimtab::proc {

struct CgroupLimits {
  std::optional<double> cpu_cores;  // none: unlimited
  std::optional<double> memory_mib;
};

struct CgroupUse {
  double cpu_seconds = 0;
  double periods = 0;
  double throttled_periods = 0;
  double throttled_seconds = 0;
  double memory_bytes = 0;
  double working_set_bytes = 0;  // usage minus inactive file pages, as cAdvisor computes it
  double rss_bytes = 0;
  double oom_kills = 0;
};

// Where control groups live on this machine. A value. `root` is injectable for tests.
class CgroupFileSystem {
 public:
  // kUnsupported when neither version offers cpu and memory control here.
  [[nodiscard]] static Result<CgroupFileSystem> detect(std::string root = "/sys/fs/cgroup");
  [[nodiscard]] int version() const { return version_; }

  // Group names are relative paths of letters, digits, '-', '_' and '/': "trimtab-shop/shop-1". Idempotent.
  [[nodiscard]] Result<void> create(const std::string& group) const;
  [[nodiscard]] Result<void> remove(const std::string& group) const;  // empty groups only; absent is ok
  [[nodiscard]] Result<void> set_limits(const std::string& group, const CgroupLimits& limits) const;
  [[nodiscard]] Result<CgroupLimits> limits(const std::string& group) const;
  [[nodiscard]] Result<CgroupUse> use(const std::string& group) const;
  [[nodiscard]] Result<std::vector<int>> processes(const std::string& group) const;
  [[nodiscard]] Result<std::vector<std::string>> children(const std::string& group) const;  // names of sub-groups
  // The files a starting process writes its pid into, ':'-separated (DetachedOptions::cgroup_procs).
  [[nodiscard]] std::string procs_files(const std::string& group) const;

 private:
  int version_ = 2;
  std::string cpu_;  // version 1: the controllers' own mounts; version 2: all the same
  std::string cpuacct_;
  std::string memory_;
};

}  // namespace trimtab::proc
