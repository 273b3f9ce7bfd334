#include "cli/study_report.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "engine/study_evidence.h"

namespace trimtab::cli {
namespace {

std::string csv_field(const std::string& text) {
  if (text.find_first_of("\",\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

void add_row(std::string& csv, const std::vector<std::string>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) csv += ',';
    csv += csv_field(fields[i]);
  }
  csv += "\r\n";
}

std::string improvement(const model::Objective& objective, double best, double baseline) {
  if (baseline == 0) return "";
  const double change = (best - baseline) / std::abs(baseline);
  const bool better = engine::is_better(objective, best, baseline);
  return fmt::format(", {:.1f} % {} than the baseline's {}", 100 * std::abs(change), better ? "better" : "worse",
                     short_number(baseline));
}

// What "no experiment held every SLO" is true of.
std::string_view since(const StudyReport& report) {
  return report.state.changes.empty() ? "" : " since measurements changed";
}

std::string best_lines(const StudyReport& report, const engine::Experiment& best) {
  const model::Objective& objective = report.definition.problem.objective;
  const model::Configuration& baseline = report.definition.problem.baseline;
  const engine::Experiment* before = engine::experiment_of(report.experiments, baseline);
  std::string text = fmt::format("Best: experiment {} ({} trials), {} = {}{}\n", best.number, best.trials,
                                 objective.goals().front().text, short_number(*best.goal),
                                 before && before->goal ? improvement(objective, *best.goal, *before->goal) : "");
  for (const auto& [name, value] : best.configuration.entries()) {
    const model::Value* old = baseline.find(name);
    const model::Parameter* parameter = report.definition.problem.space.find(name);
    text += fmt::format("  {} = {}{}{}{}\n", name, value_text(value), parameter && !parameter->unit.empty() ? " " : "",
                        parameter ? parameter->unit : "",
                        old && *old != value ? fmt::format("  (baseline {})", value_text(*old)) : "");
  }
  for (std::size_t k = 0; k < best.slos.size(); ++k) {
    const model::Slo& slo = objective.slos()[k];
    text += fmt::format("  {}: {}\n", slo.text.empty() ? slo.name : slo.text, short_number(best.slos[k]));
  }
  return text;
}

}  // namespace

std::string short_number(double value) {
  return fmt::format("{:.5g}", value);
}

std::string value_text(const model::Value& value) {
  return value.is_number() ? fmt::format("{}", value.number()) : value.text();
}

StudyReport make_report(engine::LoadedStudy study) {
  StudyReport report;
  report.definition = std::move(study.definition);
  report.state = std::move(study.state);
  report.experiments = engine::experiments(report.definition.problem.objective, report.state);
  const auto evidence = engine::StudyEvidence::of_state(report.definition, report.state);
  report.importance = optimizer::importance(evidence.problem(), evidence.request());
  std::ranges::stable_sort(report.importance, std::greater<>{}, &optimizer::Importance::share);
  return report;
}

std::string report_text(const StudyReport& report) {
  const auto failed = std::ranges::count(report.experiments, true, &engine::Experiment::failed);
  const auto feasible = std::ranges::count(report.experiments, true, &engine::Experiment::feasible);
  std::string text = fmt::format(
      "{}: {}\n{} experiments, {} of them hold every SLO, {} failed; {} of measuring\n", report.definition.name,
      report.state.status, report.experiments.size(), feasible, failed,
      format_duration(duration_from_seconds(static_cast<double>(static_cast<long>(to_seconds(report.state.spent))))));
  if (!report.state.changes.empty()) text += engine::changes_text(report.state) + '\n';
  const engine::Experiment* best = engine::best_experiment(report.definition.problem.objective, report.experiments);
  text += best ? best_lines(report, *best) : fmt::format("No experiment held every SLO{}.\n", since(report));
  std::string mattered;
  for (const optimizer::Importance& one : report.importance) {
    if (one.share + one.interaction < 0.01) continue;
    mattered += fmt::format("{}{} {:.0f} %", mattered.empty() ? "" : ", ", one.parameter, 100 * one.share);
    if (one.interaction >= 0.01) mattered += fmt::format(" (with others {:.0f} % more)", 100 * one.interaction);
  }
  if (!mattered.empty()) text += "What moved the goal: " + mattered + "\n";
  return text;
}

std::string report_csv(const StudyReport& report) {
  std::set<std::string> metrics;
  for (const engine::Experiment& experiment : report.experiments) {
    for (const auto& [name, value] : experiment.metrics)
      metrics.insert(name);
  }
  std::vector<std::string> header = {"experiment", "trials", "started", "ended", "feasible", "failed", "past", "goal"};
  for (const model::Parameter& parameter : report.definition.problem.space.parameters())
    header.push_back(parameter.name);
  header.insert(header.end(), metrics.begin(), metrics.end());
  header.insert(header.end(), {"why", "failure"});
  std::string csv;
  add_row(csv, header);
  for (const engine::Experiment& experiment : report.experiments) {
    std::vector<std::string> row = {
        std::to_string(experiment.number),      std::to_string(experiment.trials),
        format_rfc3339(experiment.started),     format_rfc3339(experiment.ended),
        experiment.feasible ? "true" : "false", experiment.failed ? "true" : "false",
        experiment.past ? "true" : "false",     experiment.goal ? fmt::format("{}", *experiment.goal) : ""};
    for (const model::Parameter& parameter : report.definition.problem.space.parameters()) {
      const model::Value* value = experiment.configuration.find(parameter.name);
      row.push_back(value ? value_text(*value) : "");
    }
    for (const std::string& name : metrics) {
      const auto found = experiment.metrics.find(name);
      row.push_back(found == experiment.metrics.end() ? "" : fmt::format("{}", found->second));
    }
    row.push_back(experiment.why);
    row.push_back(experiment.failure);
    add_row(csv, row);
  }
  return csv;
}

Result<std::string> best_yaml(const StudyReport& report) {
  const engine::Experiment* best = engine::best_experiment(report.definition.problem.objective, report.experiments);
  if (!best)
    return fail(not_found(fmt::format("no experiment held every SLO{}", since(report)),
                          "see: trimtab study show " + report.definition.name));
  std::string text =
      fmt::format("# Best configuration of the study {}: experiment {}, {} = {}\n", report.definition.name,
                  best->number, report.definition.problem.objective.goals().front().text, short_number(*best->goal));
  for (const auto& [name, value] : best->configuration.entries()) {
    if (value.is_number()) {
      text += fmt::format("{}: {}\n", name, value_text(value));
      continue;
    }
    std::string quoted;
    for (const char c : value.text())
      quoted += c == '\'' ? std::string("''") : std::string(1, c);
    text += fmt::format("{}: '{}'\n", name, quoted);
  }
  return text;
}

}  // namespace trimtab::cli
