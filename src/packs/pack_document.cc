#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/spelling.h"
#include "model/space_document.h"
#include "packs/metric_document.h"
#include "packs/pack.h"
#include "packs/pattern.h"
#include "yaml/reader.h"

namespace trimtab::packs {
namespace {

using Place = Rendering::Place;

void read_by_value(yaml::MappingReader& reader, std::string_view field, const model::Parameter& parameter,
                   Rendering& rendering) {
  reader.each_entry(field, [&](const std::string& value, const yaml::Node& node, const std::string& path) {
    if (std::ranges::find(parameter.values, value) == parameter.values.end()) {
      reader.faults().add(node.position, path, fmt::format("\"{}\" is no value of {}", value, parameter.name),
                          spelling_hint(value, parameter.values));
    }
    rendering.by_value[value] = node.text;
  });
  for (const auto& value : parameter.values) {
    if (rendering.by_value.contains(value)) continue;
    reader.fault(field, fmt::format("the value \"{}\" has no rendering", value), "write \"\" when it renders nothing");
  }
}

void check_pattern(yaml::MappingReader& reader, std::string_view field, const model::Parameter& parameter,
                   const std::string& pattern) {
  if (!is_pattern(pattern)) {
    reader.fault(field, fmt::format("\"{}\" must hold ${{value}}", pattern), "for example \"-Xmx${value}m\"");
  } else if (is_hexadecimal(pattern) && (parameter.type != model::ParameterType::kInteger || parameter.min < 0)) {
    reader.fault(field, "only whole numbers from 0 can be written as ${value:x}", "write ${value}, or type: integer");
  }
}

void read_pattern(yaml::MappingReader& reader, std::string_view field, const model::Parameter& parameter,
                  Rendering& rendering) {
  rendering.pattern = reader.text(field, "");
  check_pattern(reader, field, parameter, rendering.pattern);
}

void read_resource(yaml::MappingReader& reader, std::string_view field, const model::Parameter& parameter,
                   Rendering& rendering) {
  rendering.name = reader.choice(field, {"cpu", "memory"});
  const std::string unit = rendering.name == "cpu" ? "cores" : "MiB";
  if (parameter.unit != unit) {
    reader.fault(field,
                 fmt::format("{} is given in {}, the parameter is in \"{}\"", rendering.name, unit, parameter.unit),
                 fmt::format("write unit: {}", unit));
  }
}

Rendering read_rendering(const yaml::Node& node, const std::string& path, const model::Parameter& parameter,
                         yaml::Faults& faults) {
  yaml::MappingReader reader(node, path, faults);
  Rendering rendering;
  int given = 0;
  const auto is_given = [&](std::string_view field, Place place) {
    if (reader.take(field) == nullptr) return false;
    rendering.place = place;
    ++given;
    return true;
  };
  if (is_given("limit", Place::kLimit)) read_resource(reader, "limit", parameter, rendering);
  if (is_given("request", Place::kRequest)) read_resource(reader, "request", parameter, rendering);
  if (is_given("flag", Place::kFlag)) read_pattern(reader, "flag", parameter, rendering);
  if (is_given("flag_by_value", Place::kFlag)) read_by_value(reader, "flag_by_value", parameter, rendering);
  if (is_given("argument", Place::kArgument)) read_pattern(reader, "argument", parameter, rendering);
  if (is_given("argument_by_value", Place::kArgument)) {
    read_by_value(reader, "argument_by_value", parameter, rendering);
  }
  if (is_given("environment", Place::kEnvironment)) {
    rendering.name = reader.text("environment", "");
    rendering.pattern = "${value}";
  }
  if (is_given("autoscaler", Place::kAutoscaler)) rendering.name = reader.choice("autoscaler", autoscaler_fields());
  if (is_given("sysctl", Place::kSysctl)) {
    rendering.name = reader.text("sysctl", "");
    rendering.pattern = "${value}";
  }
  if (reader.take("pattern") != nullptr) {
    if (rendering.place == Place::kEnvironment || rendering.place == Place::kSysctl) {
      read_pattern(reader, "pattern", parameter, rendering);
    } else {
      reader.fault("pattern", "only environment and sysctl have a pattern of their own");
    }
  }
  rendering.aliases = reader.text_list("aliases");
  reader.finish();
  for (const auto& alias : rendering.aliases)
    check_pattern(reader, "aliases", parameter, alias);
  if (node.kind == yaml::Kind::kMapping && given != 1) {
    faults.add(node.position, path,
               given == 0 ? "nothing says where the value goes" : "more than one place for one value",
               "give one of limit, request, flag, flag_by_value, argument, argument_by_value, environment, autoscaler, "
               "sysctl");
  }
  return rendering;
}

PackParameter read_pack_parameter(const yaml::Node& node, const std::string& path, yaml::Faults& faults) {
  const std::size_t before = faults.all().size();
  yaml::MappingReader reader(node, path, faults);
  PackParameter result;
  result.parameter = model::read_parameter_fields(reader, nullptr);
  result.source = reader.text("source", "");
  result.default_text = reader.text("default", "");
  if (reader.take("risk") != nullptr) result.risk = reader.choice("risk", {"low", "medium", "high"});
  result.versions = reader.text("versions", "");
  const yaml::Node* render_node = reader.take("render");
  reader.finish();
  if (render_node != nullptr) {
    result.rendering = read_rendering(*render_node, path + ".render", result.parameter, faults);
  }
  if (faults.all().size() > before) return result;
  if (auto sound = result.parameter.check(); !sound) {
    reader.fault(sound.error().field.substr(0, sound.error().field.find('[')), sound.error().message,
                 sound.error().hint);
  }
  return result;
}

Launcher read_launcher(yaml::MappingReader& pack) {
  Launcher launcher;
  const yaml::Node* node = pack.take("launcher");
  if (node == nullptr) return launcher;
  yaml::MappingReader reader(*node, pack.path_of("launcher"), pack.faults());
  launcher.variables_before = reader.text_list("variables_before");
  launcher.variables_after = reader.text_list("variables_after");
  launcher.program_options = reader.text_list("program_options");
  launcher.options_with_value = reader.text_list("options_with_value");
  reader.finish();
  return launcher;
}

void read_metrics(yaml::MappingReader& reader, Pack& pack) {
  reader.each("metrics", [&](const yaml::Node& node, const std::string& path) {
    yaml::MappingReader item(node, path, reader.faults());
    PackMetric metric;
    metric.metric = read_metric_fields(item, nullptr, false);
    metric.source = item.text("source", "");
    item.finish();
    if (!metric.metric.name.empty() && !model::is_valid_name(metric.metric.name)) {
      item.fault("name", fmt::format("\"{}\" is not a name", metric.metric.name));
    }
    if (pack.find_metric(metric.metric.name) != nullptr || pack.find_parameter(metric.metric.name) != nullptr) {
      item.fault("name", fmt::format("\"{}\" stands twice", metric.metric.name));
    }
    const PackParameter* shown = pack.find_parameter(metric.metric.shows);
    if (!metric.metric.shows.empty() && (shown == nullptr || !shown->parameter.is_number())) {
      item.fault("shows", fmt::format("the pack has no parameter \"{}\" that is a number", metric.metric.shows));
    }
    pack.metrics.push_back(std::move(metric));
  });
}

void read_monotone(yaml::MappingReader& reader, Pack& pack) {
  reader.each("monotone", [&](const yaml::Node& node, const std::string& path) {
    yaml::MappingReader item(node, path, reader.faults());
    model::Monotone monotone;
    monotone.metric = item.text("metric");
    monotone.parameter = item.text("parameter");
    monotone.increasing = item.choice("direction", {"increasing", "decreasing"}) == "increasing";
    item.finish();
    if (!monotone.metric.empty() && pack.find_metric(monotone.metric) == nullptr) {
      item.fault("metric", fmt::format("the pack has no metric \"{}\"", monotone.metric));
    }
    if (!monotone.parameter.empty() && pack.find_parameter(monotone.parameter) == nullptr) {
      item.fault("parameter", fmt::format("the pack has no parameter \"{}\"", monotone.parameter));
    }
    pack.monotone.push_back(std::move(monotone));
  });
}

void read_facts(yaml::MappingReader& reader, Pack& pack) {
  reader.each("facts", [&](const yaml::Node& node, const std::string& path) {
    yaml::MappingReader item(node, path, reader.faults());
    PackFact fact;
    fact.text = item.text("fact");
    fact.versions = item.text("versions", "");
    fact.source = item.text("source", "");
    item.finish();
    pack.facts.push_back(std::move(fact));
  });
}

// "initial_heap <= heap", or {relation: ..., why: ...}. Names with a dot are another pack's, which the application may
// or may not have.
void read_relations(yaml::MappingReader& reader, Pack& pack) {
  std::vector<std::string> names;
  for (const PackParameter& parameter : pack.parameters)
    names.push_back(parameter.parameter.name);
  reader.each("relations", [&](const yaml::Node& node, const std::string& path) {
    PackRelation relation;
    std::string field = path;
    if (node.kind == yaml::Kind::kMapping) {
      yaml::MappingReader item(node, path, reader.faults());
      relation.text = item.text("relation");
      relation.why = item.text("why", "");
      relation.source = item.text("source", "");
      item.finish();
      field += ".relation";
    } else {
      relation.text = node.text;
    }
    auto formula = expr::Expression::parse(relation.text);
    if (!formula) {
      reader.faults().add(std::move(formula).error(), node.position, field);
      return;
    }
    bool own = false;
    for (const auto& name : formula->variables()) {
      if (name.contains('.')) continue;
      own = true;
      if (pack.find_parameter(name) != nullptr) continue;
      reader.faults().add(node.position, field, fmt::format("the pack has no parameter \"{}\"", name),
                          spelling_hint(name, names) + "; another pack's parameter is written PACK.PARAMETER");
    }
    if (!own) {
      reader.faults().add(node.position, field, "the relation names none of the pack's own parameters");
    }
    relation.expression = *std::move(formula);
    pack.relations.push_back(std::move(relation));
  });
}

void read_detection(yaml::MappingReader& pack_reader, Pack& pack) {
  const yaml::Node* node = pack_reader.take("detect");
  if (node == nullptr) return;
  yaml::MappingReader reader(*node, pack_reader.path_of("detect"), pack_reader.faults());
  pack.detection.programs = reader.text_list("programs");
  pack.detection.images = reader.text_list("images");
  pack.detection.variables = reader.text_list("variables");
  pack.detection.arguments = reader.text_list("arguments");
  pack.detection.metrics = reader.text_list("metrics");
  reader.finish();
}

RuntimeKind read_runtime(yaml::MappingReader& reader) {
  constexpr std::array kKinds{RuntimeKind::kHotspot, RuntimeKind::kOpenJ9, RuntimeKind::kGo,
                              RuntimeKind::kNodejs,  RuntimeKind::kDotnet, RuntimeKind::kPython};
  if (reader.take("runtime") == nullptr) return RuntimeKind::kUnknown;
  std::vector<std::string> names;
  for (const RuntimeKind kind : kKinds)
    names.emplace_back(runtime_name(kind));
  const std::string name = reader.choice("runtime", names);
  const auto at = std::ranges::find(kKinds, name, runtime_name);
  return at == kKinds.end() ? RuntimeKind::kUnknown : *at;
}

Pack read_fields(const yaml::Document& document, yaml::Faults& faults) {
  Pack pack;
  yaml::MappingReader reader(document.root, "", faults);
  yaml::expect_kind(reader, "Pack");
  pack.name = reader.text("name");
  pack.version = reader.text("version");
  pack.description = reader.text("description", "");
  pack.source = reader.text("source", "");
  pack.runtime = read_runtime(reader);
  pack.launcher = read_launcher(reader);
  std::vector<model::PlacedParameter> placed;
  reader.each("parameters", [&](const yaml::Node& node, const std::string& path) {
    PackParameter parameter = read_pack_parameter(node, path, faults);
    placed.push_back({parameter.parameter, node.position, path});
    pack.parameters.push_back(std::move(parameter));
  });
  model::check_parameters(placed, faults);
  read_metrics(reader, pack);
  read_monotone(reader, pack);
  read_relations(reader, pack);
  read_facts(reader, pack);
  read_detection(reader, pack);
  reader.finish();
  return pack;
}

}  // namespace

const std::vector<std::string>& autoscaler_fields() {
  static const std::vector<std::string> fields{"min_replicas",       "max_replicas",      "cpu_target",
                                               "memory_target",      "scale_down_window", "scale_up_window",
                                               "scale_down_percent", "scale_up_percent"};
  return fields;
}

const PackParameter* Pack::find_parameter(std::string_view wanted) const {
  const auto at = std::ranges::find(parameters, wanted, [](const auto& p) { return p.parameter.name; });
  return at == parameters.end() ? nullptr : &*at;
}

const PackMetric* Pack::find_metric(std::string_view wanted) const {
  const auto at = std::ranges::find(metrics, wanted, [](const auto& m) { return m.metric.name; });
  return at == metrics.end() ? nullptr : &*at;
}

Result<Pack> read_pack(const yaml::Document& document) {
  yaml::Faults faults;
  Pack pack = read_fields(document, faults);
  TRY(faults.result());
  return pack;
}

std::vector<Error> pack_faults(const yaml::Document& document) {
  yaml::Faults faults;
  read_fields(document, faults);
  return faults.all();
}

}  // namespace trimtab::packs
