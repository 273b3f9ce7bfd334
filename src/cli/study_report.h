// What a study found, for people and programs: text, CSV, HTML with plots, and the best configuration as YAML.
#pragma once

#include <string>
#include <vector>

#include "engine/study_json.h"
#include "engine/study_results.h"
#include "optimizer/study_search.h"

namespace trimtab::cli {

struct StudyReport {
  engine::StudyDefinition definition;
  engine::StudyState state;
  std::vector<engine::Experiment> experiments;
  std::vector<optimizer::Importance> importance;  // greatest first
};
[[nodiscard]] StudyReport make_report(engine::LoadedStudy study);

// The outcome in a few lines: since when measurements changed, best against baseline, parameter by parameter, what
// mattered.
[[nodiscard]] std::string report_text(const StudyReport& report);
// One row an experiment; RFC 4180. The column `past`: measured before the latest change.
[[nodiscard]] std::string report_csv(const StudyReport& report);
// One file without references to anything outside; plots are inline SVG.
[[nodiscard]] std::string report_html(const StudyReport& report);
// The best configuration as a YAML mapping with a comment; kNotFound when no experiment was feasible.
[[nodiscard]] Result<std::string> best_yaml(const StudyReport& report);

// "12.35", five significant digits.
[[nodiscard]] std::string short_number(double value);
[[nodiscard]] std::string value_text(const model::Value& value);

}  // namespace trimtab::cli
