// The frame: declares every verb, parses the line, runs one action, prints its error, gives the exit code.
#include <algorithm>
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.h"

namespace trimtab::cli {
namespace {

// "-o json" in any of its spellings: errors are then JSON too, even those of a line that cannot be parsed.
bool wants_json(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& one = arguments[i];
    if (one == "-ojson" || one == "-o=json" || one == "--output=json") return true;
    if ((one == "-o" || one == "--output") && i + 1 < arguments.size() && arguments[i + 1] == "json") return true;
  }
  return false;
}

int print_error(const Error& error, bool json, std::ostream& err) {
  if (json) {
    const nlohmann::json document{{"error",
                                   {{"code", properties(error.code).name},
                                    {"message", error.message},
                                    {"field", error.field},
                                    {"hint", error.hint},
                                    {"file", error.position.file},
                                    {"line", error.position.line},
                                    {"column", error.position.column}}}};
    err << document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  } else {
    std::string line = error.to_string();
    std::ranges::replace_if(line, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    err << "error: " << line << '\n';
  }
  return properties(error.code).exit_code;
}

void declare(CLI::App& root, Actions& actions) {
  add_serve(root, actions);
  add_app(root, actions);
  add_recommendation(root, actions);
#ifdef TRIMTAB_VERB_SCAN
  add_scan(root, actions);
#endif
#ifdef TRIMTAB_VERB_BACKTEST
  add_backtest(root, actions);
#endif
#ifdef TRIMTAB_VERB_STUDY
  add_study(root, actions);
#endif
#ifdef TRIMTAB_VERB_SIMULATE
  add_simulate(root, actions);
#endif
#ifdef TRIMTAB_VERB_PACK
  add_pack(root, actions);
#endif
#ifdef TRIMTAB_VERB_DOCTOR
  add_doctor(root, actions);
#endif
#ifdef TRIMTAB_VERB_SCHEMA
  add_schema(root, actions);
#endif
#ifdef TRIMTAB_VERB_EXPORTER
  add_exporter(root, actions);
#endif
#ifdef TRIMTAB_VERB_PLATFORM
  add_platform(root, actions);
#endif
#ifdef TRIMTAB_VERB_OPTIMIZE
  add_optimize(root, actions);
#endif
  add_version(root, actions);
}

// The deepest sub-command that was named: its help is what a wrong line needs.
const CLI::App* named_command(const CLI::App& root) {
  const CLI::App* command = &root;
  for (;;) {
    const auto chosen = command->get_subcommands();
    if (chosen.empty()) return command;
    command = chosen.front();
  }
}

std::string full_name(const CLI::App* command) {
  std::string name = command->get_name();
  for (command = command->get_parent(); command; command = command->get_parent())
    name = command->get_name() + " " + name;
  return name;
}

Error usage_error(const CLI::App& root, const CLI::ParseError& error) {
  std::string what = error.what();
  while (!what.empty() && (what.back() == '\n' || what.back() == '.'))
    what.pop_back();
  return invalid_input(what, {}, "run: " + full_name(named_command(root)) + " --help");
}

int run_chosen(const CLI::App& root, const Actions& actions, Streams& streams, bool json) {
  for (const auto& [command, action] : actions.all()) {
    if (!command->parsed() || !command->get_subcommands().empty()) continue;
    const Result<void> done = action(streams);
    streams.out.flush();
    if (!done) return print_error(done.error(), json, streams.err);
    if (!streams.out) return print_error(unavailable("the output cannot be written"), json, streams.err);
    return 0;
  }
  const std::string name = full_name(named_command(root));
  return print_error(invalid_input("what to do is missing", {}, "run: " + name + " --help"), json, streams.err);
}

}  // namespace

int run(const std::vector<std::string>& arguments, Streams& streams) {
  CLI::App root("Trimtab optimises live applications continuously and proves each change safe", "trimtab");
  root.fallthrough(true);  // --no-color may stand after the verb, too
  bool no_color = false;
  root.add_flag("--no-color", no_color, "Plain text, also by the environment variable NO_COLOR");
  root.set_help_all_flag("--help-all", "Help of all commands");
  Actions actions;
  declare(root, actions);
  const bool json = wants_json(arguments);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // what CLI11 takes
    root.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    streams.out << root.help();  // of the command that was named, with its whole name
    return 0;
  } catch (const CLI::CallForAllHelp&) {
    streams.out << root.help("", CLI::AppFormatMode::All);
    return 0;
  } catch (const CLI::ParseError& error) {
    return print_error(usage_error(root, error), json, streams.err);
  }
  if (no_color) streams.color = false;
  return run_chosen(root, actions, streams, json);
}

}  // namespace trimtab::cli
