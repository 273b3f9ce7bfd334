#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "packs/finding_rules.h"
#include "packs/runtime/dotnet_gc.h"
#include "packs/runtime/memory_need.h"

namespace trimtab::packs {
namespace {

constexpr const char* kGoLimit = "https://go.dev/doc/gc-guide#Memory_limit";
constexpr const char* kGoProcs = "https://go.dev/doc/go1.25#container-aware-gomaxprocs";
constexpr const char* kNodeCli = "https://nodejs.org/api/cli.html#--max-old-space-sizesize-in-mib";
constexpr const char* kNetGc = "https://learn.microsoft.com/en-us/dotnet/core/runtime-config/garbage-collector";
constexpr const char* kGunicorn = "https://docs.gunicorn.org/en/stable/design.html#how-many-workers";

GoErgonomics go_of(const Examined& e) {
  return go_ergonomics(e.version, e.surroundings, e.facts.environment);
}

const std::string* variable(const Examined& e, const char* name) {
  const auto at = e.facts.environment.find(name);
  return at == e.facts.environment.end() ? nullptr : &at->second;
}

std::optional<Said> go_procs(const Examined& e) {
  if (e.runtime != RuntimeKind::kGo || !e.facts.cpu_limit) return std::nullopt;
  const GoErgonomics go = go_of(e);
  if (!go.max_procs_given && (!e.knows_node() || !e.version.is_known())) return std::nullopt;
  const double allowed = std::max(2.0, std::ceil(*e.facts.cpu_limit));
  if (go.max_procs <= allowed) return std::nullopt;
  return Said{fmt::format("GOMAXPROCS {} {}, CPU limit {:.2f}", go.max_procs,
                          go.max_procs_given ? "is set" : "from the node's CPUs", *e.facts.cpu_limit),
              fmt::format("GOMAXPROCS={:.0f}, or Go 1.25", std::ceil(*e.facts.cpu_limit))};
}

std::optional<Said> go_no_limit(const Examined& e) {
  if (e.runtime != RuntimeKind::kGo || !e.facts.memory_limit_mib || variable(e, "GOMEMLIMIT") != nullptr) {
    return std::nullopt;
  }
  return Said{
      fmt::format("memory limit {:.0f} MiB, no GOMEMLIMIT", *e.facts.memory_limit_mib),
      fmt::format("GOMEMLIMIT={:.0f}MiB, nine tenths of the limit", std::floor(*e.facts.memory_limit_mib * 0.9))};
}

std::optional<Said> go_limit_too_high(const Examined& e) {
  constexpr double kHigh = 0.95;
  if (e.runtime != RuntimeKind::kGo || !e.facts.memory_limit_mib) return std::nullopt;
  const auto limit = go_of(e).mem_limit_mib;
  if (!limit || *limit < *e.facts.memory_limit_mib * kHigh) return std::nullopt;
  return Said{fmt::format("GOMEMLIMIT {:.0f} MiB, memory limit {:.0f} MiB", *limit, *e.facts.memory_limit_mib),
              fmt::format("GOMEMLIMIT={:.0f}MiB", std::floor(*e.facts.memory_limit_mib * 0.9))};
}

std::optional<Said> go_no_collector(const Examined& e) {
  if (e.runtime != RuntimeKind::kGo) return std::nullopt;
  const GoErgonomics go = go_of(e);
  if (go.gc_percent || go.mem_limit_mib) return std::nullopt;
  return Said{"GOGC=off and no GOMEMLIMIT", "set GOMEMLIMIT, or let GOGC be"};
}

std::optional<Said> go_death_spiral(const Examined& e) {
  constexpr double kFull = 0.7;
  if (e.runtime != RuntimeKind::kGo || !e.facts.usage.live_heap_mib) return std::nullopt;
  const GoErgonomics go = go_of(e);
  if (!go.mem_limit_mib || *e.facts.usage.live_heap_mib < *go.mem_limit_mib * kFull) return std::nullopt;
  return Said{fmt::format("{:.0f} MiB live, GOMEMLIMIT {:.0f} MiB", *e.facts.usage.live_heap_mib, *go.mem_limit_mib),
              "raise GOMEMLIMIT and the memory limit"};
}

std::optional<Said> go_bad_limit(const Examined& e) {
  const std::string* text = variable(e, "GOMEMLIMIT");
  if (e.runtime != RuntimeKind::kGo || text == nullptr || *text == "off" || text->empty()) return std::nullopt;
  if (text->find("$(") != std::string::npos || parse_go_mem_limit_mib(*text)) return std::nullopt;
  return Said{fmt::format("GOMEMLIMIT=\"{}\"", *text),
              "write 512MiB, 1GiB or bytes; Kubernetes' 512Mi is not understood"};
}

NodeErgonomics node_of(const Examined& e) {
  return node_ergonomics(e.version, e.surroundings, read_node_flags(e.detected.flag_words()));
}

std::optional<Said> node_too_large(const Examined& e) {
  if (e.runtime != RuntimeKind::kNodejs || !e.facts.memory_limit_mib) return std::nullopt;
  const NodeErgonomics node = node_of(e);
  constexpr double kBesideMib = 60;  // code, buffers and Node itself of a small service
  if (node.heap_limit_mib + kBesideMib <= *e.facts.memory_limit_mib) return std::nullopt;
  return Said{
      fmt::format("heap limit {:.0f} MiB, memory limit {:.0f} MiB", node.heap_limit_mib, *e.facts.memory_limit_mib),
      fmt::format("--max-old-space-size={:.0f}",
                  std::max(32.0, std::floor(*e.facts.memory_limit_mib * 0.75 - 3 * node.semi_space_mib)))};
}

std::optional<Said> node_capped(const Examined& e) {
  if (e.runtime != RuntimeKind::kNodejs || !e.facts.memory_limit_mib) return std::nullopt;
  const NodeFlags flags = read_node_flags(e.detected.flag_words());
  if (flags.max_old_space_mib || flags.max_old_space_percentage || flags.max_heap_mib) return std::nullopt;
  const NodeErgonomics node = node_of(e);
  if (*e.facts.memory_limit_mib <= 4608 || node.heap_limit_mib > *e.facts.memory_limit_mib * 0.45) return std::nullopt;
  return Said{fmt::format("heap limit {:.0f} MiB by default, memory limit {:.0f} MiB", node.heap_limit_mib,
                          *e.facts.memory_limit_mib),
              "--max-old-space-size with 75 % of the limit, or a lower memory limit"};
}

std::optional<Said> node_one_thread(const Examined& e) {
  constexpr double kMoreThanOne = 1.5;
  if (e.runtime != RuntimeKind::kNodejs || !e.facts.cpu_request || *e.facts.cpu_request < kMoreThanOne)
    return std::nullopt;
  if (e.facts.usage.cpu_max && *e.facts.usage.cpu_max > kMoreThanOne) return std::nullopt;  // it has workers
  for (const auto& word : e.detected.program) {
    if (word.find("pm2") != std::string::npos || word.find("cluster") != std::string::npos) return std::nullopt;
  }
  return Said{fmt::format("CPU request {:.2f} cores", *e.facts.cpu_request),
              "one core a replica and more replicas, or worker threads"};
}

std::optional<Said> node_blind(const Examined& e) {
  if (e.runtime != RuntimeKind::kNodejs || !e.version.is_known() || !e.facts.memory_limit_mib) return std::nullopt;
  if (node_of(e).sees_limits) return std::nullopt;
  return Said{fmt::format("Node {} under control groups version 2", e.version.to_string()),
              "Node 20.3 or later, or --max-old-space-size"};
}

std::optional<Said> net_server_alone(const Examined& e) {
  if (e.runtime != RuntimeKind::kDotnet || !e.facts.cpu_limit || *e.facts.cpu_limit > 1) return std::nullopt;
  const std::string* asked = variable(e, "DOTNET_gcServer");
  if (asked == nullptr || *asked != "1") return std::nullopt;
  return Said{fmt::format("DOTNET_gcServer=1, CPU limit {:.2f}", *e.facts.cpu_limit),
              "more than one core, or Workstation on purpose"};
}

std::optional<Said> net_many_heaps(const Examined& e) {
  if (e.runtime != RuntimeKind::kDotnet || !e.facts.memory_limit_mib || !e.version.is_known()) return std::nullopt;
  const DotnetErgonomics net = dotnet_ergonomics(e.version, e.surroundings, true, e.facts.environment);
  constexpr double kLeastPerHeapMib = 256;
  if (!net.server || net.adapts || (!e.facts.cpu_limit && !e.knows_node())) return std::nullopt;
  if (*e.facts.memory_limit_mib / net.heaps >= kLeastPerHeapMib) return std::nullopt;
  return Said{fmt::format("Server GC with {} heaps in {:.0f} MiB, without adaptation (.NET {})", net.heaps,
                          *e.facts.memory_limit_mib, e.version.major),
              "DOTNET_GCHeapCount, DOTNET_GCConserveMemory, or .NET 9"};
}

std::optional<Said> net_hex(const Examined& e) {
  if (e.runtime != RuntimeKind::kDotnet) return std::nullopt;
  for (const char* name :
       {"DOTNET_GCHeapHardLimitPercent", "COMPlus_GCHeapHardLimitPercent", "DOTNET_GCHighMemPercent"}) {
    const std::string* text = variable(e, name);
    if (text == nullptr || text->starts_with("0x") || text->starts_with("0X")) continue;
    int hex = 0;
    const auto [end, status] = std::from_chars(text->data(), text->data() + text->size(), hex, 16);
    if (status != std::errc{} || end != text->data() + text->size()) continue;
    // "75" is read as 117, "60" as 96.
    if (hex <= 100 && text->find_first_not_of("0123456789") != std::string::npos) continue;
    if (text->size() < 2) continue;
    return Said{fmt::format("{}={}, which is read as {} %", name, *text, hex),
                fmt::format("values are hexadecimal: write {:X} for {} %", std::atoi(text->c_str()), *text)};
  }
  return std::nullopt;
}

std::optional<Said> net_limit_high(const Examined& e) {
  constexpr double kHigh = 0.9;
  if (e.runtime != RuntimeKind::kDotnet || !e.facts.memory_limit_mib) return std::nullopt;
  const DotnetErgonomics net = dotnet_ergonomics(e.version, e.surroundings, true, e.facts.environment);
  if (!net.hard_limit_mib || *net.hard_limit_mib < *e.facts.memory_limit_mib * kHigh) return std::nullopt;
  return Said{fmt::format("heap hard limit {:.0f} MiB, memory limit {:.0f} MiB", *net.hard_limit_mib,
                          *e.facts.memory_limit_mib),
              "75 % of the limit, the default, or a little more"};
}

std::optional<double> workers_of(const Examined& e) {
  const auto number = [](std::string_view text) -> std::optional<double> {
    int value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
  };
  const auto& words = e.detected.program;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if ((words[i] == "-w" || words[i] == "--workers") && i + 1 < words.size()) return number(words[i + 1]);
    if (words[i].starts_with("--workers=")) return number(std::string_view(words[i]).substr(10));
  }
  const std::string* concurrency = variable(e, "WEB_CONCURRENCY");
  return concurrency == nullptr ? std::nullopt : number(*concurrency);
}

std::optional<Said> too_many_workers(const Examined& e) {
  if (e.runtime != RuntimeKind::kPython || !e.facts.cpu_limit) return std::nullopt;
  const auto workers = workers_of(e);
  const double most = std::ceil(*e.facts.cpu_limit) * 4 + 1;
  if (!workers || *workers <= most) return std::nullopt;
  return Said{fmt::format("{:.0f} workers, CPU limit {:.2f}", *workers, *e.facts.cpu_limit),
              fmt::format("WEB_CONCURRENCY={:.0f}", std::ceil(*e.facts.cpu_limit) * 2 + 1)};
}

std::optional<Said> one_worker(const Examined& e) {
  constexpr double kMoreThanOne = 1.5;
  if (e.runtime != RuntimeKind::kPython || e.facts.cpu_request.value_or(0) < kMoreThanOne) return std::nullopt;
  const bool server = !e.detected.program.empty() && (e.detected.program[0].find("gunicorn") != std::string::npos ||
                                                      e.detected.program[0].find("uvicorn") != std::string::npos);
  if (!server || workers_of(e).value_or(1) > 1) return std::nullopt;
  return Said{fmt::format("one worker, CPU request {:.2f} cores", *e.facts.cpu_request),
              fmt::format("WEB_CONCURRENCY={:.0f}", std::ceil(*e.facts.cpu_request) * 2 + 1)};
}

}  // namespace

std::vector<CheckedRule> go_rules() {
  using enum Severity;
  return {
      {{"TT-GO-001", kWarning, "GOMAXPROCS above the CPU limit",
        "the quota is used up early in the period; requests wait for the rest of it", kGoProcs},
       go_procs},
      {{"TT-GO-002", kWarning, "No GOMEMLIMIT", "the heap may double between two collections and be killed on the way",
        kGoLimit},
       go_no_limit},
      {{"TT-GO-003", kDanger, "GOMEMLIMIT too close to the memory limit",
        "what is not Go's heap has no room: the kernel kills the container", kGoLimit},
       go_limit_too_high},
      {{"TT-GO-004", kDanger, "No collector at all", "memory grows until the kernel kills the container",
        "https://go.dev/doc/gc-guide#GOGC"},
       go_no_collector},
      {{"TT-GO-005", kWarning, "GOMEMLIMIT leaves the collector no room",
        "it takes up to half of the CPU and the program crawls", kGoLimit},
       go_death_spiral},
      {{"TT-GO-006", kDanger, "GOMEMLIMIT that Go does not understand", "the program ends at its start",
        "https://pkg.go.dev/runtime#hdr-Environment_Variables"},
       go_bad_limit},
  };
}

std::vector<CheckedRule> node_rules() {
  using enum Severity;
  return {
      {{"TT-NODE-001", kDanger, "The heap limit does not fit into the memory limit",
        "the kernel kills the container before V8 would collect harder", kNodeCli},
       node_too_large},
      {{"TT-NODE-002", kWarning, "Node stops at 2 GiB of heap", "memory is paid for that JavaScript cannot use",
        kNodeCli},
       node_capped},
      {{"TT-NODE-003", kInfo, "More CPU than one thread can use", "JavaScript runs on one thread",
        "https://nodejs.org/en/learn/asynchronous-work/dont-block-the-event-loop"},
       node_one_thread},
      {{"TT-NODE-004", kDanger, "Node does not see its memory limit", "the heap limit is taken from the node's memory",
        "https://github.com/libuv/libuv/pull/3744"},
       node_blind},
  };
}

std::vector<CheckedRule> dotnet_rules() {
  using enum Severity;
  return {
      {{"TT-NET-001", kInfo, "Server GC on one CPU", "it is silently Workstation GC", kNetGc}, net_server_alone},
      {{"TT-NET-002", kWarning, "A heap a CPU in little memory",
        "each heap keeps memory of its own: out of memory early", kNetGc},
       net_many_heaps},
      {{"TT-NET-003", kDanger, "A hexadecimal setting written as decimal", "the limit is another one than was meant",
        kNetGc},
       net_hex},
      {{"TT-NET-004", kDanger, "Heap hard limit too close to the memory limit",
        "what is not managed heap has no room: the kernel kills the container", kNetGc},
       net_limit_high},
  };
}

std::vector<CheckedRule> python_rules() {
  using enum Severity;
  return {
      {{"TT-PY-001", kWarning, "More workers than the CPU limit carries",
        "each worker holds a copy of the program, and all of them share one quota", kGunicorn},
       too_many_workers},
      {{"TT-PY-002", kInfo, "One worker for several cores", "one process runs on one core at a time", kGunicorn},
       one_worker},
  };
}

}  // namespace trimtab::packs
