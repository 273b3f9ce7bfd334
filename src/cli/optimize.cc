// trimtab optimize: the optimiser as a component for any language: JSON lines on standard input and output.
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "cli/command.h"
#include "cli/document_file.h"
#include "cli/optimize_journal.h"
#include "cli/request_lines.h"
#include "model/space_document.h"
#include "optimizer/ask_tell.h"
#include "optimizer/candidate_table.h"
#include "yaml/document.h"

namespace trimtab::cli {
namespace {

struct OptimizeOptions {
  std::string file;
  std::uint64_t seed = 1;
  int budget = 0;
  std::string mode = "offline";
  std::string state;
  std::vector<std::string> priors;
  std::vector<std::string> renames;
};

struct Loaded {
  optimizer::AskTell session;
  std::string owner;  // what a state belongs to
};

struct Priors {
  std::vector<optimizer::PriorStudy> studies;
  std::string text;  // all of it, to recognise them by
};

Result<Priors> read_priors(const OptimizeOptions& options, const model::Space& space) {
  optimizer::Renames renames;
  for (const std::string& one : options.renames) {
    const std::size_t at = one.find('=');
    if (at == std::string::npos || space.find(one.substr(at + 1)) == nullptr)
      return fail(invalid_input(fmt::format("\"{}\" renames nothing", one), "--rename",
                                "write OLD=NEW with NEW a parameter of the space"));
    renames[one.substr(0, at)] = one.substr(at + 1);
  }
  Priors priors;
  for (const std::string& file : options.priors) {
    TRY_ASSIGN(const std::string text, read_text_file(file));
    TRY_ASSIGN(optimizer::PriorStudy study,
               optimizer::read_prior_study(text, std::filesystem::path(file).filename().string(), space, renames));
    priors.studies.push_back(std::move(study));
    priors.text += fmt::format("{}\n{}\n", text.size(), text);
  }
  for (const std::string& one : options.renames)
    priors.text += one + "\n";
  return priors;
}

Result<Loaded> load(const OptimizeOptions& options) {
  TRY_ASSIGN(const std::string text, read_text_file(options.file));
  TRY_ASSIGN(const yaml::Document document, yaml::parse(text, options.file));
  TRY_ASSIGN(model::SpaceDocument space, model::read_space_document(document));
  std::string table;
  std::vector<model::Configuration> candidates;
  if (!space.candidates_file.empty()) {
    const auto path = std::filesystem::path(options.file).parent_path() / space.candidates_file;
    TRY_ASSIGN(table, read_text_file(path.string()));
    auto read = optimizer::read_candidates(table, space.space);
    if (!read) {
      Error error = std::move(read).error();
      error.position.file = path.string();
      return fail(std::move(error));
    }
    candidates = *std::move(read);
  }
  TRY_ASSIGN(Priors priors, read_priors(options, space.space));
  optimizer::Problem problem{std::move(space.space), std::move(space.objective), {}, std::move(space.baseline)};
  for (auto& variable : space.context)
    problem.context.push_back({std::move(variable.name), variable.log_scale});
  TRY_ASSIGN(
      optimizer::AskTell session,
      optimizer::AskTell::create(std::move(problem), std::move(candidates),
                                 {options.seed, options.budget, options.mode == "live", std::move(priors.studies)}));
  nlohmann::json owner{{"space", fmt::format("{:016x}", stable_hash(text))},
                       {"candidates", fmt::format("{:016x}", stable_hash(table))},
                       {"seed", options.seed}};
  if (!options.priors.empty()) owner["priors"] = fmt::format("{:016x}", stable_hash(priors.text));
  return Loaded{std::move(session), owner.dump()};
}

Result<Journal> open_state(const OptimizeOptions& options, Loaded& loaded, Streams& streams) {
  TRY_ASSIGN(Journal::Opened opened, Journal::open(options.state, loaded.owner));
  for (const std::string& record : opened.records)
    TRY(loaded.session.restore(record));
  if (opened.dropped_bytes > 0)
    streams.err << fmt::format("warning: {}: the last {} bytes were not written to their end and are dropped\n",
                               options.state, opened.dropped_bytes);
  if (!opened.records.empty())
    streams.err << fmt::format("continues {} with {} told\n", options.state, loaded.session.tells());
  streams.err.flush();
  return std::move(opened.journal);
}

Result<void> optimize(const OptimizeOptions& options, Streams& streams) {
  TRY_ASSIGN(Loaded loaded, load(options));
  for (const std::string& note : loaded.session.prior_notes())
    streams.err << note << '\n';
  std::optional<Journal> journal;
  optimizer::AskTell::Persist persist;
  if (!options.state.empty()) {
    TRY_ASSIGN(Journal opened, open_state(options, loaded, streams));
    journal.emplace(std::move(opened));
    persist = [&](const std::string& record, bool durable) { return journal->append(record, durable); };
  }
  RequestLines lines(streams.in, optimizer::kLongestRequest, streams.stop);
  while (const auto line = lines.next()) {
    const std::string reply = line->too_long ? optimizer::error_reply(exhausted(fmt::format(
                                                   "the line is longer than {} bytes", optimizer::kLongestRequest)))
                                             : loaded.session.handle(line->text, persist);
    streams.out << reply << '\n' << std::flush;
    if (!streams.out) return {};  // the frame says that the output cannot be written
  }
  return {};
}

}  // namespace

void add_optimize(CLI::App& root, Actions& actions) {
  CLI::App* command = root.add_subcommand("optimize", "Suggest configurations: JSON lines in and out, for any program");
  const auto options = std::make_shared<OptimizeOptions>();
  command->add_option("space", options->file, "Document of kind Space")->required();
  command->add_option("--seed", options->seed, "The same seed and requests: the same replies")->capture_default_str();
  command->add_option("--budget", options->budget, "Experiments in all, when known: shapes the search")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--mode", options->mode, "offline: search freely; live: bounded safe steps from the baseline")
      ->check(CLI::IsMember({"offline", "live"}))
      ->capture_default_str();
  command->add_option("--state", options->state, "File to keep what was asked and told in, and to continue from");
  command->add_option("--prior", options->priors,
                      "Runs of an earlier study to learn from: CSV, JSON lines or a state file; repeatable");
  command->add_option("--rename", options->renames,
                      "OLD=NEW: what a parameter is called in the priors and in the space");
  actions.on(command, [options](Streams& streams) { return optimize(*options, streams); });
}

}  // namespace trimtab::cli
