#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/spelling.h"
#include "model/name_graph.h"
#include "model/space_document.h"

namespace trimtab::model {
namespace {

class NoVariables final : public expr::Variables {
 public:
  [[nodiscard]] const Value* find(std::string_view /*name*/) const override { return nullptr; }
};

std::optional<expr::Expression> read_formula(const yaml::Node& node, const std::string& path, yaml::Faults& faults) {
  auto text = yaml::scalar_text(node);
  if (!text) {
    Error error = std::move(text).error();
    if (node.kind == yaml::Kind::kMapping) error.hint = "a formula with \": \" in it needs quotes, or if(c, a, b)";
    faults.add(std::move(error), node.position, path);
    return std::nullopt;
  }
  auto expression = expr::Expression::parse(*text);
  if (!expression) {
    faults.add(std::move(expression).error(), node.position, path);
    return std::nullopt;
  }
  return *std::move(expression);
}

void read_goal(const yaml::Node& node, const std::string& path, ObjectiveParts& parts, yaml::Faults& faults) {
  yaml::MappingReader reader(node, path, faults);
  const yaml::Node* minimize = reader.take("minimize");
  const yaml::Node* maximize = reader.take("maximize");
  reader.finish();
  if (node.kind != yaml::Kind::kMapping) return;
  if ((minimize == nullptr) == (maximize == nullptr)) {
    faults.add(node.position, path, "a goal has either minimize or maximize", "write goal: {minimize: cost}");
    return;
  }
  const yaml::Node& formula = minimize != nullptr ? *minimize : *maximize;
  const std::string field = path + (minimize != nullptr ? ".minimize" : ".maximize");
  auto expression = read_formula(formula, field, faults);
  if (!expression) return;
  parts.goals.push_back(
      {minimize != nullptr ? Direction::kMinimize : Direction::kMaximize, *std::move(expression), formula.text});
  parts.goal_places.push_back({formula.position, field});
}

void read_goals(yaml::MappingReader& reader, ObjectiveParts& parts, yaml::Faults& faults) {
  const yaml::Node* goal = reader.take("goal");
  const yaml::Node* goals = reader.take("goals");
  if (goal != nullptr && goals != nullptr) {
    reader.fault("goals", "a document has either goal or goals");
    return;
  }
  if (goal == nullptr && goals == nullptr) {
    reader.fault("goal", "the field \"goal\" is missing", "write goal: {minimize: cost}");
    return;
  }
  if (goal != nullptr) return read_goal(*goal, reader.path_of("goal"), parts, faults);
  reader.each("goals", [&](const yaml::Node& node, const std::string& path) { read_goal(node, path, parts, faults); });
}

// "p95 <= 250 ms" -> the unit, which is taken off the text; empty when there is none. Formulas themselves have no
// units.
std::string take_unit(std::string_view& text) {
  const auto is_unit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '%'; };
  const auto after = text.find_last_of("<>=");
  if (after == std::string_view::npos) return {};
  const auto begin = text.find_first_not_of(' ', after + 1);
  if (begin == std::string_view::npos) return {};
  double number = 0;
  const auto [end, status] = std::from_chars(text.data() + begin, text.data() + text.size(), number);
  if (status != std::errc{}) return {};
  const auto number_end = static_cast<std::size_t>(end - text.data());
  std::string_view unit = text.substr(number_end);
  while (unit.starts_with(' '))
    unit.remove_prefix(1);
  if (unit.empty() || unit.front() == '/' || !std::ranges::all_of(unit, is_unit)) return {};
  text = text.substr(0, number_end);
  return std::string(unit);
}

// {metric: errors, max: 0.01, unit: ratio, confidence: 0.95}; `metric` may be a formula.
std::optional<Slo> read_long_slo(const yaml::Node& node, const std::string& path, double default_confidence,
                                 std::string& unit, yaml::Faults& faults) {
  const std::size_t before = faults.all().size();
  yaml::MappingReader reader(node, path, faults);
  Slo slo;
  slo.name = reader.text("metric");
  const auto max = reader.optional_number("max");
  const auto min = reader.optional_number("min");
  unit = reader.text("unit", "");
  slo.confidence = reader.number("confidence", default_confidence);
  reader.finish();
  if (max.has_value() == min.has_value()) {
    reader.fault("max", max ? "an SLO has one bound: write two SLOs" : "an SLO needs max or min");
  }
  if (!(slo.confidence >= 0.5 && slo.confidence < 1)) {
    reader.fault("confidence",
                 fmt::format("the confidence must be at least 0.5 and below 1, found {}", slo.confidence));
  }
  if (!slo.name.empty()) {
    auto value = expr::Expression::parse(slo.name);
    if (value) {
      slo.value = *std::move(value);
    } else {
      reader.fault("metric", value.error().message);
    }
  }
  if (faults.all().size() > before) return std::nullopt;
  slo.upper = max.has_value();
  slo.bound = max ? *max : *min;
  slo.text = fmt::format("{} {} {}", slo.name, slo.upper ? "<=" : ">=", slo.bound);
  return slo;
}

void read_slos(yaml::MappingReader& reader, double default_confidence, ObjectiveParts& parts, yaml::Faults& faults) {
  reader.each("slos", [&](const yaml::Node& node, const std::string& path) {
    std::optional<Slo> slo;
    std::string unit;
    if (node.kind == yaml::Kind::kScalar) {
      std::string_view relation = node.text;
      unit = take_unit(relation);
      auto parsed = parse_slo(relation, default_confidence);
      if (parsed) {
        slo = *std::move(parsed);
        slo->name = slo->text = node.text;
      } else {
        faults.add(std::move(parsed).error(), node.position, path);
      }
    } else {
      slo = read_long_slo(node, path, default_confidence, unit, faults);
    }
    if (!slo) return;
    if (std::ranges::find(parts.slos, slo->name, &Slo::name) != parts.slos.end()) {
      faults.add(node.position, path, fmt::format("the SLO \"{}\" stands twice", slo->name));
      return;
    }
    parts.slos.push_back(*std::move(slo));
    parts.slo_places.push_back({{node.position, path}, unit});
  });
}

void read_formulas(yaml::MappingReader& reader, ObjectiveParts& parts, yaml::Faults& faults) {
  NameGraph graph;
  reader.each_entry("formulas", [&](const std::string& name, const yaml::Node& node, const std::string& path) {
    auto expression = read_formula(node, path, faults);
    if (!is_valid_name(name)) {
      faults.add(node.position, path, fmt::format("\"{}\" is not a name", name),
                 "use letters, digits, \"_\" and \".\", beginning with a letter");
    } else if (expression) {
      graph.emplace(name, expression->variables());
      parts.formulas.push_back({name, *std::move(expression)});
      parts.formula_places.push_back({node.position, path});
    }
  });
  const auto cycle = find_cycle(graph);
  if (!cycle) return;
  const auto at = std::ranges::find(parts.formulas, cycle->front(), &Formula::name) - parts.formulas.begin();
  const Place& place = parts.formula_places[static_cast<std::size_t>(at)];
  faults.add(place.position, place.field, fmt::format("the formulas go in a circle: {}", fmt::join(*cycle, " -> ")));
}

// Types of all names an objective can use.
class ObjectiveNames {
 public:
  ObjectiveNames(const ObjectiveParts& parts, const Space& space,
                 const std::optional<std::vector<std::string>>& metrics)
      : space_(space), metrics_(metrics) {
    NameGraph graph;
    for (const auto& formula : parts.formulas) {
      graph.emplace(formula.name, formula.expression.variables());
      formulas_.emplace(formula.name, expr::Type::kNumber);
    }
    if (find_cycle(graph)) return;  // reported where they were read
    for (const auto& name : in_order(graph)) {
      const auto& expression = std::ranges::find(parts.formulas, name, &Formula::name)->expression;
      const auto type = expression.check([this](std::string_view used) { return type_of(used); });
      formulas_[name] = type.value_or(expr::Type::kNumber);  // a faulty one is reported at its own place
    }
  }

  [[nodiscard]] std::optional<expr::NameType> type_of(std::string_view name) const {
    const auto formula = formulas_.find(name);
    if (formula != formulas_.end()) return expr::NameType{formula->second, {}};
    if (const Parameter* parameter = space_.find(name); parameter != nullptr) {
      if (parameter->is_number()) return expr::NameType{};
      return expr::NameType{expr::Type::kText, parameter->values};
    }
    if (!metrics_ || std::ranges::find(*metrics_, name) != metrics_->end()) return expr::NameType{};
    return std::nullopt;
  }

  // The document's own names first.
  [[nodiscard]] std::vector<std::string> all() const {
    std::vector<std::string> names = metrics_.value_or(std::vector<std::string>{});
    for (const auto& [name, type] : formulas_)
      names.push_back(name);
    for (const auto& parameter : space_.parameters())
      names.push_back(parameter.name);
    std::ranges::stable_partition(names, [](const std::string& name) { return !name.contains('.'); });
    return names;
  }

 private:
  const Space& space_;
  const std::optional<std::vector<std::string>>& metrics_;
  std::map<std::string, expr::Type, std::less<>> formulas_;
};

void check_formula(const expr::Expression& expression, const ObjectiveNames& names, bool number, const Place& place,
                   yaml::Faults& faults) {
  for (const auto& name : expression.variables()) {
    if (names.type_of(name)) continue;
    faults.add(place.position, place.field, fmt::format("\"{}\" is neither a metric, a formula nor a parameter", name),
               spelling_hint(name, names.all()));
    return;
  }
  auto type = expression.check([&](std::string_view name) { return names.type_of(name); });
  if (!type) {
    faults.add(std::move(type).error(), place.position, place.field);
  } else if (number && *type != expr::Type::kNumber) {
    faults.add(place.position, place.field, fmt::format("\"{}\" is not a number", expression.to_string()));
  }
}

}  // namespace

Result<Slo> parse_slo(std::string_view text, double confidence) {
  TRY_ASSIGN(const expr::Expression relation, expr::Expression::parse(text));
  const auto sides = relation.as_comparison();
  using enum expr::Comparison;
  if (!sides || sides->comparison == kEqual || sides->comparison == kNotEqual) {
    return fail(invalid_input(fmt::format("\"{}\" is no bound", text), {}, "write for example p95 <= 250"));
  }
  Slo slo;
  slo.name = slo.text = std::string(text);
  slo.confidence = confidence;
  slo.upper = sides->comparison == kLess || sides->comparison == kLessEqual;
  const bool flipped = sides->left.is_constant() && !sides->right.is_constant();
  const expr::Expression& value = flipped ? sides->right : sides->left;
  const expr::Expression& bound = flipped ? sides->left : sides->right;
  if (flipped) slo.upper = !slo.upper;
  if (value.is_constant()) {
    return fail(
        invalid_input(fmt::format("\"{}\" bounds nothing that is measured", text), {}, "write for example p95 <= 250"));
  }
  if (bound.is_constant()) {
    TRY_ASSIGN(slo.bound, bound.evaluate_number(NoVariables{}));
    slo.value = value;
  } else {
    slo.value = expr::Expression::quotient(value, bound);
    slo.bound = 1;
  }
  return slo;
}

ObjectiveParts read_objective(yaml::MappingReader& reader, double default_confidence, yaml::Faults& faults) {
  ObjectiveParts parts;
  read_goals(reader, parts, faults);
  read_slos(reader, default_confidence, parts, faults);
  read_formulas(reader, parts, faults);
  return parts;
}

void check_objective(const ObjectiveParts& parts, const Space& space,
                     const std::optional<std::vector<std::string>>& metrics, yaml::Faults& faults) {
  const ObjectiveNames names(parts, space, metrics);
  for (std::size_t i = 0; i < parts.formulas.size(); ++i) {
    const Place& place = parts.formula_places[i];
    const std::string& name = parts.formulas[i].name;
    if (space.find(name) != nullptr) {
      faults.add(place.position, place.field, fmt::format("\"{}\" is a parameter already", name));
    } else if (metrics && std::ranges::find(*metrics, name) != metrics->end()) {
      faults.add(place.position, place.field, fmt::format("\"{}\" is a metric already", name));
    }
    check_formula(parts.formulas[i].expression, names, false, place, faults);
  }
  for (std::size_t i = 0; i < parts.goals.size(); ++i)
    check_formula(parts.goals[i].formula, names, true, parts.goal_places[i], faults);
  for (std::size_t i = 0; i < parts.slos.size(); ++i)
    check_formula(parts.slos[i].value, names, true, parts.slo_places[i], faults);
}

void check_slo_units(const ObjectiveParts& parts,
                     const std::function<std::optional<std::string>(const std::string& metric)>& unit_of,
                     yaml::Faults& faults) {
  for (std::size_t i = 0; i < parts.slos.size(); ++i) {
    const SloPlace& place = parts.slo_places[i];
    if (place.unit.empty()) continue;
    const std::string metric = parts.slos[i].value.to_string();
    const auto unit = unit_of(metric);
    if (!unit) {
      faults.add(place.position, place.field, fmt::format("the unit {} cannot be checked", place.unit),
                 "leave it out: only a bound on a metric whose unit is known may state it");
    } else if (*unit != place.unit) {
      faults.add(place.position, place.field,
                 fmt::format("{} is in {}, not in {}", metric, unit->empty() ? "no unit" : *unit, place.unit),
                 "convert the bound to the metric's unit");
    }
  }
}

}  // namespace trimtab::model
