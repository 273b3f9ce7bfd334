// trimtab pack: what Trimtab knows of technologies.
#include "packs/pack.h"

#include <filesystem>
#include <fstream>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/document_file.h"
#include "cli/table.h"
#include "cli/values.h"
#include "model/parameter_names.h"
#include "packs/import.h"
#include "packs/metric_document.h"
#include "packs/pack_review.h"
#include "yaml/reader.h"

namespace trimtab::cli {
namespace {

using nlohmann::json;
using Place = packs::Rendering::Place;

struct Options {
  std::string folder;
  std::string name;
  std::vector<std::string> files;
  std::shared_ptr<OutputForm> form;
};

std::string range_text(const model::Parameter& parameter) {
  if (!parameter.is_number()) return fmt::format("{}", fmt::join(parameter.values, " | "));
  std::string text = number_text(parameter.min) + " to " + number_text(parameter.max);
  if (parameter.step) text += " by " + number_text(*parameter.step);
  return text;
}

std::string place_text(const packs::Rendering& rendering) {
  switch (rendering.place) {
    case Place::kNone:
      return "-";
    case Place::kLimit:
      return rendering.name + " limit";
    case Place::kRequest:
      return rendering.name + " request";
    case Place::kAutoscaler:
      return rendering.name + " of the autoscaler";
    case Place::kSysctl:
    case Place::kEnvironment:
      return rendering.name + "=" + rendering.pattern;
    case Place::kFlag:
    case Place::kArgument:
      break;
  }
  if (rendering.by_value.empty()) return rendering.pattern;
  std::vector<std::string> flags;
  for (const auto& [value, flag] : rendering.by_value)
    flags.push_back(flag.empty() ? "(nothing)" : flag);
  return fmt::format("{}", fmt::join(flags, " | "));
}

json parameter_json(const packs::PackParameter& entry) {
  const model::Parameter& parameter = entry.parameter;
  json document{{"name", parameter.name},
                {"unit", parameter.unit},
                {"effect", std::string(model::effect_name(parameter.effect))},
                {"rendered_as", place_text(entry.rendering)},
                {"description", parameter.description},
                {"source", entry.source}};
  if (!entry.default_text.empty()) document["default"] = entry.default_text;
  if (!entry.risk.empty()) document["risk"] = entry.risk;
  if (!entry.versions.empty()) document["versions"] = entry.versions;
  if (parameter.is_number()) {
    document["min"] = parameter.min;
    document["max"] = parameter.max;
    if (parameter.step) document["step"] = *parameter.step;
    document["scale"] = parameter.scale == model::Scale::kLog ? "log" : "linear";
  } else {
    document["values"] = parameter.values;
  }
  return document;
}

json metric_json(const packs::PackMetric& entry) {
  const model::Metric& metric = entry.metric;
  json document{{"name", metric.name},
                {"unit", metric.unit},
                {"query", metric.query},
                {"aggregate", packs::to_string(metric.aggregate)},
                {"role", packs::to_string(metric.role)},
                {"description", metric.description},
                {"source", entry.source}};
  if (metric.default_value) document["default"] = *metric.default_value;
  return document;
}

json pack_json(const packs::Pack& pack) {
  json document{{"name", pack.name},        {"version", pack.version},     {"description", pack.description},
                {"source", pack.source},    {"parameters", json::array()}, {"metrics", json::array()},
                {"monotone", json::array()}};
  for (const auto& parameter : pack.parameters)
    document["parameters"].push_back(parameter_json(parameter));
  for (const auto& metric : pack.metrics)
    document["metrics"].push_back(metric_json(metric));
  for (const auto& relation : pack.monotone) {
    document["monotone"].push_back({{"metric", relation.metric},
                                    {"parameter", relation.parameter},
                                    {"direction", relation.increasing ? "increasing" : "decreasing"}});
  }
  return document;
}

Result<void> list(const Options& options, Streams& streams) {
  TRY_ASSIGN(const packs::PackLibrary library, load_packs(options.folder));
  Table table({{"NAME"}, {"VERSION"}, {"PARAMETERS", false, true}, {"METRICS", false, true}, {"DESCRIPTION"}});
  json document = json::array();
  for (const packs::Pack* pack : library.all()) {
    table.add({pack->name, pack->version, std::to_string(pack->parameters.size()), std::to_string(pack->metrics.size()),
               pack->description});
    document.push_back({{"name", pack->name},
                        {"version", pack->version},
                        {"description", pack->description},
                        {"parameters", pack->parameters.size()},
                        {"metrics", pack->metrics.size()}});
  }
  print(streams.out, *options.form, table, {{"packs", document}});
  return {};
}

Result<void> show(const Options& options, Streams& streams) {
  TRY_ASSIGN(const packs::PackLibrary library, load_packs(options.folder));
  const packs::Pack* pack = library.find(options.name);
  if (pack == nullptr) {
    return fail(not_found(fmt::format("there is no pack \"{}\"", options.name),
                          fmt::format("known: {}", fmt::join(library.names(), ", "))));
  }
  const bool tables = *options.form == OutputForm::kTable || *options.form == OutputForm::kWide;
  if (!tables) {
    print(streams.out, *options.form, Table({}), pack_json(*pack));
    return {};
  }
  if (*options.form == OutputForm::kTable) {
    streams.out << packs::to_markdown(*pack);
    return {};
  }
  streams.out << pack->name << ' ' << pack->version << ": " << pack->description << '\n' << pack->source << "\n\n";
  Table parameters({{"PARAMETER"}, {"RANGE"}, {"UNIT"}, {"EFFECT"}, {"RENDERED AS"}, {"DESCRIPTION", true}});
  for (const auto& entry : pack->parameters) {
    parameters.add({entry.parameter.name, range_text(entry.parameter), entry.parameter.unit,
                    std::string(model::effect_name(entry.parameter.effect)), place_text(entry.rendering),
                    entry.parameter.description});
  }
  parameters.print(streams.out, *options.form == OutputForm::kWide);
  streams.out << '\n';
  Table metrics({{"METRIC"}, {"UNIT"}, {"ROLE"}, {"DESCRIPTION"}, {"QUERY", true}});
  for (const auto& entry : pack->metrics) {
    metrics.add({entry.metric.name, entry.metric.unit, std::string(packs::to_string(entry.metric.role)),
                 entry.metric.description, entry.metric.query});
  }
  metrics.print(streams.out, *options.form == OutputForm::kWide);
  return {};
}

// One page of Markdown for every pack, NAME.md.
Result<void> document(const Options& options, Streams& streams) {
  TRY_ASSIGN(const auto library, load_packs(options.folder));
  std::error_code status;
  std::filesystem::create_directories(options.name, status);
  for (const packs::Pack* pack : library.all()) {
    const auto path = std::filesystem::path(options.name) / (pack->name + ".md");
    std::ofstream file(path, std::ios::binary);
    file << packs::to_markdown(*pack);
    file.close();
    if (!file) return fail(unavailable(fmt::format("cannot write {}", path.string())));
  }
  streams.out << fmt::format("{} pages in {}\n", library.all().size(), options.name);
  return {};
}

// The documents go to standard output, what was left out to standard error.
Result<void> import(const Options& options, Streams& streams) {
  for (const auto& file : options.files) {
    TRY_ASSIGN(const std::string text, read_text_file(file));
    TRY_ASSIGN(const auto foreign, yaml::parse(text, file));
    TRY_ASSIGN(const packs::Imported imported, packs::import_foreign(foreign));
    if (&file != &options.files.front()) streams.out << "---\n";
    streams.out << imported.document;
    for (const auto& line : imported.left_out)
      streams.err << "left out: " << file << ": " << line << '\n';
  }
  return {};
}

struct Findings {
  std::vector<Error> faults;
  std::vector<packs::PackNote> notes;  // of a pack without faults
};

Findings findings_of_file(const std::string& file) {
  const auto text = read_text_file(file);
  if (!text) return {{text.error()}, {}};
  const auto document = yaml::parse(*text, file);
  if (!document) return {{document.error()}, {}};
  const auto pack = packs::read_pack(*document);
  if (!pack) return {packs::pack_faults(*document), {}};
  return {{}, packs::review(*pack)};
}

json fault_json(const std::string& file, const Error& fault) {
  return {{"file", file},         {"line", fault.position.line}, {"column", fault.position.column},
          {"field", fault.field}, {"message", fault.message},    {"hint", fault.hint}};
}

Result<void> validate(const Options& options, Streams& streams) {
  Table table({{"FILE"}, {"WHERE"}, {"FIELD"}, {"FAULT"}, {"HINT"}});
  json faults = json::array();
  json notes = json::array();
  std::string note_lines;
  for (const auto& file : options.files) {
    const Findings findings = findings_of_file(file);
    for (const auto& fault : findings.faults) {
      table.add({file, fmt::format("{}:{}", fault.position.line, fault.position.column), fault.field, fault.message,
                 fault.hint});
      faults.push_back(fault_json(file, fault));
    }
    for (const auto& note : findings.notes) {
      note_lines += fmt::format("note: {}, {} ({})\n", note.text, file, note.field);
      notes.push_back({{"file", file}, {"field", note.field}, {"message", note.text}});
    }
  }
  const std::size_t count = faults.size();
  const auto plural = [](std::size_t number) { return number == 1 ? "" : "s"; };
  const bool tables = *options.form == OutputForm::kTable || *options.form == OutputForm::kWide;
  if (tables) streams.out << note_lines;
  if (count == 0 && tables) {
    streams.out << fmt::format("{} pack{}: no faults\n", options.files.size(), plural(options.files.size()));
    return {};
  }
  print(streams.out, *options.form, table, {{"faults", std::move(faults)}, {"notes", std::move(notes)}});
  if (count == 0) return {};
  return fail(invalid_input(fmt::format("{} fault{} in {} file{}", count, plural(count), options.files.size(),
                                        plural(options.files.size()))));
}

}  // namespace

void add_pack(CLI::App& root, Actions& actions) {
  CLI::App* pack = root.add_subcommand("pack", "What Trimtab knows of technologies: parameters, metrics, rendering");
  const auto add = [&](const char* name, const char* help, Result<void> (*run)(const Options&, Streams&)) {
    CLI::App* command = pack->add_subcommand(name, help);
    auto options = std::make_shared<Options>();
    options->form = add_output_option(*command);
    actions.on(command, [options, run](Streams& streams) { return run(*options, streams); });
    return std::pair(command, options);
  };
  const auto add_folder = [](CLI::App* command, const std::shared_ptr<Options>& options) {
    command->add_option("--packs", options->folder, "A folder with packs of your own")->type_name("DIR");
  };
  const auto [list_command, list_options] = add("list", "List the packs", list);
  add_folder(list_command, list_options);
  const auto [show_command, show_options] = add("show", "Show what a pack knows, as a page; -o wide as tables", show);
  show_command->add_option("NAME", show_options->name, "Name of the pack")->required();
  add_folder(show_command, show_options);
  const auto [document_command, document_options] =
      add("document", "Write a page of Markdown for every pack", document);
  document_command->add_option("DIR", document_options->name, "Folder for the pages")->required();
  add_folder(document_command, document_options);
  const auto [import_command, import_options] =
      add("import", "Turn component types and studies of the reference product into kinds Pack and Space", import);
  import_command->add_option("FILE", import_options->files, "Files in YAML or JSON")->required();
  const auto [validate_command, validate_options] = add("validate", "Check files of kind Pack", validate);
  validate_command->add_option("FILE", validate_options->files, "Files to check")->required();
}

}  // namespace trimtab::cli
