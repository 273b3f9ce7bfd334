// trimtab schema: the JSON Schemas of the documents, for editors and checks.
#include <algorithm>
#include <cctype>
#include <ostream>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "packs/embedded.h"

namespace trimtab::cli {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

void add_schema(CLI::App& root, Actions& actions) {
  CLI::App* command = root.add_subcommand("schema", "Print the JSON Schema of a kind of document");
  auto kind = std::make_shared<std::string>();
  command->add_option("KIND", *kind, "Application, Space, Study or Pack, in any case")
      ->required()
      ->transform(CLI::IsMember({"application", "space", "study", "pack"}, CLI::ignore_case));
  actions.on(command, [kind](Streams& streams) -> Result<void> {
    for (const auto& schema : packs::embedded_schemas()) {
      if (schema.file != lower(*kind) + ".json") continue;
      streams.out << schema.text;
      return {};
    }
    return fail(not_found("there is no schema of " + *kind));
  });
}

}  // namespace trimtab::cli
