#include "proc/cgroup.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/file_descriptor.h"
#include "proc/program.h"

namespace trimtab::proc {
namespace {

namespace fs = std::filesystem;

constexpr double kPeriodUs = 100'000;    // the kernel's default, which Kubernetes uses too
constexpr double kLeastQuotaUs = 1'000;  // sched-bwc.rst: the smallest quota the kernel takes
constexpr double kMib = 1024.0 * 1024.0;
// Version 1 writes "no limit" as the greatest multiple of the page size in a signed 64-bit number.
constexpr double kNoLimitBytes = 4.6e18;

Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(not_found(path + " cannot be read"));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Result<double> to_number(std::string_view text, const std::string& path) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return fail(internal_error(path + " holds no number: " + std::string(text.substr(0, 40))));
  }
  return number;
}

Result<double> read_number(const std::string& path) {
  TRY_ASSIGN(const std::string text, read_text(path));
  return to_number(text, path);
}

// "key value" lines; absent keys are 0.
Result<std::map<std::string, double>> read_flat(const std::string& path) {
  TRY_ASSIGN(const std::string text, read_text(path));
  std::map<std::string, double> values;
  std::istringstream lines(text);
  std::string key;
  double value = 0;
  while (lines >> key >> value)
    values[key] = value;
  return values;
}

// Kernel files take one write; the file is never made, so that a wrong path is an error.
Result<void> write_text(const std::string& path, const std::string& text) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (!file.open()) {
    Error error = errno == ENOENT ? not_found(path + " does not exist") : denied(with_errno(path, errno));
    return fail(error);
  }
  if (::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) return {};
  const int number = errno;
  const std::string what = with_errno(path + " refuses " + text, number);
  if (number == EBUSY) return fail(conflict(what, "the memory in use does not fit, or the group has processes"));
  if (number == EINVAL || number == ERANGE) return fail(invalid_input(what));
  if (number == EACCES || number == EPERM) return fail(denied(what));
  return fail(unavailable(what));
}

std::string whole(double number) {
  return std::to_string(static_cast<long long>(std::llround(number)));
}

Result<void> check_name(const std::string& group) {
  const bool characters = std::all_of(group.begin(), group.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '/';
  });
  if (group.empty() || !characters || group.front() == '/' || group.back() == '/' ||
      group.find("//") != std::string::npos) {
    return fail(
        invalid_input("a control group is a relative path of letters, digits, '-' and '_', not \"" + group + "\""));
  }
  return {};
}

bool has_word(const std::string& text, const std::string& word) {
  std::istringstream words(text);
  return std::find(std::istream_iterator<std::string>(words), {}, word) != std::istream_iterator<std::string>();
}

bool offers_version_2(const std::string& root) {
  const auto controllers = read_text(root + "/cgroup.controllers");
  return controllers && has_word(*controllers, "cpu") && has_word(*controllers, "memory");
}

// The mount of a version 1 controller: "cpu" or, mounted together, "cpu,cpuacct". Empty: none.
std::string find_controller(const std::string& root, const std::string& controller, const std::string& file) {
  for (const std::string& name : {controller, std::string("cpu,cpuacct"), std::string("cpuacct,cpu")}) {
    const std::string path = root + "/" + name;
    std::error_code error;
    if (fs::exists(path + "/" + file, error)) return path;
  }
  return {};
}

std::string join(const std::string& mount, const std::string& group) {
  return mount + "/" + group;
}

}  // namespace

Result<CgroupFileSystem> CgroupFileSystem::detect(std::string root) {
  CgroupFileSystem found;
  if (offers_version_2(root)) {
    found.cpu_ = found.cpuacct_ = found.memory_ = root;
    return found;
  }
  found.version_ = 1;
  found.cpu_ = find_controller(root, "cpu", "cpu.cfs_quota_us");
  found.cpuacct_ = find_controller(root, "cpuacct", "cpuacct.usage");
  found.memory_ = find_controller(root, "memory", "memory.limit_in_bytes");
  // The root group of version 1 has no quota file on some kernels; the controller's mount has cpu.stat or cpu.shares.
  if (found.cpu_.empty()) found.cpu_ = find_controller(root, "cpu", "cpu.shares");
  if (!found.cpu_.empty() && !found.cpuacct_.empty() && !found.memory_.empty()) return found;
  // Hybrid: version 1 mounts beside a version 2 tree that has the controllers.
  const std::string unified = root + "/unified";
  if (offers_version_2(unified)) {
    found.version_ = 2;
    found.cpu_ = found.cpuacct_ = found.memory_ = unified;
    return found;
  }
  return fail(unsupported("control groups with cpu and memory control are not mounted under " + root,
                          "run as root on a machine with /sys/fs/cgroup, or in a container with --cgroupns=host"));
}

Result<void> CgroupFileSystem::create(const std::string& group) const {
  TRY(check_name(group));
  for (const std::string& mount : {cpu_, cpuacct_, memory_}) {
    std::size_t slash = 0;
    std::string parent = mount;
    while (slash != std::string::npos) {
      slash = group.find('/', slash + 1);
      const std::string path = join(mount, group.substr(0, slash));
      // A version 2 group only has the files of controllers that its parent passes on.
      if (version_ == 2) TRY(write_text(parent + "/cgroup.subtree_control", "+cpu +memory"));
      if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
        const int number = errno;
        const std::string what = with_errno("the control group " + path + " could not be made", number);
        return fail(number == EACCES || number == EPERM || number == EROFS ? denied(what, "run as root")
                                                                           : unavailable(what));
      }
      parent = path;
    }
    if (version_ == 2) break;
  }
  return {};
}

Result<void> CgroupFileSystem::remove(const std::string& group) const {
  TRY(check_name(group));
  for (const std::string& mount : {cpu_, cpuacct_, memory_}) {
    if (::rmdir(join(mount, group).c_str()) == 0 || errno == ENOENT) continue;
    const int number = errno;
    const std::string what = with_errno("the control group " + join(mount, group) + " could not be removed", number);
    return fail(number == EBUSY || number == ENOTEMPTY ? conflict(what) : unavailable(what));
  }
  return {};
}

Result<void> CgroupFileSystem::set_limits(const std::string& group, const CgroupLimits& limits) const {
  TRY(check_name(group));
  const double cores = limits.cpu_cores.value_or(1);
  const double mib = limits.memory_mib.value_or(1);
  if (!(cores > 0 && cores < 1e6) || !(mib >= 1 && mib < 1e9)) {
    return fail(invalid_input("limits of " + group + " are not sensible"));
  }
  const double quota = std::max(kLeastQuotaUs, cores * kPeriodUs);
  const std::string memory = join(memory_, group);
  const std::string cpu = join(cpu_, group);
  if (version_ == 2) {
    TRY(write_text(cpu + "/cpu.max", (limits.cpu_cores ? whole(quota) : "max") + " " + whole(kPeriodUs)));
    TRY(write_text(memory + "/memory.max", limits.memory_mib ? whole(mib * kMib) : "max"));
    // As in Kubernetes, memory beyond the limit is not swapped out: it would turn a limit into slowness.
    std::error_code error;
    if (fs::exists(memory + "/memory.swap.max", error)) {
      TRY(write_text(memory + "/memory.swap.max", limits.memory_mib ? "0" : "max"));
    }
    return {};
  }
  TRY(write_text(cpu + "/cpu.cfs_period_us", whole(kPeriodUs)));
  TRY(write_text(cpu + "/cpu.cfs_quota_us", limits.cpu_cores ? whole(quota) : "-1"));
  TRY(write_text(memory + "/memory.limit_in_bytes", limits.memory_mib ? whole(mib * kMib) : "-1"));
  std::error_code error;
  if (fs::exists(memory + "/memory.swappiness", error)) TRY(write_text(memory + "/memory.swappiness", "0"));
  return {};
}

Result<CgroupLimits> CgroupFileSystem::limits(const std::string& group) const {
  TRY(check_name(group));
  CgroupLimits limits;
  if (version_ == 2) {
    const std::string path = join(cpu_, group) + "/cpu.max";
    TRY_ASSIGN(const std::string text, read_text(path));
    std::istringstream words(text);
    std::string quota;
    double period = kPeriodUs;
    words >> quota >> period;
    if (quota != "max") {
      TRY_ASSIGN(const double us, to_number(quota, path));
      limits.cpu_cores = us / period;
    }
    TRY_ASSIGN(const std::string memory, read_text(join(memory_, group) + "/memory.max"));
    if (!memory.starts_with("max")) {
      TRY_ASSIGN(const double bytes, to_number(memory, join(memory_, group) + "/memory.max"));
      limits.memory_mib = bytes / kMib;
    }
    return limits;
  }
  TRY_ASSIGN(const double quota, read_number(join(cpu_, group) + "/cpu.cfs_quota_us"));
  TRY_ASSIGN(const double period, read_number(join(cpu_, group) + "/cpu.cfs_period_us"));
  TRY_ASSIGN(const double bytes, read_number(join(memory_, group) + "/memory.limit_in_bytes"));
  if (quota >= 0) limits.cpu_cores = quota / period;
  if (bytes < kNoLimitBytes) limits.memory_mib = bytes / kMib;
  return limits;
}

Result<CgroupUse> CgroupFileSystem::use(const std::string& group) const {
  TRY(check_name(group));
  const bool second = version_ == 2;
  const std::string memory = join(memory_, group);
  TRY_ASSIGN(auto cpu, read_flat(join(cpu_, group) + "/cpu.stat"));
  TRY_ASSIGN(auto stat, read_flat(memory + "/memory.stat"));
  TRY_ASSIGN(auto events, read_flat(memory + (second ? "/memory.events" : "/memory.oom_control")));
  CgroupUse use;
  use.periods = cpu["nr_periods"];
  use.throttled_periods = cpu["nr_throttled"];
  use.oom_kills = events["oom_kill"];
  double inactive_file = 0;
  if (second) {
    use.cpu_seconds = cpu["usage_usec"] / 1e6;
    use.throttled_seconds = cpu["throttled_usec"] / 1e6;
    TRY_ASSIGN(use.memory_bytes, read_number(memory + "/memory.current"));
    use.rss_bytes = stat["anon"];
    inactive_file = stat["inactive_file"];
  } else {
    TRY_ASSIGN(const double nanoseconds, read_number(join(cpuacct_, group) + "/cpuacct.usage"));
    use.cpu_seconds = nanoseconds / 1e9;
    use.throttled_seconds = cpu["throttled_time"] / 1e9;
    TRY_ASSIGN(use.memory_bytes, read_number(memory + "/memory.usage_in_bytes"));
    use.rss_bytes = stat["total_rss"];
    inactive_file = stat["total_inactive_file"];
  }
  use.working_set_bytes = std::max(0.0, use.memory_bytes - inactive_file);
  return use;
}

Result<std::vector<int>> CgroupFileSystem::processes(const std::string& group) const {
  TRY(check_name(group));
  TRY_ASSIGN(const std::string text, read_text(join(memory_, group) + "/cgroup.procs"));
  std::istringstream numbers(text);
  return std::vector<int>(std::istream_iterator<int>(numbers), {});
}

Result<std::vector<std::string>> CgroupFileSystem::children(const std::string& group) const {
  TRY(check_name(group));
  std::error_code error;
  fs::directory_iterator entries(join(memory_, group), error);
  if (error) return fail(not_found("there is no control group " + group));
  std::vector<std::string> names;
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code ignored;
    if (entries->is_directory(ignored)) names.push_back(entries->path().filename().string());
    if (error) break;
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string CgroupFileSystem::procs_files(const std::string& group) const {
  std::vector<std::string> mounts{cpu_, cpuacct_, memory_};
  mounts.erase(std::unique(mounts.begin(), mounts.end()), mounts.end());
  std::string files;
  for (const std::string& mount : mounts)
    files += (files.empty() ? "" : ":") + join(mount, group) + "/cgroup.procs";
  return files;
}

}  // namespace trimtab::proc
