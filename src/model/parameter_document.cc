#include <algorithm>

#include <fmt/format.h>

#include "base/spelling.h"
#include "model/parameter_names.h"
#include "model/satisfy.h"
#include "model/space_document.h"

namespace trimtab::model {
namespace {

std::vector<std::string> names_of(const Space& space) {
  std::vector<std::string> names;
  for (const auto& parameter : space.parameters())
    names.push_back(parameter.name);
  return names;
}

ParameterType parse_type(std::string_view text) {
  if (text == "integer") return ParameterType::kInteger;
  if (text == "real") return ParameterType::kReal;
  return text == "ordinal" ? ParameterType::kOrdinal : ParameterType::kCategorical;
}

void read_type(yaml::MappingReader& reader, Parameter& p, const Parameter* defaults) {
  const std::string fallback(defaults == nullptr ? "" : type_name(p.type));
  const auto type = parse_type(reader.choice("type", {"integer", "real", "categorical", "ordinal"}, fallback));
  if (defaults != nullptr && type != p.type) {
    reader.fault("type", fmt::format("{} is {}, not {}", p.name, type_name(p.type), type_name(type)),
                 "leave type out; the pack knows it");
    return;
  }
  p.type = type;
}

void read_unit(yaml::MappingReader& reader, Parameter& p, const Parameter* defaults) {
  const std::string unit = reader.text("unit", p.unit);
  if (defaults != nullptr && unit != defaults->unit) {
    reader.fault("unit",
                 defaults->unit.empty() ? fmt::format("{} has no unit, found {}", p.name, unit)
                                        : fmt::format("{} is in {}, not {}", p.name, defaults->unit, unit),
                 "convert the numbers to the pack's unit and leave unit out");
    return;
  }
  p.unit = unit;
}

void read_range(yaml::MappingReader& reader, Parameter& p, const Parameter* defaults) {
  p.min = defaults == nullptr ? reader.number("min") : reader.number("min", p.min);
  p.max = defaults == nullptr ? reader.number("max") : reader.number("max", p.max);
  if (const auto step = reader.optional_number("step")) p.step = step;
  if (defaults == nullptr) return;
  const std::string range = fmt::format("the pack's range is {} to {} {}", defaults->min, defaults->max, p.unit);
  if (p.min < defaults->min) reader.fault("min", fmt::format("{} is below what {} can be", p.min, p.name), range);
  if (p.max > defaults->max) reader.fault("max", fmt::format("{} is above what {} can be", p.max, p.name), range);
}

void read_values(yaml::MappingReader& reader, Parameter& p, const Parameter* defaults, bool has_values) {
  if (!has_values) {
    if (defaults == nullptr) reader.fault("values", "the field \"values\" is missing");
    return;
  }
  p.values = reader.text_list("values");
  if (defaults == nullptr) return;
  for (const auto& value : p.values) {
    if (std::ranges::find(defaults->values, value) != defaults->values.end()) continue;
    reader.fault("values", fmt::format("\"{}\" is no value of {}", value, p.name),
                 spelling_hint(value, defaults->values));
  }
}

}  // namespace

Parameter read_parameter_fields(yaml::MappingReader& reader, const Parameter* defaults) {
  Parameter p = defaults == nullptr ? Parameter{} : *defaults;
  const std::string name = reader.text("name");
  if (defaults == nullptr) p.name = name;
  read_type(reader, p, defaults);
  read_unit(reader, p, defaults);
  const bool has_values = reader.take("values") != nullptr;
  if (p.is_number()) {
    read_range(reader, p, defaults);
    if (has_values) reader.fault("values", "a number has a range, not a list of values");
  } else {
    read_values(reader, p, defaults, has_values);
    for (const auto* field : {"min", "max", "step"}) {
      if (reader.take(field) != nullptr) reader.fault(field, fmt::format("only numbers have \"{}\"", field));
    }
  }
  if (reader.choice("scale", {"linear", "log"}, p.scale == Scale::kLog ? "log" : "linear") == "log") {
    p.scale = Scale::kLog;
  } else {
    p.scale = Scale::kLinear;
  }
  if (const auto max_step = reader.optional_number("max_step")) p.max_step = max_step;
  const std::string effect = reader.choice("effect", {"live", "reload", "restart"}, std::string(effect_name(p.effect)));
  p.effect = effect == "live"     ? ChangeEffect::kLive
             : effect == "reload" ? ChangeEffect::kReload
                                  : ChangeEffect::kRestart;
  if (const yaml::Node* node = reader.take("when")) {
    auto condition = expr::Expression::parse(node->text);
    if (condition) {
      p.when = *std::move(condition);
    } else {
      reader.fault("when", condition.error().message);
    }
  }
  p.description = reader.text("description", p.description);
  return p;
}

Parameter read_parameter(const yaml::Node& node, const std::string& path, const Parameter* defaults,
                         yaml::Faults& faults) {
  const std::size_t before = faults.all().size();
  yaml::MappingReader reader(node, path, faults);
  Parameter p = read_parameter_fields(reader, defaults);
  reader.finish();
  if (faults.all().size() > before) return p;
  if (auto sound = p.check(); !sound) {
    const std::string field = sound.error().field.substr(0, sound.error().field.find('['));
    reader.fault(field, sound.error().message, sound.error().hint);
  }
  return p;
}

Configuration read_configuration(const yaml::Node& node, const std::string& path, const Space* space,
                                 yaml::Faults& faults) {
  Configuration configuration;
  if (node.kind != yaml::Kind::kMapping) {
    faults.add(node.position, path, "expected a mapping from parameters to values");
    return configuration;
  }
  for (std::size_t i = 0; i < node.entries.size(); ++i) {
    const auto& [name, value] = node.entries[i];
    const std::string field = path + "." + name;
    auto text = yaml::scalar_text(value);
    if (!text) {
      faults.add(std::move(text).error(), value.position, field);
      continue;
    }
    const Parameter* parameter = space == nullptr ? nullptr : space->find(name);
    if (space != nullptr && parameter == nullptr) {
      faults.add(node.key_positions[i], field, fmt::format("\"{}\" is not a parameter", name),
                 spelling_hint(name, names_of(*space)));
      continue;
    }
    auto number = yaml::scalar_number(value);
    const bool as_number = parameter == nullptr ? number.has_value() : parameter->is_number();
    if (as_number && !number) {
      faults.add(std::move(number).error(), value.position, field);
      continue;
    }
    const Value read = as_number ? Value(*number) : Value(*text);
    if (parameter != nullptr) {
      if (auto admissible = parameter->validate(read); !admissible) {
        faults.add(value.position, field, admissible.error().message, admissible.error().hint);
      }
    }
    configuration.set(name, read);
  }
  return configuration;
}

Configuration read_whole_configuration(const yaml::Node& node, const std::string& path, const Space& space,
                                       yaml::Faults& faults) {
  const std::size_t before = faults.all().size();
  Configuration configuration = read_configuration(node, path, &space, faults);
  if (faults.all().size() > before) return configuration;
  // Constraints that nothing satisfies were reported where they stand.
  const bool impossible =
      std::ranges::any_of(faults.all(), [](const Error& error) { return error.field.starts_with("constraints["); });
  if (auto valid = space.validate(configuration); !valid && !(impossible && valid.error().field == "constraints")) {
    faults.add(node.position, path, valid.error().message, valid.error().hint);
  }
  return configuration;
}

}  // namespace trimtab::model
