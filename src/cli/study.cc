// trimtab study: searches for the best configuration before production.
#include <fstream>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/document_file.h"
#include "cli/study_lock.h"
#include "cli/study_progress.h"
#include "cli/study_report.h"
#include "cli/study_runner.h"
#include "cli/study_session.h"
#include "cli/table.h"
#include "cli/values.h"

namespace trimtab::cli {
namespace {

struct StudyOptions {
  std::string subject;  // file or name
  std::string state = ".trimtab";
  std::string packs;
  int budget = 0;
  bool replace = false;
  std::string format = "csv";
  std::string output;
};
using Shared = std::shared_ptr<StudyOptions>;

// Runs what is stored under the name, from where it stands.
Result<void> run_stored(store::SqliteStore& store, const std::string& name, const packs::PackLibrary& packs,
                        const StudyOptions& options, OutputForm form, Streams& streams) {
  TRY_ASSIGN(engine::LoadedStudy study, load_stored_study(store, name, packs));
  if (options.budget > 0) study.state.budget = options.budget;
  TRY_ASSIGN(const std::string directory, document_directory(store, name));
  const SystemClock clock;
  const net::HttpClient client;
  TRY_ASSIGN(const auto platform, study_platform(study.definition, packs, directory, options.state, clock));
  const auto metrics = study_metrics(study.definition, client);
  const bool lines = form == OutputForm::kTable || form == OutputForm::kWide;
  StudyProgress progress(study.definition, clock, streams);
  progress.skip(study.state);
  StudyRun run{study.definition, store, *platform, metrics.get(), clock, directory, streams.stop, {}};
  if (lines) run.on_change = [&](const engine::StudyState& state) { progress.show(state); };
  auto end = run_study(run, std::move(study.state));
  if (lines) progress.finish();
  if (!end) return fail(end.error());
  if (end->phase == engine::StudyPhase::kStopped) {
    return fail(Error{Code::kCancelled, "the study was stopped", {}, "run: trimtab study resume " + name, {}});
  }
  if (end->phase == engine::StudyPhase::kFailed) return fail(unavailable(end->status));
  if (!lines) {
    TRY_ASSIGN(const engine::StoredStudy stored, store.study(name));
    TRY_ASSIGN(const std::vector<engine::StoredTrial> trials, store.trials(name));
    TRY_ASSIGN(const nlohmann::json detail, engine::study_detail_json(stored, trials, packs, clock.now()));
    form == OutputForm::kJson ? print_json(streams.out, detail) : print_yaml(streams.out, detail);
    return {};
  }
  streams.out << '\n' << report_text(make_report({study.definition, std::move(*end)}));
  return {};
}

Result<void> run_new(const StudyOptions& options, OutputForm form, Streams& streams) {
  TRY_ASSIGN(const packs::PackLibrary packs, load_packs(options.packs));
  TRY_ASSIGN(const ReadStudy read, read_study_file(options.subject, packs));
  TRY_ASSIGN(const auto store, open_study_store(options.state, true));
  const std::string& name = read.definition.name;
  TRY_ASSIGN(const StudyLock lock, StudyLock::take(options.state, name));
  if (!options.replace && store->study(name)) {
    return fail(conflict("there is a study " + name + " already",
                         "run: trimtab study resume " + name + ", or add --replace to forget its trials"));
  }
  const Instant now = SystemClock().now();
  const engine::StudyState state = engine::initial_study_state(read.definition, now, options.budget);
  TRY(store->put_study({name, read.stored, now, now, engine::to_json(state).dump()}));
  return run_stored(*store, name, packs, options, form, streams);
}

Result<void> resume(const StudyOptions& options, OutputForm form, Streams& streams) {
  TRY_ASSIGN(const packs::PackLibrary packs, load_packs(options.packs));
  TRY_ASSIGN(const auto store, open_study_store(options.state, false));
  TRY_ASSIGN(const StudyLock lock, StudyLock::take(options.state, options.subject));
  return run_stored(*store, options.subject, packs, options, form, streams);
}

Result<void> list(const StudyOptions& options, OutputForm form, Streams& streams) {
  TRY_ASSIGN(const packs::PackLibrary packs, load_packs(options.packs));
  TRY_ASSIGN(const auto store, open_study_store(options.state, false));
  TRY_ASSIGN(const std::vector<engine::StoredStudy> studies, store->studies());
  Table table({{"NAME"},
               {"STATE"},
               {"GOAL"},
               {"EXPERIMENTS", false, true},
               {"BUDGET", false, true},
               {"BEST", false, true},
               {"BASELINE", false, true},
               {"UPDATED"}});
  nlohmann::json all = nlohmann::json::array();
  for (const engine::StoredStudy& study : studies) {
    TRY_ASSIGN(const std::vector<engine::StoredTrial> trials, store->trials(study.name));
    auto summary = engine::study_summary_json(study, trials, packs, SystemClock().now());
    if (!summary) {
      table.add({study.name, "unreadable: " + summary.error().to_string(), "-", "-", "-", "-", "-", "-"});
      continue;
    }
    table.add({cell(*summary, "name"), cell(*summary, "state"),
               cell(*summary, "direction") + " " + cell(*summary, "goal"), cell(*summary, "experiments"),
               cell(*summary, "budget"), cell(*summary, "best"), cell(*summary, "baseline"),
               cell(*summary, "updated")});
    all.push_back(std::move(*summary));
  }
  print(streams.out, form, table, {{"studies", std::move(all)}});
  return {};
}

std::string experiment_state(const engine::Experiment& experiment) {
  const std::string state = experiment.failed ? "failed" : experiment.feasible ? "holds" : "breaks an SLO";
  return experiment.past ? state + " (past)" : state;
}

Result<void> show(const StudyOptions& options, OutputForm form, Streams& streams) {
  TRY_ASSIGN(const packs::PackLibrary packs, load_packs(options.packs));
  TRY_ASSIGN(const auto store, open_study_store(options.state, false));
  TRY_ASSIGN(const engine::StoredStudy stored, store->study(options.subject));
  TRY_ASSIGN(const std::vector<engine::StoredTrial> trials, store->trials(options.subject));
  if (form == OutputForm::kJson || form == OutputForm::kYaml) {
    TRY_ASSIGN(const nlohmann::json detail, engine::study_detail_json(stored, trials, packs, SystemClock().now()));
    form == OutputForm::kJson ? print_json(streams.out, detail) : print_yaml(streams.out, detail);
    return {};
  }
  TRY_ASSIGN(engine::LoadedStudy study, engine::load_study(stored, trials, packs));
  const StudyReport report = make_report(std::move(study));
  Table table(
      {{"#", false, true}, {"GOAL", false, true}, {"SLOS"}, {"TRIALS", false, true}, {"CONFIGURATION"}, {"WHY", true}});
  for (const engine::Experiment& experiment : report.experiments) {
    table.add({std::to_string(experiment.number), experiment.goal ? short_number(*experiment.goal) : "-",
               experiment_state(experiment), std::to_string(experiment.trials), experiment.configuration.to_string(),
               experiment.failed ? experiment.failure : experiment.why});
  }
  table.print(streams.out, form == OutputForm::kWide);
  streams.out << '\n' << report_text(report);
  return {};
}

Result<void> export_study(const StudyOptions& options, Streams& streams) {
  TRY_ASSIGN(const packs::PackLibrary packs, load_packs(options.packs));
  TRY_ASSIGN(const auto store, open_study_store(options.state, false));
  TRY_ASSIGN(engine::LoadedStudy study, load_stored_study(*store, options.subject, packs));
  std::string text;
  if (options.format == "json") {
    TRY_ASSIGN(const engine::StoredStudy stored, store->study(options.subject));
    TRY_ASSIGN(const std::vector<engine::StoredTrial> trials, store->trials(options.subject));
    TRY_ASSIGN(const nlohmann::json detail, engine::study_detail_json(stored, trials, packs, SystemClock().now()));
    text = detail.dump(2) + "\n";
  } else {
    const StudyReport report = make_report(std::move(study));
    if (options.format == "csv") text = report_csv(report);
    if (options.format == "html") text = report_html(report);
    if (options.format == "best") {
      TRY_ASSIGN(text, best_yaml(report));
    }
  }
  if (options.output.empty() || options.output == "-") {
    streams.out << text;
    return {};
  }
  std::ofstream out(options.output, std::ios::binary | std::ios::trunc);
  out << text << std::flush;
  if (!out) return fail(unavailable("cannot write " + options.output));
  return {};
}

void add_state(CLI::App& command, const Shared& options) {
  command.add_option("--state", options->state, "Directory of the store")->capture_default_str();
  command.add_option("--packs", options->packs, "Folder with packs of your own");
}

}  // namespace

void add_study(CLI::App& root, Actions& actions) {
  CLI::App* study =
      root.add_subcommand("study", "Search for the best configuration with a load test, before production");
  study->require_subcommand(0, 1);
  const auto verb = [&](const char* name, const char* what, const char* subject) {
    CLI::App* command = study->add_subcommand(name, what);
    const auto options = std::make_shared<StudyOptions>();
    if (subject) command->add_option(subject, options->subject)->required();
    add_state(*command, options);
    return std::pair(command, options);
  };
  const auto [run, run_options] = verb("run", "Run the study of a document", "file");
  run->add_option("--budget", run_options->budget, "Experiments; the document's by default")
      ->check(CLI::PositiveNumber);
  run->add_flag("--replace", run_options->replace, "Forget a study of the same name with its trials");
  const auto run_form = add_output_option(*run);
  actions.on(run, [o = run_options, form = run_form](Streams& s) { return run_new(*o, *form, s); });

  const auto [again, again_options] = verb("resume", "Go on with a study that was stopped or interrupted", "name");
  again->add_option("--budget", again_options->budget, "Experiments in all")->check(CLI::PositiveNumber);
  const auto again_form = add_output_option(*again);
  actions.on(again, [o = again_options, form = again_form](Streams& s) { return resume(*o, *form, s); });

  const auto [listing, list_options] = verb("list", "List studies", nullptr);
  const auto list_form = add_output_option(*listing);
  actions.on(listing, [o = list_options, form = list_form](Streams& s) { return list(*o, *form, s); });

  const auto [showing, show_options] = verb("show", "Show experiments and outcome", "name");
  const auto show_form = add_output_option(*showing);
  actions.on(showing, [o = show_options, form = show_form](Streams& s) { return show(*o, *form, s); });

  const auto [exporting, export_options] = verb("export", "Write a study as a file", "name");
  exporting->add_option("--format", export_options->format, "csv, json, html, or best: the best configuration as YAML")
      ->check(CLI::IsMember({"csv", "json", "html", "best"}))
      ->capture_default_str();
  exporting->add_option("--file", export_options->output, "Standard output by default");
  actions.on(exporting, [o = export_options](Streams& s) { return export_study(*o, s); });

  const auto [stopping, stop_options] = verb("stop", "Ask the process that runs a study to stop", "name");
  actions.on(stopping, [o = stop_options](Streams&) { return StudyLock::ask_to_stop(o->state, o->subject); });
}

}  // namespace trimtab::cli
