// The parts of a document that say what may be chosen and what is wanted: `parameters:`, `constraints:`, `goal:` or
// `goals:`, `slos:`, `formulas:`. Shared by the kinds Space, Study and Application.
//
//   parameters:
//     - {name: heap, type: integer, min: 256, max: 4096, scale: log, unit: MiB, max_step: 256}
//   constraints: [heap + 300 <= memory]
//   goal: {minimize: cost}
//   slos: [p95 <= 250, {metric: errors, max: 0.01, confidence: 0.95}]
//   formulas: {cost: 20 * cpu + 3 * memory / 1024}
#pragma once

#include <vector>

#include "model/objective.h"
#include "model/space.h"
#include "yaml/reader.h"

namespace trimtab::model {

// One `parameters:` item. `defaults` is what a pack says of it (all fields optional in the document then), or nullptr.
[[nodiscard]] Parameter read_parameter(const yaml::Node& node, const std::string& path, const Parameter* defaults,
                                       yaml::Faults& faults);
[[nodiscard]] std::vector<Constraint> read_constraints(yaml::MappingReader& reader, yaml::Faults& faults);
// A configuration written as a mapping. Values are checked against `space` when it is given.
[[nodiscard]] Configuration read_configuration(const yaml::Node& node, const std::string& path, const Space* space,
                                               yaml::Faults& faults);

struct ObjectiveParts {
  std::vector<Goal> goals;
  std::vector<Slo> slos;
  std::vector<Formula> formulas;
};
// Reads goal/goals, slos and formulas. `default_confidence` is for SLOs that state none.
[[nodiscard]] ObjectiveParts read_objective(yaml::MappingReader& reader, double default_confidence,
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
[[nodiscard]] Result<SpaceDocument> read_space_document(const yaml::Document& document);

}  // namespace trimtab::model
