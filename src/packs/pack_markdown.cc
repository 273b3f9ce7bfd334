#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/parameter_names.h"
#include "packs/pack.h"
#include "packs/platform_support.h"

namespace trimtab::packs {
namespace {

using Place = Rendering::Place;

std::string number(double value) {
  return fmt::format("{}", value);
}

// A cell of a table: bars would end it.
std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.replace(at, 1, "\\|");
  return text;
}

std::string range(const model::Parameter& parameter) {
  if (!parameter.is_number()) return fmt::format("{}", fmt::join(parameter.values, ", "));
  std::string text = number(parameter.min) + " to " + number(parameter.max);
  if (parameter.step) text += ", step " + number(*parameter.step);
  if (!parameter.unit.empty()) text += " " + parameter.unit;
  return text;
}

std::string place(const Rendering& rendering) {
  switch (rendering.place) {
    case Place::kNone:
      return "not rendered";
    case Place::kLimit:
      return rendering.name + " limit of the container";
    case Place::kRequest:
      return rendering.name + " request of the container";
    case Place::kAutoscaler:
      return "`" + rendering.name + "` of the HorizontalPodAutoscaler";
    case Place::kSysctl:
      return "sysctl `" + rendering.name + "` of the pod";
    case Place::kEnvironment:
      return fmt::format("variable `{}={}`", rendering.name, rendering.pattern);
    case Place::kFlag:
    case Place::kArgument:
      break;
  }
  const std::string_view kind = rendering.place == Place::kFlag ? "flag" : "argument";
  if (rendering.by_value.empty()) return fmt::format("{} `{}`", kind, rendering.pattern);
  std::vector<std::string> flags;
  for (const auto& [value, flag] : rendering.by_value)
    flags.push_back(flag.empty() ? value + ": nothing" : fmt::format("{}: `{}`", value, flag));
  return fmt::format("{} by value, {}", kind, fmt::join(flags, "; "));
}

std::string paragraph(const std::string& text) {
  return text.empty() ? "\n" : text + "\n\n";
}

std::string source_link(const std::string& source) {
  return source.empty() ? "" : fmt::format(" [source]({})", source);
}

void parameter_section(const PackParameter& entry, std::string& out) {
  const model::Parameter& parameter = entry.parameter;
  out += fmt::format("### {}\n{}", parameter.name, paragraph(parameter.description));
  out += fmt::format("- values: {}\n", range(parameter));
  if (!entry.default_text.empty()) out += fmt::format("- default: {}\n", entry.default_text);
  out += fmt::format("- a change needs: {}\n", parameter.effect == model::ChangeEffect::kRestart  ? "a restart"
                                               : parameter.effect == model::ChangeEffect::kReload ? "a reload"
                                                                                                  : "nothing");
  if (!entry.risk.empty()) out += fmt::format("- risk of a wrong value: {}\n", entry.risk);
  if (!entry.versions.empty()) out += fmt::format("- versions: {}\n", entry.versions);
  if (parameter.when) out += fmt::format("- applies when: `{}`\n", parameter.when->to_string());
  out += fmt::format("- written as: {}\n", place(entry.rendering));
  if (const auto without = platforms_without(entry.rendering); !without.empty()) {
    out += fmt::format("- not set by the platform {}\n", fmt::join(without, " or "));
  }
  if (!entry.rendering.aliases.empty()) {
    out += fmt::format("- also recognised: `{}`\n", fmt::join(entry.rendering.aliases, "`, `"));
  }
  if (!entry.source.empty()) out += fmt::format("- source: <{}>\n", entry.source);
  out += "\n";
}

void metrics_section(const Pack& pack, std::string& out) {
  if (pack.metrics.empty()) return;
  out += "## Metrics\n| metric | unit | meaning | query |\n|---|---|---|---|\n";
  for (const auto& [metric, source] : pack.metrics) {
    out += fmt::format("| {} | {} | {}{} | `{}` |\n", metric.name, metric.unit, cell(metric.description),
                       source_link(source), cell(metric.query));
  }
  out += "\n";
}

void detection_section(const PackDetection& detection, std::string& out) {
  const std::vector<std::pair<const char*, const std::vector<std::string>*>> ways{
      {"programs", &detection.programs},
      {"images", &detection.images},
      {"environment variables", &detection.variables},
      {"words of the command line with", &detection.arguments},
      {"metrics that start with", &detection.metrics}};
  std::string list;
  for (const auto& [title, names] : ways) {
    if (!names->empty()) list += fmt::format("- {}: `{}`\n", title, fmt::join(*names, "`, `"));
  }
  if (!list.empty()) out += "## Recognised by\n" + list + "\n";
}

}  // namespace

std::string to_markdown(const Pack& pack) {
  std::string out = fmt::format("# {} {}\n", pack.name, pack.version);
  if (!pack.description.empty()) out += pack.description + "\n";
  if (!pack.source.empty()) out += fmt::format("Source: <{}>\n", pack.source);
  out += "\n";
  if (!pack.facts.empty()) {
    out += "## Worth knowing\n";
    for (const auto& fact : pack.facts) {
      out += fmt::format("- {}{}{}\n", fact.text, fact.versions.empty() ? "" : fmt::format(" ({})", fact.versions),
                         source_link(fact.source));
    }
    out += "\n";
  }
  if (!pack.parameters.empty()) out += "## Parameters\n";
  for (const auto& entry : pack.parameters)
    parameter_section(entry, out);
  if (!pack.relations.empty()) {
    out +=
        "## Relations\nWhat a sound configuration satisfies. They are constraints of every application and study "
        "that has all of their parameters, unless its `pack_rules` say otherwise.\n\n";
    for (const auto& relation : pack.relations)
      out += fmt::format("- `{}`{}{}\n", relation.text, relation.why.empty() ? "" : ": " + relation.why,
                         source_link(relation.source));
    out += "\n";
  }
  metrics_section(pack, out);
  detection_section(pack.detection, out);
  while (out.ends_with("\n\n"))
    out.pop_back();
  return out;
}

}  // namespace trimtab::packs
