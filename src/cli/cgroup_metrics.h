// Figures of control groups under cAdvisor's names, so that queries written for Kubernetes work for local processes.
// https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md
#pragma once

#include <string>

#include "base/result.h"
#include "proc/cgroup.h"

namespace trimtab::cli {

// One sample of every metric for each child group of `parent`, with namespace="local", pod=<child> and
// container=<container>. Text format 0.0.4. No children, or no such parent yet: only the headers. A child that goes
// away while it is read is left out.
[[nodiscard]] std::string cgroup_metrics(const proc::CgroupFileSystem& groups, const std::string& parent,
                                         const std::string& container);

}  // namespace trimtab::cli
