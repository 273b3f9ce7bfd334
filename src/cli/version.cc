// trimtab version
#include "server/version.h"

#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/table.h"

namespace trimtab::cli {

void add_version(CLI::App& root, Actions& actions) {
  CLI::App* command = root.add_subcommand("version", "Print the version");
  const auto form = add_output_option(*command);
  actions.on(command, [form](Streams& streams) -> Result<void> {
    if (*form == OutputForm::kTable || *form == OutputForm::kWide) {
      streams.out << "trimtab " << server::kVersion << " (" << server::kRevision << ")\n";
      return {};
    }
    print(streams.out, *form, Table({}), {{"version", server::kVersion}, {"revision", server::kRevision}});
    return {};
  });
}

}  // namespace trimtab::cli
