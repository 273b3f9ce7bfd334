// The REST shapes of studies (web/src/api/types.ts).
#include <cmath>

#include "engine/study_evidence.h"
#include "engine/study_json.h"
#include "json/json.h"
#include "model/json_archive.h"
#include "model/parameter_names.h"
#include "optimizer/study_search.h"

namespace trimtab::engine {
namespace {

using nlohmann::json;

json optional_number(const std::optional<double>& number) {
  return number ? trimtab::json::finite(*number) : json(nullptr);
}

json configuration_json(const model::Configuration& configuration) {
  return model::JsonWriter::write(configuration);
}

json summary_of(const StoredStudy& stored, const LoadedStudy& study, const std::vector<Experiment>& all, Instant now) {
  const model::Objective& objective = study.definition.problem.objective;
  const Experiment* best = best_experiment(objective, all);
  const Experiment* baseline = experiment_of(all, study.definition.problem.baseline);
  const bool minimize = objective.goals().front().direction == model::Direction::kMinimize;
  const std::vector<int>& changes = study.state.changes;
  return {{"name", stored.name},
          {"state", study_condition(study.state, now)},
          {"goal", objective.goals().front().text},
          {"direction", minimize ? "minimize" : "maximize"},
          {"experiments", all.size()},
          {"budget", study.state.budget},
          {"best", best ? optional_number(best->goal) : json(nullptr)},
          {"baseline", baseline ? optional_number(baseline->goal) : json(nullptr)},
          {"changed_since", changes.empty() ? json(nullptr) : json(changes.back())},
          {"created", format_rfc3339(stored.created)},
          {"updated", format_rfc3339(stored.updated)}};
}

json parameter_json(const model::Parameter& parameter, const model::Configuration& baseline) {
  const auto dot = parameter.name.rfind('.');
  const model::Value* value = baseline.find(parameter.name);
  const json base = value ? model::JsonWriter::write(*value) : json(nullptr);
  const bool number = parameter.is_number();
  return {{"name", parameter.name},
          {"component", dot == std::string::npos ? "" : parameter.name.substr(0, dot)},
          {"type", model::type_name(parameter.type)},
          {"min", number ? json(parameter.min) : json(nullptr)},
          {"max", number ? json(parameter.max) : json(nullptr)},
          {"step", parameter.step ? json(*parameter.step) : json(nullptr)},
          {"values", parameter.values},
          {"unit", parameter.unit},
          {"max_step", parameter.max_step ? json(*parameter.max_step) : json(nullptr)},
          {"effect", model::effect_name(parameter.effect)},
          {"mode", "autonomous"},
          {"description", parameter.description},
          {"live", nullptr},
          {"baseline", base}};
}

json experiment_json(const Experiment& experiment) {
  json metrics = json::object();
  for (const auto& [name, value] : experiment.metrics) {
    if (std::isfinite(value)) metrics[name] = value;
  }
  return {{"number", experiment.number},
          {"configuration", configuration_json(experiment.configuration)},
          {"goal", optional_number(experiment.goal)},
          {"feasible", experiment.feasible},
          {"failed", experiment.failed},
          {"failure", model::JsonWriter::write(experiment.failure)},
          {"metrics", std::move(metrics)},
          {"trials", experiment.trials},
          {"era", experiment.era},
          {"past", experiment.past},
          {"started", format_rfc3339(experiment.started)},
          {"ended", format_rfc3339(experiment.ended)},
          {"why", experiment.why}};
}

}  // namespace

Result<json> study_summary_json(const StoredStudy& study, const std::vector<StoredTrial>& trials,
                                const packs::PackLibrary& packs, Instant now) {
  TRY_ASSIGN(const LoadedStudy loaded, load_study(study, trials, packs));
  return summary_of(study, loaded, experiments(loaded.definition.problem.objective, loaded.state), now);
}

Result<json> study_detail_json(const StoredStudy& study, const std::vector<StoredTrial>& trials,
                               const packs::PackLibrary& packs, Instant now) {
  TRY_ASSIGN(const LoadedStudy loaded, load_study(study, trials, packs));
  TRY_ASSIGN(const StudyFiles files, stored_files(study.document));
  const optimizer::Problem& problem = loaded.definition.problem;
  const std::vector<Experiment> all = experiments(problem.objective, loaded.state);
  json detail = summary_of(study, loaded, all, now);
  detail["document"] = files.document;
  detail["parameters"] = json::array();
  for (const model::Parameter& parameter : problem.space.parameters())
    detail["parameters"].push_back(parameter_json(parameter, problem.baseline));
  detail["slos"] = json::array();
  for (const model::Slo& slo : problem.objective.slos())
    detail["slos"].push_back(slo.text.empty() ? slo.name : slo.text);
  detail["experiments_list"] = json::array();
  for (const Experiment& experiment : all)
    detail["experiments_list"].push_back(experiment_json(experiment));
  const Experiment* best = best_experiment(problem.objective, all);
  detail["best_configuration"] = best ? configuration_json(best->configuration) : json(nullptr);
  detail["changes"] = json::array();
  for (const Change& change : changes(loaded.state))
    detail["changes"].push_back({{"trial", change.trial}, {"experiment", change.experiment}});
  detail["importance"] = json::array();
  const StudyEvidence evidence = StudyEvidence::of_state(loaded.definition, loaded.state);
  for (const auto& one : optimizer::importance(evidence.problem(), evidence.request()))
    detail["importance"].push_back({{"parameter", one.parameter}, {"share", trimtab::json::finite(one.share)}});
  detail["status"] = loaded.state.status;
  return detail;
}

}  // namespace trimtab::engine
