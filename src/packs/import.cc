#include "packs/import.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "packs/import_writer.h"

namespace trimtab::packs {
namespace {

using yaml::Kind;
using yaml::Node;

std::vector<std::string> texts(const Node* list) {
  std::vector<std::string> found;
  if (list == nullptr) return found;
  for (const auto& item : list->items) {
    if (item.kind == Kind::kScalar) found.push_back(quoted(item.text));
  }
  return found;
}

// The fields that say which values a parameter may take; false when that cannot be told.
bool write_domain(const Node& parameter, std::string& out) {
  const Node* domain = parameter.find("domain");
  std::string type = text_of(parameter, "type");
  const Node* range = domain;
  const Node* categories = parameter.find("categories");
  if (domain != nullptr && domain->kind == Kind::kMapping) {  // {type: integer, domain: [1, 8]}
    type = text_of(*domain, "type", type);
    range = domain->find("domain");
    if (domain->find("categories") != nullptr) categories = domain->find("categories");
  }
  std::ranges::transform(type, type.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (type == "categorical" || type == "ordinal" || (type.empty() && categories != nullptr)) {
    const auto values = texts(categories != nullptr ? categories : range);
    if (values.empty()) return false;
    out += fmt::format("    type: {}\n    values: [{}]\n", type == "ordinal" ? "ordinal" : "categorical",
                       fmt::join(values, ", "));
    return true;
  }
  if (range == nullptr || range->items.size() != 2) return false;
  const std::string& least = range->items[0].text;
  const std::string& most = range->items[1].text;
  const bool real = type == "real" || least.find('.') != std::string::npos || most.find('.') != std::string::npos;
  out += fmt::format("    type: {}\n    min: {}\n    max: {}\n", real ? "real" : "integer", least, most);
  return true;
}

// operators: {FileConfigurator: {confTemplate: "-Xmx${value}M"}}: the first template there is.
std::string template_of(const Node& parameter) {
  const Node* operators = parameter.find("operators");
  if (operators == nullptr) return {};
  for (const auto& [name, value] : operators->entries) {
    const std::string text = text_of(value, "confTemplate");
    if (!text.empty()) return text;
  }
  return {};
}

void write_parameter(const Node& node, const std::string& where, ImportWriter& writer) {
  const std::string given = text_of(node, "name");
  const std::string what = where + " " + given;
  std::string domain;
  if (given.empty() || !write_domain(node, domain)) return writer.leave(what, "its domain is not stated here");
  if (domain.find("values:") != std::string::npos && domain.find("type: ordinal") == std::string::npos) {
    const std::string pattern = template_of(node);
    if (pattern.find("${value}") == std::string::npos && !pattern.empty()) {
      writer.leave(what, fmt::format("its template \"{}\" holds no value", pattern));
    }
  }
  writer.out += fmt::format("  - name: {}\n", name_of(given)) + domain;
  const std::string unit = text_of(node, "unit");
  if (!unit.empty()) {
    writer.out += fmt::format("    unit: {}\n", unit == "megabytes"   ? "MiB"
                                                : unit == "kilobytes" ? "KiB"
                                                                      : quoted(unit));
  }
  const std::string description = text_of(node, "description");
  if (!description.empty()) writer.out += fmt::format("    description: {}\n", quoted(description));
  const std::string standard = text_of(node, "defaultValue", text_of(node, "default"));
  if (!standard.empty()) writer.out += fmt::format("    default: {}\n", quoted(standard));
  if (text_of(node, "restart") == "false") writer.out += "    effect: live\n";
  const std::string pattern = template_of(node);
  const auto first = pattern.find("${value}");
  if (first == std::string::npos) return writer.leave(what, "how it is written is not stated; add render");
  const std::string_view place = pattern.starts_with('-') ? "flag" : "argument";
  writer.out += fmt::format("    render: {{{}: {}}}\n", place, quoted(pattern));
  if (place == "argument") writer.leave(what, fmt::format("\"{}\" was taken for an argument; check render", pattern));
}

Result<Imported> import_component_type(const Node& root) {
  ImportWriter writer;
  writer.out = fmt::format("apiVersion: trimtab.dev/v1\nkind: Pack\nname: {}\nversion: 1.0.0\n",
                           name_of(text_of(root, "name", "imported")));
  const std::string description = text_of(root, "description");
  if (!description.empty()) writer.out += fmt::format("description: {}\n", quoted(description));
  writer.out += "parameters:\n";
  const auto before = writer.out.size();
  const Node* parameters = root.find("parameters");
  for (std::size_t i = 0; i < parameters->items.size(); ++i)
    write_parameter(parameters->items[i], fmt::format("parameters[{}]", i), writer);
  if (writer.out.size() == before) return fail(invalid_input("no parameter could be carried over", "parameters"));
  if (const Node* metrics = root.find("metrics")) {
    for (std::size_t i = 0; i < metrics->items.size(); ++i)
      writer.leave(fmt::format("metrics[{}] {}", i, text_of(metrics->items[i], "name")),
                   "its query lives in the telemetry");
  }
  for (const auto& [field, value] : root.entries) {
    const bool known = field == "name" || field == "description" || field == "parameters" || field == "metrics";
    if (!known) writer.leave(field, "has no counterpart");
  }
  return Imported{"Pack", std::move(writer.out), std::move(writer.left_out)};
}

// "comp.metric:p95" -> "comp.metric"; what was cut is reported.
std::string formula_of(const std::string& text, const std::string& where, ImportWriter& writer) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool suffix =
        text[i] == ':' && i + 1 < text.size() && std::isalpha(static_cast<unsigned char>(text[i + 1])) != 0;
    if (!suffix) {
      out += text[i] == '\n' ? ' ' : text[i];
      continue;
    }
    std::size_t end = i + 1;
    while (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end])) != 0)
      ++end;
    writer.leave(where, fmt::format("the aggregation {} is the metric's own here", text.substr(i, end - i)));
    i = end - 1;
  }
  return out;
}

// constraints: {absolute: [{name: slow, formula: "web.p95 <= 250"}], relativeToBaseline: [...]}; items may be texts.
void write_slos(const Node* constraints, ImportWriter& writer) {
  if (constraints == nullptr) return;
  const Node* absolute = constraints->find("absolute");
  std::string slos;
  for (const Node& item : absolute != nullptr ? absolute->items : constraints->items) {
    const std::string formula = item.kind == Kind::kScalar ? item.text : text_of(item, "formula");
    if (formula.empty()) {
      writer.leave("goal.constraints", "an item has no formula");
    } else {
      slos += fmt::format("  - {}\n", quoted(formula_of(formula, "goal.constraints", writer)));
    }
  }
  if (!slos.empty()) writer.out += "slos:\n" + slos;
  if (constraints->find("relativeToBaseline") != nullptr) {
    writer.leave("goal.constraints.relativeToBaseline", "an SLO has a bound of its own; write the values as slos");
  }
}

void write_goal(const Node& root, ImportWriter& writer) {
  const Node* goal = root.find("goal");
  if (goal == nullptr) return;
  const Node* function = goal->find("function");
  const std::string formula = function == nullptr ? "" : text_of(*function, "formula");
  if (formula.empty()) return writer.leave("goal", "no formula");
  const std::string way = text_of(*goal, "objective") == "maximize" ? "maximize" : "minimize";
  writer.out += fmt::format("goal: {{{}: {}}}\n", way, quoted(formula_of(formula, "goal", writer)));
  write_slos(goal->find("constraints"), writer);
  if (function->find("variables") != nullptr) writer.leave("goal.function.variables", "write them as formulas");
}

void write_baseline(const Node& root, ImportWriter& writer) {
  const Node* steps = root.find("steps");
  if (steps == nullptr) return;
  for (const auto& step : steps->items) {
    const Node* values = step.find("values");
    if (text_of(step, "type") != "baseline" || values == nullptr) continue;
    writer.out += "baseline:\n";
    for (const auto& [name, value] : values->entries)
      writer.out += fmt::format("  {}: {}\n", name_of(name), value.quoted ? quoted(value.text) : value.text);
  }
}

Result<Imported> import_study(const Node& root) {
  ImportWriter writer;
  writer.out = "apiVersion: trimtab.dev/v1\nkind: Space\nparameters:\n";
  const auto before = writer.out.size();
  const Node* selection = root.find("parametersSelection");
  for (std::size_t i = 0; i < selection->items.size(); ++i) {
    const Node& item = selection->items[i];
    const std::string what = fmt::format("parametersSelection[{}] {}", i, text_of(item, "name"));
    std::string domain;
    if (!write_domain(item, domain)) {
      writer.leave(what, "its domain is the pack's; add it");
      continue;
    }
    writer.out += fmt::format("  - name: {}\n{}", name_of(text_of(item, "name")), domain);
  }
  if (writer.out.size() == before) return fail(invalid_input("no parameter states its domain", "parametersSelection"));
  if (const Node* constraints = root.find("parameterConstraints");
      constraints != nullptr && !constraints->items.empty()) {
    writer.out += "constraints:\n";
    for (const auto& item : constraints->items)
      writer.out +=
          fmt::format("  - {}\n", quoted(formula_of(text_of(item, "formula"), "parameterConstraints", writer)));
  }
  write_goal(root, writer);
  write_baseline(root, writer);
  for (const auto& [field, value] : root.entries) {
    const std::vector<std::string_view> known{"name", "description", "parametersSelection", "parameterConstraints",
                                              "goal"};
    if (std::ranges::find(known, field) != known.end()) continue;
    writer.leave(field,
                 field == "steps" ? "only the values of the baseline were taken" : "has no counterpart in a space");
  }
  return Imported{"Space", std::move(writer.out), std::move(writer.left_out)};
}

}  // namespace

Result<Imported> import_foreign(const yaml::Document& document) {
  const Node& root = document.root;
  const auto is_list = [&](std::string_view field) {
    const Node* found = root.find(field);
    return found != nullptr && found->kind == Kind::kSequence;
  };
  if (root.kind == Kind::kMapping && is_list("parametersSelection")) return import_study(root);
  if (root.kind == Kind::kMapping && is_list("parameters")) return import_component_type(root);
  if (root.kind == Kind::kMapping && root.find("provider") != nullptr && is_list("metrics"))
    return import_telemetry(root);
  return fail(
      invalid_input("neither a component type (parameters), a study (parametersSelection) nor a telemetry "
                    "instance (provider and metrics)",
                    {}, "give one file of the pack's folder, the study's file or that of the telemetry"));
}

}  // namespace trimtab::packs
