// The frame of the command line: every verb is a file here that adds its sub-command to the root and says what runs.
// Only sources of this room include CLI11 (five seconds a translation unit).
#pragma once

#include <functional>
#include <iosfwd>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace CLI {
class App;
}

namespace trimtab::cli {

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool terminal = false;  // standard output is one: progress may redraw a line
  bool color = false;     // a terminal, and neither NO_COLOR nor --no-color
  int width = 100;        // columns
  std::stop_token stop;   // requested by SIGINT and SIGTERM
};

// What a verb does. An error is printed by the frame as one line "error: ..." (or as JSON with -o json) and becomes the
// exit code of its code's table row.
using Action = std::function<Result<void>(Streams&)>;

// Collected while the commands are declared; exactly one runs.
class Actions {
 public:
  void on(CLI::App* command, Action action) { actions_.emplace_back(command, std::move(action)); }
  [[nodiscard]] const std::vector<std::pair<CLI::App*, Action>>& all() const { return actions_; }

 private:
  std::vector<std::pair<CLI::App*, Action>> actions_;
};

// One function per verb, each in its own file cli/<verb>.cc. Options live in a std::shared_ptr captured by the action.
void add_serve(CLI::App& root, Actions& actions);
void add_app(CLI::App& root, Actions& actions);
void add_recommendation(CLI::App& root, Actions& actions);
void add_scan(CLI::App& root, Actions& actions);
void add_backtest(CLI::App& root, Actions& actions);
void add_study(CLI::App& root, Actions& actions);
void add_optimize(CLI::App& root, Actions& actions);
void add_simulate(CLI::App& root, Actions& actions);
void add_pack(CLI::App& root, Actions& actions);
void add_doctor(CLI::App& root, Actions& actions);
void add_schema(CLI::App& root, Actions& actions);
void add_version(CLI::App& root, Actions& actions);
void add_exporter(CLI::App& root, Actions& actions);  // control groups' figures for Prometheus
void add_platform(CLI::App& root, Actions& actions);  // start, stop, show the replicas of the local platform

// Parses and runs; returns the exit code. `arguments` without the program's name.
[[nodiscard]] int run(const std::vector<std::string>& arguments, Streams& streams);

}  // namespace trimtab::cli
