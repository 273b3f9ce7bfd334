// Starts real runtimes under real control groups and compares what they choose with what the models predict. Ends with
// 0 when they agree in everything, 1 when not, 77 where control groups or runtimes are not to be had.
//   runtimes_grid [--small] [--runtimes FOLDER] [--report FILE.md] [--only java|node|dotnet|go] [--memory]
// --memory: peaks of resident memory instead of ergonomics; 1 when a program was killed under a limit that was called
// safe, or when less than 90 % of the peaks lie in their interval.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "runtimes/grid.h"
#include "runtimes/memory_grid.h"
#include <fmt/format.h>
#include <unistd.h>

namespace trimtab::runtimes {
namespace {

constexpr int kSkipped = 77;
constexpr double kTolerance = 1e-6;

struct Tally {
  Installed runtime;
  int cases = 0;
  int refused = 0;  // the runtime does not start with these flags
  int figures = 0;
  int disagreements = 0;
  std::string first_refusal;
};

void compare(const Case& at, const Figures& predicted, const Figures& observed, Tally& tally) {
  for (const auto& [name, value] : observed) {
    const auto expected = predicted.find(name);
    if (expected == predicted.end() || std::isnan(value)) continue;
    ++tally.figures;
    if (std::fabs(expected->second - value) <= kTolerance * std::max(1.0, std::fabs(value))) continue;
    ++tally.disagreements;
    fmt::print("DISAGREES {} {}: {}: {} predicted {}, observed {}\n", packs::runtime_name(tally.runtime.kind),
               tally.runtime.version.to_string(), case_text(at), name, expected->second, value);
  }
}

Tally run(const Observer& observer, const Installed& runtime, GridSize size) {
  Tally tally{runtime, 0, 0, 0, 0, {}};
  const packs::Surroundings node = observer.node();
  for (const auto& at : cases_of(runtime, size)) {
    ++tally.cases;
    const auto observed = observer.observe(runtime, at);
    if (!observed) {
      if (tally.refused++ == 0) tally.first_refusal = case_text(at) + ": " + observed.error().message;
      continue;
    }
    compare(at, predict(runtime, at, node), *observed, tally);
  }
  fmt::print("{} {}: {} cases, {} figures, {} disagreements, {} refused {}\n", packs::runtime_name(runtime.kind),
             runtime.version.to_string(), tally.cases, tally.figures, tally.disagreements, tally.refused,
             tally.first_refusal);
  std::fflush(stdout);
  return tally;
}

void report(const std::string& file, const std::vector<Tally>& tallies, const packs::Surroundings& node) {
  std::ofstream out(file);
  out << "# Ergonomics: predicted against printed\n\n"
      << fmt::format("Measured by `runtimes_grid` on {:.0f} CPUs and {:.0f} MiB, control groups version {}.\n\n",
                     node.node_cpus, node.node_memory_mib, node.cgroup_version)
      << "| runtime | version | starts | refused by the runtime | figures compared | disagreements "
         "|\n|---|---|---|---|---|---|\n";
  for (const auto& tally : tallies) {
    out << fmt::format("| {} | {} | {} | {} | {} | {} |\n", packs::runtime_name(tally.runtime.kind),
                       tally.runtime.version.to_string(), tally.cases, tally.refused, tally.figures,
                       tally.disagreements);
  }
}

struct Options {
  GridSize size = GridSize::kWhole;
  std::string folder = ".cache/runtimes";
  std::string report_file;
  std::string only;
  bool memory = false;
};

bool is_wanted(const Installed& runtime, const std::string& only) {
  if (only.empty()) return true;
  if (only == "java") return runtime.kind == packs::RuntimeKind::kHotspot;
  if (only == "node") return runtime.kind == packs::RuntimeKind::kNodejs;
  if (only == "dotnet") return runtime.kind == packs::RuntimeKind::kDotnet;
  return runtime.kind == packs::RuntimeKind::kGo;
}

std::vector<Installed> wanted(const Observer& observer, const Options& options) {
  std::vector<std::string> left_out;
  std::vector<Installed> runtimes = observer.installed(options.folder, left_out);
  std::erase_if(runtimes, [&](const Installed& runtime) { return !is_wanted(runtime, options.only); });
  for (const std::string& line : left_out)
    fmt::print("LEFT OUT {}\n", line);
  if (runtimes.empty()) fmt::print("skipped: no runtime to look at, run: tests/runtimes/fetch\n");
  return runtimes;
}

int run_memory_grid(const Observer& observer, const Options& options) {
  constexpr double kWanted = 0.9;
  MemoryTally sum;
  for (const auto& runtime : wanted(observer, options)) {
    const MemoryTally tally = run_memory(observer, runtime);
    std::fflush(stdout);
    sum.cases += tally.cases;
    sum.inside += tally.inside;
    sum.killed += tally.killed;
  }
  if (sum.cases == 0) return kSkipped;
  fmt::print("{} of {} peaks inside their interval, {} killed\n", sum.inside, sum.cases, sum.killed);
  return sum.killed == 0 && sum.inside >= kWanted * sum.cases ? 0 : 1;
}

int run_all(const Options& options) {
  const auto work = std::filesystem::temp_directory_path() / fmt::format("trimtab-runtimes-{}", getpid());
  std::filesystem::create_directories(work);
  const auto observer = Observer::create(work.string());
  std::vector<Tally> tallies;
  if (observer && options.memory) {
    const int code = run_memory_grid(*observer, options);
    std::filesystem::remove_all(work);
    return code;
  }
  if (observer) {
    for (const auto& runtime : wanted(*observer, options))
      tallies.push_back(run(*observer, runtime, options.size));
  } else {
    fmt::print("skipped: {}\n", observer.error().to_string());
  }
  std::error_code ignored;
  std::filesystem::remove_all(work, ignored);
  int figures = 0;
  int disagreements = 0;
  for (const auto& tally : tallies) {
    figures += tally.figures;
    disagreements += tally.disagreements;
  }
  if (figures == 0) return kSkipped;
  if (!options.report_file.empty()) report(options.report_file, tallies, observer->node());
  fmt::print("{} figures compared, {} disagreements\n", figures, disagreements);
  return disagreements == 0 ? 0 : 1;
}

}  // namespace
}  // namespace trimtab::runtimes

int main(int argc, char** argv) {
  trimtab::runtimes::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--memory") options.memory = true;
    if (word == "--small") options.size = trimtab::runtimes::GridSize::kSmall;
    if (word == "--runtimes" && i + 1 < argc) options.folder = argv[++i];
    if (word == "--report" && i + 1 < argc) options.report_file = argv[++i];
    if (word == "--only" && i + 1 < argc) options.only = argv[++i];
  }
  return trimtab::runtimes::run_all(options);
}
