// trimtab simulate: a scenario on the service model: Trimtab beside static sizing, right-sizers and the oracle.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>

#include "simulation/comparison_report.h"
#include "simulation/recording.h"
#include "simulation/scenario_document.h"
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/table.h"

namespace trimtab::cli {
namespace {

struct SimulateOptions {
  std::string file;
  std::optional<std::uint64_t> seed;
  std::string length;
  std::string record;  // folder; empty: the scenario is run
  bool story = false;
};

Result<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) return fail(not_found("cannot read " + path.string()));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

Result<simulation::Scenario> load_scenario(const SimulateOptions& options) {
  const std::filesystem::path path(options.file);
  TRY_ASSIGN(const std::string text, read_text(path));
  TRY_ASSIGN(const packs::PackLibrary packs, packs::PackLibrary::embedded());
  TRY_ASSIGN(simulation::Scenario scenario,
             simulation::read_scenario(text, options.file, packs,
                                       [&](const std::string& name) { return read_text(path.parent_path() / name); }));
  if (options.seed) scenario.seed = scenario.load.seed = *options.seed;
  if (!options.length.empty()) {
    TRY_ASSIGN(scenario.length, parse_duration(options.length));
    if (scenario.length < scenario.step) return fail(invalid_input("the length is below one step", "--length"));
  }
  return scenario;
}

// One file a metric, as `trimtab backtest --application` reads them.
Result<void> write_recording(const simulation::Scenario& scenario, const std::string& folder, Streams& streams) {
  TRY_ASSIGN(const auto answers, simulation::record(scenario));
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(invalid_input("the folder " + folder + " cannot be made: " + error.message(), "--record"));
  for (const auto& [metric, answer] : answers) {
    const std::filesystem::path path = std::filesystem::path(folder) / (metric + ".json");
    std::ofstream out(path, std::ios::binary);
    out << answer << '\n';
    out.close();
    if (!out) return fail(unavailable("cannot write " + path.string()));
  }
  streams.out << fmt::format("{} metrics of {} are in {}\n", answers.size(), scenario.name, folder);
  return {};
}

Result<void> simulate(const SimulateOptions& options, OutputForm form, Streams& streams) {
  TRY_ASSIGN(const simulation::Scenario scenario, load_scenario(options));
  if (!options.record.empty()) return write_recording(scenario, options.record, streams);
  simulation::LiveSimulationOptions run;
  if (streams.terminal) {
    run.on_progress = [&](int step, int steps) {
      streams.err << fmt::format("\rsimulates {}: {} %", scenario.name, 100 * step / steps) << std::flush;
    };
  }
  run.stop = streams.stop;
  const auto comparison = simulation::compare(scenario, run);
  if (streams.terminal) streams.err << "\r\033[K";
  if (!comparison) return fail(comparison.error());
  if (form == OutputForm::kJson || form == OutputForm::kYaml) {
    const nlohmann::json document = simulation::comparison_json(*comparison);
    form == OutputForm::kJson ? print_json(streams.out, document) : print_yaml(streams.out, document);
    return {};
  }
  if (options.story) streams.out << simulation::comparison_story(*comparison, simulation::kTrimtab) << '\n';
  streams.out << simulation::comparison_table(*comparison);
  if (form == OutputForm::kWide) {
    streams.out << '\n';
    for (const simulation::RunOutcome& outcome : comparison->outcomes)
      streams.out << outcome.policy << ": " << outcome.end.to_string() << '\n';
  }
  return {};
}

}  // namespace

void add_simulate(CLI::App& root, Actions& actions) {
  CLI::App* command = root.add_subcommand("simulate", "Run a scenario on the service model, in simulated time");
  const auto options = std::make_shared<SimulateOptions>();
  command->add_option("scenario", options->file, "Document of kind Scenario")->required();
  command->add_option("--seed", options->seed, "Of load and measurement noise; the document's by default");
  command->add_option("--length", options->length, "Simulated time, as 3d; the document's by default");
  command->add_option("--record", options->record,
                      "Only write to this folder what monitoring would keep of the service as it is");
  command->add_flag("--story", options->story, "What Trimtab did and why, line by line, before the table");
  const auto form = add_output_option(*command);
  actions.on(command, [options, form](Streams& streams) { return simulate(*options, *form, streams); });
}

}  // namespace trimtab::cli
