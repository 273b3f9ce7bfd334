#include "packs/application_parts.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/spelling.h"
#include "packs/metric_document.h"

namespace trimtab::packs {
namespace {

constexpr std::string_view kLabels = "$LABELS$";

bool is_label_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

// The first placeholder that is not known, "$FOO$"; empty when there is none.
std::string unknown_placeholder(std::string_view query) {
  for (std::size_t at = query.find('$'); at != std::string_view::npos; at = query.find('$', at + 1)) {
    const std::size_t end = query.find('$', at + 1);
    if (end == std::string_view::npos) return {};
    const std::string_view name = query.substr(at, end - at + 1);
    const auto inner = name.substr(1, name.size() - 2);
    const bool capitals =
        !inner.empty() && std::ranges::all_of(inner, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
    if (!capitals) continue;
    if (name != "$WINDOW$" && name != kLabels) return std::string(name);
    at = end;
  }
  return {};
}

struct QualifiedName {
  const ResolvedComponent* component = nullptr;
  std::string rest;
};
// "jvm.heap" -> the component jvm and "heap"; no component when there is none of that name.
QualifiedName split_name(const std::vector<ResolvedComponent>& components, std::string_view name) {
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) return {};
  const auto at =
      std::ranges::find_if(components, [&](const auto& entry) { return entry.component.name == name.substr(0, dot); });
  return {at == components.end() ? nullptr : &*at, std::string(name.substr(dot + 1))};
}

std::string name_in(const yaml::Node& node) {
  const yaml::Node* name = node.kind == yaml::Kind::kMapping ? node.find("name") : nullptr;
  return name != nullptr && name->kind == yaml::Kind::kScalar ? name->text : std::string();
}

std::vector<std::string> names_of(const std::vector<model::Metric>& metrics) {
  std::vector<std::string> names;
  for (const auto& metric : metrics)
    names.push_back(metric.name);
  return names;
}

// Full names of all parameters that the packs offer.
std::vector<std::string> offered(const std::vector<ResolvedComponent>& components) {
  std::vector<std::string> names;
  for (const auto& entry : components) {
    if (entry.pack == nullptr) continue;
    for (const auto& parameter : entry.pack->parameters)
      names.push_back(entry.component.name + "." + parameter.parameter.name);
  }
  return names;
}

// Values of the pack's parameters that nobody is to change; they may lie outside the pack's ranges and grids.
void read_values(const yaml::Node& node, const std::string& path, ResolvedComponent& component, yaml::Faults& faults) {
  yaml::MappingReader reader(node, path, faults);
  std::vector<std::string> known;
  for (const auto& parameter : component.pack->parameters)
    known.push_back(parameter.parameter.name);
  for (const auto& [name, value] : node.entries) {
    reader.take(name);
    const PackParameter* parameter = component.pack->find_parameter(name);
    if (parameter == nullptr) {
      faults.add(value.position, path + "." + name,
                 fmt::format("the pack {} has no parameter \"{}\"", component.pack->name, name),
                 spelling_hint(name, known));
      continue;
    }
    if (parameter->parameter.is_number()) {
      const auto number = reader.optional_number(name);
      if (number) component.component.values.set(name, model::Value(*number));
      continue;
    }
    const std::string text = reader.choice(name, parameter->parameter.values);
    if (!text.empty()) component.component.values.set(name, model::Value(text));
  }
}

void read_version(yaml::MappingReader& reader, ResolvedComponent& component) {
  component.component.version = reader.text("version", "");
  if (component.component.version.empty() || parse_version(component.component.version)) return;
  reader.fault("version", fmt::format("\"{}\" is not a version", component.component.version),
               "for example \"17.0.5\" or \"8u372\", in quotes");
}

ResolvedComponent read_component(const yaml::Node& node, const std::string& path, const PackLibrary& packs,
                                 yaml::Faults& faults) {
  yaml::MappingReader reader(node, path, faults);
  ResolvedComponent result;
  result.component.name = reader.text("name");
  result.component.pack = reader.text("pack");
  reader.each_entry("labels", [&](const std::string& label, const yaml::Node& value, const std::string& label_path) {
    auto text = yaml::scalar_text(value);
    if (!is_label_name(label)) {
      faults.add(value.position, label_path, fmt::format("\"{}\" is not a label of Prometheus", label));
    } else if (!text) {
      faults.add(std::move(text).error(), value.position, label_path);
    } else {
      result.component.labels[label] = *text;
    }
  });
  read_version(reader, result);
  result.component.container = reader.text("container", "");
  const yaml::Node* values = reader.take("values");
  reader.finish();
  const std::string& name = result.component.name;
  if (!name.empty() && (!model::is_valid_name(name) || name.contains('.'))) {
    reader.fault("name", fmt::format("\"{}\" is not a name of a component", name),
                 "use letters, digits and \"_\", beginning with a letter");
  }
  if (!result.component.pack.empty()) {
    result.pack = packs.find(result.component.pack);
    if (result.pack == nullptr) {
      reader.fault("pack", fmt::format("there is no pack \"{}\"", result.component.pack),
                   spelling_hint(result.component.pack, packs.names()) + "; packs of your own need --packs DIR");
    }
  }
  if (values != nullptr && result.pack != nullptr) read_values(*values, path + ".values", result, faults);
  return result;
}

// One item of the document's `metrics:`, which may change a pack's.
void read_metric(const yaml::Node& node, const std::string& path, const std::vector<ResolvedComponent>& components,
                 std::vector<model::Metric>& metrics, std::vector<std::string>& seen, yaml::Faults& faults) {
  const std::string name = name_in(node);
  const auto known = std::ranges::find(metrics, name, &model::Metric::name);
  const bool repeated = std::ranges::find(seen, name) != seen.end();
  const model::Metric* defaults = known == metrics.end() || repeated ? nullptr : &*known;
  const QualifiedName qualified = split_name(components, name);
  if (qualified.component != nullptr && qualified.component->pack == nullptr) return;
  yaml::MappingReader reader(node, path, faults);
  if (defaults == nullptr && reader.take("query") == nullptr && qualified.component != nullptr) {
    reader.fault("name",
                 fmt::format("the pack {} has no metric \"{}\"", qualified.component->pack->name, qualified.rest),
                 spelling_hint(name, names_of(metrics)));
    return;
  }
  model::Metric metric = read_metric_fields(reader, defaults, true);
  reader.finish();
  if (!name.empty() && !model::is_valid_name(name)) {
    reader.fault("name", fmt::format("\"{}\" is not a name", name));
  }
  if (repeated) {
    reader.fault("name", fmt::format("the metric \"{}\" stands twice", name));
    return;
  }
  if (qualified.component != nullptr) {
    metric.query = expand_labels(std::move(metric.query), qualified.component->component.labels);
  } else if (metric.query.contains(kLabels)) {
    reader.fault("query", "$LABELS$ stands for the labels of a component, and the metric belongs to none",
                 "write the labels, or name the metric COMPONENT.NAME");
  }
  if (const std::string placeholder = unknown_placeholder(metric.query); !placeholder.empty()) {
    reader.fault("query", fmt::format("unknown placeholder {}", placeholder), "known: $WINDOW$, $LABELS$");
  }
  seen.push_back(name);
  if (defaults != nullptr) {
    *known = std::move(metric);
  } else {
    metrics.push_back(std::move(metric));
  }
}

std::optional<model::PlacedParameter> read_parameter_of_pack(const yaml::Node& node, const std::string& path,
                                                             const std::vector<ResolvedComponent>& components,
                                                             yaml::Faults& faults) {
  const std::string name = name_in(node);
  yaml::MappingReader reader(node, path, faults);
  if (name.empty()) {
    reader.text("name");  // complains
    return std::nullopt;
  }
  const QualifiedName qualified = split_name(components, name);
  if (qualified.component == nullptr) {
    reader.fault("name", fmt::format("\"{}\" names no component's parameter", name),
                 spelling_hint(name, offered(components)));
    return std::nullopt;
  }
  if (qualified.component->pack == nullptr) return std::nullopt;
  const PackParameter* known = qualified.component->pack->find_parameter(qualified.rest);
  if (known == nullptr) {
    reader.fault("name",
                 fmt::format("the pack {} has no parameter \"{}\"", qualified.component->pack->name, qualified.rest),
                 spelling_hint(name, offered(components)));
    return std::nullopt;
  }
  model::Parameter defaults = known->parameter;
  defaults.name = name;
  if (defaults.when) {
    const std::string& component = qualified.component->component.name;
    defaults.when = defaults.when->renamed([&](std::string_view used) { return component + "." + std::string(used); });
  }
  return model::PlacedParameter{model::read_parameter(node, path, &defaults, faults), node.position, path};
}

// Conditions of a pack may name parameters that the application leaves alone: their values are then not known.
void check_conditions_of_packs(const std::vector<const yaml::Node*>& nodes,
                               std::vector<model::PlacedParameter>& parameters, yaml::Faults& faults) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    auto& [parameter, position, path] = parameters[i];
    if (!parameter.when || nodes[i]->find("when") != nullptr) continue;
    for (const auto& name : parameter.when->variables()) {
      const auto used = [&](const model::PlacedParameter& placed) { return placed.parameter.name == name; };
      if (std::ranges::any_of(parameters, used)) continue;
      faults.add(position, path,
                 fmt::format("{} applies only when {}, and {} is not among the parameters", parameter.name,
                             parameter.when->to_string(), name),
                 fmt::format("add {}, or write when: true", name));
      parameter.when.reset();
      break;
    }
  }
}

}  // namespace

const PackParameter* parameter_of(const std::vector<ResolvedComponent>& components, std::string_view full_name) {
  const QualifiedName qualified = split_name(components, full_name);
  if (qualified.component == nullptr || qualified.component->pack == nullptr) return nullptr;
  return qualified.component->pack->find_parameter(qualified.rest);
}

std::string expand_labels(std::string query, const std::map<std::string, std::string>& labels) {
  std::string matchers;
  for (const auto& [name, value] : labels)
    matchers += (matchers.empty() ? "" : ",") + name + "=" + quoted(value);
  for (auto at = query.find(kLabels); at != std::string::npos; at = query.find(kLabels, at + matchers.size()))
    query.replace(at, kLabels.size(), matchers);
  return query;
}

std::vector<ResolvedComponent> read_components(yaml::MappingReader& application, const PackLibrary& packs) {
  std::vector<ResolvedComponent> components;
  if (application.take_required("components") == nullptr) return components;
  application.each("components", [&](const yaml::Node& node, const std::string& path) {
    ResolvedComponent component = read_component(node, path, packs, application.faults());
    for (const auto& earlier : components) {
      if (earlier.component.name != component.component.name) continue;
      application.faults().add(node.position, path + ".name",
                               fmt::format("the component \"{}\" stands twice", component.component.name));
      return;
    }
    components.push_back(std::move(component));
  });
  for (std::size_t i = 0; i < components.size(); ++i) {
    const std::string& inside = components[i].component.container;
    const auto named = [&](const ResolvedComponent& other) { return other.component.name == inside; };
    if (inside.empty() || (std::ranges::any_of(components, named) && inside != components[i].component.name)) continue;
    application.fault("components", fmt::format("{} runs in the component \"{}\", which there is not",
                                                components[i].component.name, inside));
  }
  return components;
}

std::vector<model::Metric> read_metrics(yaml::MappingReader& application,
                                        const std::vector<ResolvedComponent>& components) {
  std::vector<model::Metric> metrics;
  for (const auto& entry : components) {
    if (entry.pack == nullptr) continue;
    for (const auto& known : entry.pack->metrics) {
      model::Metric metric = known.metric;
      metric.name = entry.component.name + "." + metric.name;
      if (!metric.shows.empty()) metric.shows = entry.component.name + "." + metric.shows;
      metric.query = expand_labels(std::move(metric.query), entry.component.labels);
      metrics.push_back(std::move(metric));
    }
  }
  std::vector<std::string> seen;
  application.each("metrics", [&](const yaml::Node& node, const std::string& path) {
    read_metric(node, path, components, metrics, seen, application.faults());
  });
  for (const auto& metric : metrics) {
    if (metric.shows.empty() || parameter_of(components, metric.shows) != nullptr) continue;
    application.fault("metrics",
                      fmt::format("{} shows \"{}\", which is no parameter of a component", metric.name, metric.shows),
                      spelling_hint(metric.shows, offered(components)));
  }
  return metrics;
}

std::vector<model::PlacedParameter> read_parameters(yaml::MappingReader& application,
                                                    const std::vector<ResolvedComponent>& components) {
  std::vector<model::PlacedParameter> parameters;
  const yaml::Node* node = application.take_required("parameters");
  if (node == nullptr) return parameters;
  if (node->kind == yaml::Kind::kSequence && node->items.empty()) {
    application.fault("parameters", "no parameters: there is nothing to choose",
                      spelling_hint("", offered(components)));
  }
  bool whole = true;
  std::vector<const yaml::Node*> nodes;
  application.each("parameters", [&](const yaml::Node& item, const std::string& path) {
    if (auto parameter = read_parameter_of_pack(item, path, components, application.faults())) {
      parameters.push_back(*std::move(parameter));
      nodes.push_back(&item);
    } else {
      whole = false;
    }
  });
  check_conditions_of_packs(nodes, parameters, application.faults());
  if (!whole) parameters.clear();
  return parameters;
}

std::vector<model::Monotone> monotone_relations(const std::vector<ResolvedComponent>& components,
                                                const std::vector<model::Metric>& metrics, const model::Space& space) {
  std::vector<model::Monotone> relations;
  for (const auto& entry : components) {
    if (entry.pack == nullptr) continue;
    for (const auto& known : entry.pack->monotone) {
      model::Monotone relation = known;
      relation.metric = entry.component.name + "." + known.metric;
      relation.parameter = entry.component.name + "." + known.parameter;
      const bool measured = std::ranges::find(metrics, relation.metric, &model::Metric::name) != metrics.end();
      if (measured && space.find(relation.parameter) != nullptr) relations.push_back(std::move(relation));
    }
  }
  return relations;
}

}  // namespace trimtab::packs
