#include "cli/cgroup_metrics.h"

#include <array>
#include <vector>

#include <fmt/format.h>

namespace trimtab::cli {
namespace {

constexpr double kPeriodUs = 100'000;

struct Sample {
  std::string labels;
  proc::CgroupUse use;
  proc::CgroupLimits limits;
};

struct Family {
  const char* name;
  const char* type;
  const char* help;
  double (*value)(const Sample&);
};

constexpr double kMib = 1024.0 * 1024.0;

// -1 and 0 mean "no limit", as in cAdvisor.
constexpr std::array<Family, 11> kFamilies{{
    {"container_cpu_usage_seconds_total", "counter", "CPU time used.",
     [](const Sample& s) { return s.use.cpu_seconds; }},
    {"container_cpu_cfs_periods_total", "counter", "Scheduler periods.", [](const Sample& s) { return s.use.periods; }},
    {"container_cpu_cfs_throttled_periods_total", "counter", "Scheduler periods with throttling.",
     [](const Sample& s) { return s.use.throttled_periods; }},
    {"container_cpu_cfs_throttled_seconds_total", "counter", "Time throttled.",
     [](const Sample& s) { return s.use.throttled_seconds; }},
    {"container_memory_usage_bytes", "gauge", "Memory in use, with the page cache.",
     [](const Sample& s) { return s.use.memory_bytes; }},
    {"container_memory_working_set_bytes", "gauge", "Memory in use without inactive file pages.",
     [](const Sample& s) { return s.use.working_set_bytes; }},
    {"container_memory_rss", "gauge", "Anonymous memory.", [](const Sample& s) { return s.use.rss_bytes; }},
    {"container_oom_events_total", "counter", "Processes killed for lack of memory.",
     [](const Sample& s) { return s.use.oom_kills; }},
    {"container_spec_cpu_quota", "gauge", "CPU quota in microseconds a period, -1 for none.",
     [](const Sample& s) { return s.limits.cpu_cores ? *s.limits.cpu_cores * kPeriodUs : -1; }},
    {"container_spec_cpu_period", "gauge", "Scheduler period in microseconds.",
     [](const Sample&) { return kPeriodUs; }},
    {"container_spec_memory_limit_bytes", "gauge", "Memory limit, 0 for none.",
     [](const Sample& s) { return s.limits.memory_mib ? *s.limits.memory_mib * kMib : 0; }},
}};

}  // namespace

std::string cgroup_metrics(const proc::CgroupFileSystem& groups, const std::string& parent,
                           const std::string& container) {
  std::vector<Sample> samples;
  if (const auto children = groups.children(parent)) {
    for (const std::string& child : *children) {
      const std::string group = parent + "/" + child;
      const auto use = groups.use(group);
      const auto limits = groups.limits(group);
      if (!use || !limits) continue;
      samples.push_back({fmt::format(R"(container="{}",namespace="local",pod="{}")", container, child), *use, *limits});
    }
  }
  std::string text;
  for (const Family& family : kFamilies) {
    text += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", family.name, family.type, family.help);
    for (const Sample& sample : samples) {
      text += fmt::format("{}{{{}}} {}\n", family.name, sample.labels, family.value(sample));
    }
  }
  return text;
}

}  // namespace trimtab::cli
