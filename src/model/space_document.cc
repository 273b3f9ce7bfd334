#include "model/space_document.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/spelling.h"
#include "model/name_graph.h"
#include "model/satisfy.h"

namespace trimtab::model {
namespace {

// Any fixed number: whether a document is accepted must not change from one reading to the next.
constexpr std::uint64_t kSatisfySeed = 20261124;

struct PlacedConstraint {
  Constraint constraint;
  const yaml::Node* node = nullptr;
  std::string path;
};

std::vector<PlacedConstraint> read_placed_constraints(yaml::MappingReader& reader, yaml::Faults& faults) {
  std::vector<PlacedConstraint> constraints;
  reader.each("constraints", [&](const yaml::Node& node, const std::string& path) {
    auto text = yaml::scalar_text(node);
    if (!text) {
      Error error = std::move(text).error();
      if (node.kind == yaml::Kind::kMapping) error.hint = "a formula with \": \" in it needs quotes, or if(c, a, b)";
      faults.add(std::move(error), node.position, path);
      return;
    }
    auto expression = expr::Expression::parse(*text);
    if (!expression) {
      faults.add(std::move(expression).error(), node.position, path);
      return;
    }
    constraints.push_back({{*std::move(expression), *std::move(text)}, &node, path});
  });
  return constraints;
}

std::optional<expr::NameType> type_of(const std::vector<PlacedParameter>& parameters, std::string_view name) {
  for (const auto& placed : parameters) {
    if (placed.parameter.name != name) continue;
    if (placed.parameter.is_number()) return expr::NameType{};
    return expr::NameType{expr::Type::kText, placed.parameter.values};
  }
  return std::nullopt;
}

// A fault when the formula is no condition over the parameters.
void check_condition(const expr::Expression& expression, const std::vector<PlacedParameter>& parameters,
                     const SourcePosition& at, const std::string& field, yaml::Faults& faults) {
  std::vector<std::string> names;
  for (const auto& placed : parameters)
    names.push_back(placed.parameter.name);
  for (const auto& name : expression.variables()) {
    if (std::ranges::find(names, name) != names.end()) continue;
    faults.add(at, field, fmt::format("\"{}\" is not a parameter", name), spelling_hint(name, names));
    return;
  }
  auto type = expression.check([&](std::string_view name) { return type_of(parameters, name); });
  if (!type) {
    faults.add(std::move(type).error(), at, field);
  } else if (*type != expr::Type::kBoolean) {
    faults.add(at, field, fmt::format("\"{}\" is not a condition", expression.to_string()),
               "write a comparison, for example heap + 300 <= memory");
  }
}

void check_conditions(const std::vector<PlacedParameter>& parameters, yaml::Faults& faults) {
  NameGraph graph;
  for (const auto& placed : parameters) {
    if (!placed.parameter.when) continue;
    check_condition(*placed.parameter.when, parameters, placed.position, placed.path + ".when", faults);
    graph.emplace(placed.parameter.name, placed.parameter.when->variables());
  }
  const auto cycle = find_cycle(graph);
  if (!cycle) return;
  const auto at =
      std::ranges::find(parameters, cycle->front(), [](const auto& placed) { return placed.parameter.name; });
  faults.add(at->position, at->path + ".when",
             fmt::format("the conditions go in a circle: {}", fmt::join(*cycle, " -> ")));
}

void check_unique(const std::vector<PlacedParameter>& parameters, yaml::Faults& faults) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (parameters[i].parameter.name != parameters[j].parameter.name) continue;
      faults.add(parameters[i].position, parameters[i].path + ".name",
                 fmt::format("the parameter \"{}\" stands twice", parameters[i].parameter.name));
      break;
    }
  }
}

std::vector<SpaceDocument::ContextVariable> read_context(yaml::MappingReader& reader, yaml::Faults& faults) {
  std::vector<SpaceDocument::ContextVariable> context;
  reader.each("context", [&](const yaml::Node& node, const std::string& path) {
    yaml::MappingReader item(node, path, faults);
    SpaceDocument::ContextVariable variable{item.text("name"), false};
    item.choice("type", {"real", "integer"}, "real");
    variable.log_scale = item.choice("scale", {"linear", "log"}, "linear") == "log";
    item.finish();
    if (!variable.name.empty() && !is_valid_name(variable.name)) {
      item.fault("name", fmt::format("\"{}\" is not a name", variable.name));
    }
    context.push_back(std::move(variable));
  });
  return context;
}

SpaceDocument read_fields(const yaml::Document& document, yaml::Faults& faults) {
  SpaceDocument result;
  yaml::MappingReader reader(document.root, "", faults);
  yaml::expect_kind(reader, "Space");
  reader.text("name", "");
  reader.text("description", "");
  result.space = read_space(reader, faults);
  const ObjectiveParts parts = read_objective(reader, Slo{}.confidence, faults);
  result.context = read_context(reader, faults);
  for (std::size_t i = 0; i < result.context.size(); ++i) {
    if (result.space.find(result.context[i].name) == nullptr) continue;
    faults.add(reader.position(), fmt::format("context[{}].name", i),
               fmt::format("\"{}\" is a parameter already", result.context[i].name));
  }
  result.candidates_file = reader.text("candidates", "");
  const yaml::Node* baseline = reader.take("baseline");
  reader.finish();
  // What follows would only repeat the faults of a space that could not be read.
  if (result.space.parameters().empty()) return result;
  check_objective(parts, result.space, std::nullopt, faults);
  check_slo_units(parts, [](const std::string&) { return std::nullopt; }, faults);
  if (baseline != nullptr) result.baseline = read_whole_configuration(*baseline, "baseline", result.space, faults);
  auto objective = Objective::create(parts.goals, parts.slos, parts.formulas);
  if (objective) {
    result.objective = *std::move(objective);
  } else if (faults.empty()) {
    faults.add(std::move(objective).error(), reader.position(), "");
  }
  return result;
}

}  // namespace

std::vector<Constraint> read_constraints(yaml::MappingReader& reader, yaml::Faults& faults) {
  std::vector<Constraint> constraints;
  for (auto& placed : read_placed_constraints(reader, faults))
    constraints.push_back(std::move(placed.constraint));
  return constraints;
}

void check_parameters(const std::vector<PlacedParameter>& parameters, yaml::Faults& faults) {
  check_unique(parameters, faults);
  check_conditions(parameters, faults);
}

Space read_space(yaml::MappingReader& reader, const std::vector<PlacedParameter>& parameters, yaml::Faults& faults) {
  const auto constraints = read_placed_constraints(reader, faults);
  check_parameters(parameters, faults);
  std::vector<Parameter> plain;
  for (const auto& placed : parameters)
    plain.push_back(placed.parameter);
  std::vector<Constraint> relations;
  for (const auto& placed : constraints) {
    const std::size_t before = faults.all().size();
    check_condition(placed.constraint.expression, parameters, placed.node->position, placed.path, faults);
    if (faults.all().size() == before) relations.push_back(placed.constraint);
  }
  auto space = Space::create(std::move(plain), std::move(relations));
  if (!space) {
    if (faults.empty()) faults.add(std::move(space).error(), reader.position(), "");
    return {};
  }
  // Whether the rest can be satisfied says nothing when some of it is not what was meant.
  const bool meant = std::ranges::none_of(faults.all(), [&](const Error& error) {
    return error.field.starts_with(reader.path_of("parameters")) ||
           error.field.starts_with(reader.path_of("constraints"));
  });
  if (!meant) return *std::move(space);
  if (auto found = find_satisfying(*space, kSatisfySeed); !found) {
    const auto at = std::ranges::find_if(constraints, [&](const PlacedConstraint& placed) {
      return placed.path == reader.path_of(found.error().field);
    });
    faults.add(std::move(found).error(), at == constraints.end() ? reader.position() : at->node->position,
               at == constraints.end() ? reader.path_of("constraints") : at->path);
  }
  return *std::move(space);
}

Space read_space(yaml::MappingReader& reader, yaml::Faults& faults) {
  std::vector<PlacedParameter> parameters;
  reader.each("parameters", [&](const yaml::Node& node, const std::string& path) {
    parameters.push_back({read_parameter(node, path, nullptr, faults), node.position, path});
  });
  if (parameters.empty()) reader.fault("parameters", "no parameters: there is nothing to choose");
  return read_space(reader, parameters, faults);
}

Result<SpaceDocument> read_space_document(const yaml::Document& document) {
  yaml::Faults faults;
  SpaceDocument result = read_fields(document, faults);
  TRY(faults.result());
  return result;
}

std::vector<Error> space_document_faults(const yaml::Document& document) {
  yaml::Faults faults;
  read_fields(document, faults);
  return faults.all();
}

}  // namespace trimtab::model
