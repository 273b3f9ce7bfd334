// trimtab doctor: every fault of a document, and whether the live Prometheus has what it asks for.
#include <algorithm>
#include <filesystem>
#include <ostream>

#include "simulation/scenario_document.h"
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/doctor_checks.h"
#include "cli/document_file.h"
#include "cli/table.h"
#include "engine/study_document.h"
#include "model/space_document.h"
#include "net/http_client.h"
#include "packs/application_document.h"

namespace trimtab::cli {
namespace {

struct Options {
  std::string file;
  std::string prometheus;
  std::string folder;
  bool offline = false;
  std::shared_ptr<OutputForm> form;
};

template <class Read>
std::vector<Error> faults_of_reading(Read read, const std::string& text, const std::string& file,
                                     const packs::PackLibrary& library) {
  const auto beside = [&](const std::string& name) {
    return read_text_file((std::filesystem::path(file).parent_path() / name).string());
  };
  const auto done = read(text, file, library, beside);
  return done ? std::vector<Error>{} : std::vector<Error>{done.error()};
}

std::vector<Error> faults_of(const std::string& text, const Options& options, const packs::PackLibrary& library,
                             std::string& kind) {
  const auto document = yaml::parse(text, options.file);
  if (!document) return {document.error()};
  const yaml::Node* node = document->root.kind == yaml::Kind::kMapping ? document->root.find("kind") : nullptr;
  kind = node == nullptr ? "" : node->text;
  if (kind == "Application") return packs::application_faults(text, options.file, library);
  if (kind == "Space") return model::space_document_faults(*document);
  if (kind == "Pack") return packs::pack_faults(*document);
  if (kind == "Study") return faults_of_reading(engine::read_study, text, options.file, library);
  if (kind == "Scenario") return faults_of_reading(simulation::read_scenario, text, options.file, library);
  Error error = invalid_input(kind.empty() ? "the document has no kind" : fmt::format("unknown kind \"{}\"", kind),
                              "kind", "known: Application, Space, Study, Scenario, Pack");
  error.position = node == nullptr ? document->root.position : node->position;
  return {error};
}

// The window just ended, as the engine would ask for it.
Result<std::vector<Check>> live_checks(model::Application application, const Options& options) {
  if (!options.prometheus.empty()) application.telemetry.prometheus_url = options.prometheus;
  if (options.offline || application.telemetry.prometheus_url.empty()) return std::vector<Check>{};
  const net::HttpClient client;
  telemetry::PrometheusSource source(application.telemetry, client);
  const Instant now = SystemClock().now();
  const model::Cadence& cadence = application.cadence;
  TRY_ASSIGN(const auto window, source.explained_window(application.metrics, now - cadence.window, now, cadence.step,
                                                        application.telemetry.timeout));
  std::vector<Check> checks = metric_checks(application, window);
  for (auto& check : objective_checks(application, window))
    checks.push_back(std::move(check));
  return checks;
}

void print_checks(const std::vector<Check>& checks, const Options& options, Streams& streams) {
  const auto plain = [&](Check::Status status) { return std::string(to_string(status)); };
  Table table({{"STATUS"}, {"CHECK"}, {"SUBJECT"}, {"VALUE"}, {"WHAT IS WRONG"}, {"WHAT TO DO"}});
  nlohmann::json list = nlohmann::json::array();
  for (const auto& check : checks) {
    table.add({plain(check.status), check.kind, check.subject, check.value, check.detail, check.hint});
    list.push_back({{"status", to_string(check.status)},
                    {"check", check.kind},
                    {"subject", check.subject},
                    {"value", check.value},
                    {"detail", check.detail},
                    {"hint", check.hint}});
  }
  print(streams.out, *options.form, table, {{"file", options.file}, {"checks", list}});
}

Result<void> examine(const Options& options, Streams& streams) {
  TRY_ASSIGN(const std::string text, read_text_file(options.file));
  TRY_ASSIGN(const packs::PackLibrary library, load_packs(options.folder));
  std::string kind;
  const auto faults = faults_of(text, options, library, kind);
  std::vector<Check> checks = document_checks(faults);
  Result<std::vector<Check>> live = std::vector<Check>{};
  if (faults.empty() && kind == "Application") {
    TRY_ASSIGN(model::Application application, packs::read_application(text, options.file, library));
    live = live_checks(std::move(application), options);
    if (live) checks.insert(checks.end(), live->begin(), live->end());
  }
  print_checks(checks, options, streams);
  if (!live) return fail(std::move(live).error());
  if (!faults.empty()) {
    return fail(
        invalid_input(fmt::format("{} has {} fault{}", options.file, faults.size(), faults.size() == 1 ? "" : "s")));
  }
  const auto failed = std::ranges::count(checks, Check::Status::kFailed, &Check::status);
  if (failed == 0) return {};
  // The exit code of a check that failed is 1, which this code has.
  return fail(unsupported(fmt::format("{} of {} checks failed", failed, checks.size())));
}

}  // namespace

void add_doctor(CLI::App& root, Actions& actions) {
  CLI::App* command = root.add_subcommand("doctor", "Check a document, and its queries against the live Prometheus");
  auto options = std::make_shared<Options>();
  options->form = add_output_option(*command);
  command->add_option("FILE", options->file, "A document of kind Application, Space, Study, Scenario or Pack")
      ->required();
  command->add_option("--prometheus", options->prometheus, "Ask this server instead of the document's")
      ->type_name("URL");
  command->add_flag("--offline", options->offline, "Check the document only");
  command->add_option("--packs", options->folder, "A folder with packs of your own")->type_name("DIR");
  actions.on(command, [options](Streams& streams) { return examine(*options, streams); });
}

}  // namespace trimtab::cli
