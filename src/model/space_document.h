// The parts of a document that say what may be chosen and what is wanted: `parameters:`, `constraints:`, `goal:` or
// `goals:`, `slos:`, `formulas:`. Shared by the kinds Space, Study and Application. Faults carry place and field.
//
//   parameters:
//     - {name: heap, type: integer, min: 256, max: 4096, scale: log, unit: MiB, max_step: 256}
//   constraints: [heap + 300 <= memory]
//   goal: {minimize: cost}
//   slos: [p95 <= 250, {metric: errors, max: 0.01, confidence: 0.95}]
//   formulas: {cost: 20 * cpu + 3 * memory / 1024}
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "model/objective.h"
#include "model/space.h"
#include "yaml/reader.h"

namespace trimtab::model {

// One `parameters:` item. `defaults` is what a pack says of it (all fields optional in the document then, and the range
// stays within the pack's), or nullptr.
[[nodiscard]] Parameter read_parameter(const yaml::Node& node, const std::string& path, const Parameter* defaults,
                                       yaml::Faults& faults);
// The same for an item that has further fields: the caller reads those and calls reader.finish().
[[nodiscard]] Parameter read_parameter_fields(yaml::MappingReader& reader, const Parameter* defaults);

[[nodiscard]] std::vector<Constraint> read_constraints(yaml::MappingReader& reader, yaml::Faults& faults);

// A parameter with the place it was written at.
struct PlacedParameter {
  Parameter parameter;
  SourcePosition position;
  std::string path;
};
// Adds faults for names that stand twice and for `when` conditions that are faulty or go in a circle.
void check_parameters(const std::vector<PlacedParameter>& parameters, yaml::Faults& faults);
// Reads `constraints:` and joins them with `parameters`: formulas name only parameters and fit their types, conditions
// have no cycle, some configuration satisfies all constraints. When there were faults the space lacks the constraints
// at fault; it is empty when the parameters themselves are unsound.
[[nodiscard]] Space read_space(yaml::MappingReader& reader, const std::vector<PlacedParameter>& parameters,
                               yaml::Faults& faults);
// Reads `parameters:` too.
[[nodiscard]] Space read_space(yaml::MappingReader& reader, yaml::Faults& faults);

// A configuration written as a mapping, possibly partial. Values are checked against `space` when it is given.
[[nodiscard]] Configuration read_configuration(const yaml::Node& node, const std::string& path, const Space* space,
                                               yaml::Faults& faults);
// The same, which must also be complete and satisfy the constraints.
[[nodiscard]] Configuration read_whole_configuration(const yaml::Node& node, const std::string& path,
                                                     const Space& space, yaml::Faults& faults);

struct Place {
  SourcePosition position;
  std::string field;
};
struct SloPlace : Place {
  std::string unit;  // as stated in the document, for the caller to check against the metric's; usually empty
};
struct ObjectiveParts {
  std::vector<Goal> goals;
  std::vector<Slo> slos;
  std::vector<Formula> formulas;
  // Where each of them stands, in the same order.
  std::vector<Place> goal_places;
  std::vector<SloPlace> slo_places;
  std::vector<Place> formula_places;
};
// Reads goal/goals, slos and formulas. `default_confidence` is for SLOs that state none. A cycle among formulas and an
// SLO that stands twice are faults.
[[nodiscard]] ObjectiveParts read_objective(yaml::MappingReader& reader, double default_confidence,
                                            yaml::Faults& faults);
// Adds a fault for every formula, goal and SLO that uses a name which is neither a parameter, a formula nor one of
// `metrics`, or whose type is wrong. `metrics` none: any further name is a metric.
void check_objective(const ObjectiveParts& parts, const Space& space,
                     const std::optional<std::vector<std::string>>& metrics, yaml::Faults& faults);

// Adds a fault for every SLO that states a unit which is not that of the metric it bounds, or that nothing can be
// compared with. `unit_of`: nullopt for what is no metric with a unit.
void check_slo_units(const ObjectiveParts& parts,
                     const std::function<std::optional<std::string>(const std::string& metric)>& unit_of,
                     yaml::Faults& faults);

// "p95 <= 250", "throughput >= 0.95 * arrivals" (becomes a ratio against 1). kInvalidInput when it is no such relation.
[[nodiscard]] Result<Slo> parse_slo(std::string_view text, double confidence);

// kind: Space, whole.
struct SpaceDocument {
  Space space;
  Objective objective;
  struct ContextVariable {
    std::string name;
    bool log_scale = false;
  };
  std::vector<ContextVariable> context;
  Configuration baseline;       // empty when absent
  std::string candidates_file;  // empty when absent
};
// kInvalidInput with place and field of the first fault; the hint lists the others.
[[nodiscard]] Result<SpaceDocument> read_space_document(const yaml::Document& document);
// Every fault; empty when there are none.
[[nodiscard]] std::vector<Error> space_document_faults(const yaml::Document& document);

}  // namespace trimtab::model
