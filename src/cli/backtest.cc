// trimtab backtest: what sizing would have cost and violated on recorded or generated need, beside other recommenders.
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>

#include "backtest/generate.h"
#include "backtest/live_report.h"
#include "backtest/recorded.h"
#include "backtest/table.h"
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/document_file.h"
#include "cli/table.h"
#include "cli/values.h"
#include "packs/application_document.h"

namespace trimtab::cli {
namespace {

constexpr Duration kLongestCadence = std::chrono::hours(24 * 365);

struct BacktestOptions {
  std::string metrics;      // folder of recorded need; empty: generated
  std::string application;  // document; empty: sizers alone
  int replicas = 1;
  bool learn_given = false;
  std::string against = std::string(backtest::kProduct);
  std::vector<std::string> families;
  std::uint64_t seed = 1;
  int seeds = 5;
  int days = 28;
  std::string every = "1m";
  backtest::ReplayOptions replay;
  scan::Prices prices;
};

Result<std::vector<backtest::Family>> families_of(const std::vector<std::string>& names) {
  const auto all = backtest::all_families();
  std::vector<backtest::Family> chosen;
  for (const std::string& name : names) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](backtest::Family f) { return backtest::family_name(f) == name; });
    if (found == all.end()) return fail(invalid_input("there is no family \"" + name + "\"", "--family"));
    chosen.push_back(*found);
  }
  if (chosen.empty()) chosen.assign(all.begin(), all.end());
  return chosen;
}

class Playing {
 public:
  Playing(const BacktestOptions& options, Streams& streams) : options_(options), streams_(streams) {}

  Result<backtest::BacktestTable> play() {
    TRY(options_.metrics.empty() ? generated() : recorded());
    if (streams_.terminal) streams_.err << "\r\033[K";
    return std::move(table_);
  }

 private:
  Result<void> add(const backtest::Trace& trace) {
    if (streams_.stop.stop_requested()) return fail(Error{Code::kCancelled, "stopped", {}, {}, {}});
    if (streams_.terminal) streams_.err << "\r\033[Kreplays " << trace.name << std::flush;
    backtest::add_trace(table_, trace, options_.replay, {});
    return {};
  }

  Result<void> generated() {
    TRY_ASSIGN(const auto families, families_of(options_.families));
    if (options_.days <= options_.replay.learn_days) {
      return fail(invalid_input("nothing is left to count after the days of learning", "--days"));
    }
    for (int i = 0; i < options_.seeds; ++i) {
      for (const backtest::Family family : families)
        TRY(add(backtest::generate(family, options_.seed + static_cast<std::uint64_t>(i), options_.days)));
    }
    return {};
  }

  Result<void> recorded() {
    TRY_ASSIGN(const auto files, backtest::recorded_files(options_.metrics));
    for (const std::string& file : files) {
      TRY_ASSIGN(const backtest::Trace trace, backtest::read_recorded(file));
      if (trace.minutes() <= static_cast<std::size_t>(options_.replay.learn_days) * 1440) {
        return fail(invalid_input(fmt::format("{} holds {:.1f} days, more than {} are needed", file,
                                              static_cast<double>(trace.minutes()) / 1440, options_.replay.learn_days),
                                  "--learn", "learn from fewer days"));
      }
      TRY(add(trace));
    }
    return {};
  }

  const BacktestOptions& options_;
  Streams& streams_;
  backtest::BacktestTable table_;
};

// The application's recorded series through the live engine.
Result<void> run_application(const BacktestOptions& options, OutputForm form, Streams& streams) {
  if (options.metrics.empty()) {
    return fail(invalid_input("the folder of the application's recorded series is missing", "--metrics",
                              "--metrics FOLDER with one file a metric"));
  }
  TRY_ASSIGN(const std::string text, read_text_file(options.application));
  TRY_ASSIGN(const packs::PackLibrary packs, packs::PackLibrary::embedded());
  TRY_ASSIGN(model::Application application, packs::read_application(text, options.application, packs));
  TRY_ASSIGN(const auto recorded, backtest::RecordedSeries::open(options.metrics, application.metrics));
  backtest::LiveReplayOptions live;
  live.replicas = options.replicas;
  live.learn_days = options.learn_given ? options.replay.learn_days : 0;
  live.seed = options.seed;
  live.stop = streams.stop;
  if (streams.terminal) {
    live.on_progress = [&](std::size_t minute, std::size_t minutes) {
      streams.err << fmt::format("\r\033[Kreplays {}: {} %", application.name, 100 * minute / minutes) << std::flush;
    };
  }
  const auto replay = backtest::replay_live(application, recorded, live);
  if (streams.terminal) streams.err << "\r\033[K";
  if (!replay) return fail(replay.error());
  if (form == OutputForm::kJson || form == OutputForm::kYaml) {
    const nlohmann::json document = backtest::live_replay_json(*replay);
    form == OutputForm::kJson ? print_json(streams.out, document) : print_yaml(streams.out, document);
    return {};
  }
  streams.out << backtest::live_replay_text(*replay, form == OutputForm::kWide);
  return {};
}

Result<void> run_backtest(const BacktestOptions& options, OutputForm form, Streams& streams) {
  if (!options.application.empty()) return run_application(options, form, streams);
  TRY_ASSIGN(backtest::BacktestTable table, Playing(options, streams).play());
  if (table.find(options.against) == nullptr) {
    return fail(invalid_input("there is no row \"" + options.against + "\"", "--against", "a name of the table"));
  }
  table.against = options.against;
  if (form == OutputForm::kJson || form == OutputForm::kYaml) {
    const nlohmann::json document = backtest::table_json(table, options.prices);
    form == OutputForm::kJson ? print_json(streams.out, document) : print_yaml(streams.out, document);
    return {};
  }
  streams.out << backtest::table_text(table, options.prices, form == OutputForm::kWide);
  streams.out << fmt::format("\n{} containers. {}", table.traces, backtest::kTableLegend);
  return {};
}

}  // namespace

void add_backtest(CLI::App& root, Actions& actions) {
  CLI::App* command =
      root.add_subcommand("backtest", "What sizing would have cost and violated, beside other recommenders");
  const auto options = std::make_shared<BacktestOptions>();
  command->add_option("--application", options->application,
                      "Document of kind Application: play its recorded series through the live engine");
  command->add_option(
      "--metrics", options->metrics,
      "Folder of recorded need (CSV), or of the application's series (JSON); without it need is generated");
  command->add_option("--replicas", options->replicas, "Of the application while it was recorded")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--family", options->families, "Of generated need; may be repeated; all by default");
  command->add_option("--seed", options->seed, "First seed of generated need")->capture_default_str();
  command->add_option("--seeds", options->seeds, "How many seeds of each family")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--days", options->days, "Of generated need")->check(CLI::Range(2, 365))->capture_default_str();
  const CLI::Option* learn =
      command
          ->add_option("--learn", options->replay.learn_days,
                       "Days that are only watched; of an application half of those recorded, unless given")
          ->check(CLI::Range(1, 364))
          ->capture_default_str();
  command->add_option("--every", options->every, "Ask nobody oftener than this: 1d")->capture_default_str();
  command->add_option("--against", options->against, "Row that equal violations and equal cost are those of")
      ->capture_default_str();
  command->add_flag("--hold", options->replay.hold, "Size once after learning, and never again");
  command->add_option("--cpu-price", options->prices.cpu_core_month, "A core for a month")
      ->check(price_fault)
      ->capture_default_str();
  command->add_option("--memory-price", options->prices.memory_gib_month, "A GiB for a month")
      ->check(price_fault)
      ->capture_default_str();
  command->add_option("--currency", options->prices.currency, "Of the prices")->capture_default_str();
  const auto form = add_output_option(*command);
  actions.on(command, [options, form, learn](Streams& streams) -> Result<void> {
    options->learn_given = learn->count() > 0;
    TRY_ASSIGN(const Duration every, parse_duration(options->every));
    if (every < std::chrono::minutes(1) || every > kLongestCadence) {
      return fail(invalid_input("it is not between 1m and 365d", "--every", "1d"));
    }
    options->replay.least_cadence_minutes = static_cast<int>(every / std::chrono::minutes(1));
    return run_backtest(*options, *form, streams);
  });
}

}  // namespace trimtab::cli
