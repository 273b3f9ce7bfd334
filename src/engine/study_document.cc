#include "engine/study_document.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/random.h"
#include "base/spelling.h"
#include "model/space_document.h"
#include "packs/application_document.h"
#include "packs/memory_feasibility.h"
#include "packs/pack_rules.h"
#include "yaml/reader.h"

namespace trimtab::engine {
namespace {

constexpr double kConfidence = 0.95;
constexpr int kMostExperiments = 10'000;
constexpr int kMostRepeats = 100;
constexpr std::size_t kLongestName = 63;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && name.front() != '-' &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

std::vector<std::string> read_command(yaml::MappingReader& reader, const char* name) {
  const yaml::Node* node = reader.take(name);
  if (!node) return {};
  if (node->kind == yaml::Kind::kScalar) {
    if (node->text.empty()) reader.fault(name, "the command is empty");
    return {"/bin/sh", "-c", node->text};
  }
  std::vector<std::string> arguments;
  for (const yaml::Node& item : node->items) {
    if (item.kind != yaml::Kind::kScalar) {
      reader.fault(name, "expected a list of texts or one text for the shell");
      return {};
    }
    arguments.push_back(item.text);
  }
  if (arguments.empty()) reader.fault(name, "the command is empty");
  return arguments;
}

LoadTest read_load(const yaml::Node& node, const std::string& path, yaml::Faults& faults) {
  yaml::MappingReader reader(node, path, faults);
  LoadTest load;
  load.command = read_command(reader, "command");
  load.timeout = reader.duration("timeout", load.timeout);
  load.output_file = reader.text("output", "");
  reader.each("metrics", [&](const yaml::Node& item, const std::string& item_path) {
    yaml::MappingReader fields(item, item_path, faults);
    OutputMetric metric;
    metric.name = fields.text("name");
    metric.unit = fields.text("unit", "");
    metric.json = fields.text("json", "");
    metric.regex = fields.text("regex", "");
    metric.scale = fields.number("scale", 1);
    fields.finish();
    if (const auto sound = check_output_metric(metric); !sound) {
      fields.fault(sound.error().field, sound.error().message, sound.error().hint);
    }
    load.metrics.push_back(std::move(metric));
  });
  if (load.command.empty()) reader.fault("command", "the load test has no command");
  if (load.timeout <= Duration::zero()) reader.fault("timeout", "must be positive");
  reader.finish();
  return load;
}

TrialPlan read_trial(const yaml::Node* node, yaml::Faults& faults) {
  TrialPlan plan;
  if (!node) return plan;
  yaml::MappingReader reader(*node, "trial", faults);
  plan.repeats = reader.integer("repeats", plan.repeats, 1, kMostRepeats);
  plan.retries = reader.integer("retries", plan.retries, 0, kMostRepeats);
  plan.warm_up = reader.duration("warm_up", plan.warm_up);
  if (const yaml::Node* load = reader.take("load")) plan.load = read_load(*load, "trial.load", faults);
  if (const yaml::Node* measure = reader.take("measure")) {
    yaml::MappingReader fields(*measure, "trial.measure", faults);
    plan.skip = fields.duration("skip", plan.skip);
    plan.window = fields.duration("window", plan.window);
    if (plan.window <= Duration::zero()) fields.fault("window", "must be positive");
    fields.finish();
  }
  reader.finish();
  return plan;
}

StudyBudget read_budget(const yaml::Node* node, yaml::Faults& faults) {
  StudyBudget budget;
  if (!node) return budget;
  yaml::MappingReader reader(*node, "budget", faults);
  budget.experiments = reader.integer("experiments", budget.experiments, 1, kMostExperiments);
  if (const Duration time = reader.duration("time", Duration::zero()); time > Duration::zero()) budget.time = time;
  reader.finish();
  return budget;
}

void read_telemetry(yaml::MappingReader& reader, model::Application& application, yaml::Faults& faults) {
  if (const yaml::Node* node = reader.take("prometheus")) {
    yaml::MappingReader fields(*node, "prometheus", faults);
    application.telemetry.prometheus_url = fields.text("url");
    application.telemetry.timeout = fields.duration("timeout", std::chrono::seconds(10));
    application.telemetry.token_file = fields.text("token_file", "");
    fields.finish();
  }
  reader.each("metrics", [&](const yaml::Node& item, const std::string& path) {
    yaml::MappingReader fields(item, path, faults);
    model::Metric metric;
    metric.name = fields.text("name");
    metric.query = fields.text("query");
    metric.unit = fields.text("unit", "");
    metric.description = fields.text("description", "");
    metric.default_value = fields.optional_number("default");
    metric.plausible_min = -metric.plausible_max;
    fields.finish();
    std::erase_if(application.metrics, [&](const model::Metric& other) { return other.name == metric.name; });
    application.metrics.push_back(std::move(metric));
  });
}

// `components:` instead of an application: parameters are those of their packs, and so are metrics where there is a
// Prometheus.
void read_components(yaml::MappingReader& reader, const packs::PackLibrary& packs, StudyDefinition& study,
                     yaml::Faults& faults) {
  const auto components = packs::read_components(reader, packs);
  for (const auto& entry : components)
    study.application.components.push_back(entry.component);
  const auto parameters = packs::read_parameters(reader, components);
  reader.take("constraints");
  const packs::PackRules rules = packs::read_pack_rules(reader);
  if (parameters.empty()) return;
  study.problem.space = packs::with_relations(model::read_space(reader, parameters, faults), components, rules, reader);
  if (rules.memory) study.application.memory = packs::memory_feasibility(components, study.problem.space);
  if (reader.take("prometheus") == nullptr) return;
  for (const auto& entry : components) {
    if (entry.pack == nullptr) continue;
    for (const auto& known : entry.pack->metrics) {
      model::Metric metric = known.metric;
      metric.name = entry.component.name + "." + metric.name;
      metric.query = packs::expand_labels(std::move(metric.query), entry.component.labels);
      study.application.metrics.push_back(std::move(metric));
    }
  }
}

// Of a study that states no components itself.
void refuse_component_fields(yaml::MappingReader& reader) {
  for (const char* name : {"components", "pack_rules"})
    if (reader.take(name) != nullptr) reader.fault(name, "only for a study that has components and no application");
}

// The application's space with the domains that the study gives anew.
model::Space narrowed(yaml::MappingReader& reader, const model::Space& space, yaml::Faults& faults) {
  std::vector<model::Parameter> parameters = space.parameters();
  bool changed = false;
  reader.each("parameters", [&](const yaml::Node& item, const std::string& path) {
    const yaml::Node* name = item.find("name");
    const auto found = std::ranges::find_if(
        parameters, [&](const model::Parameter& p) { return name != nullptr && p.name == name->text; });
    if (found == parameters.end()) {
      faults.add(item.position, path + ".name", "the application has no such parameter");
      return;
    }
    *found = model::read_parameter(item, path, &*found, faults);
    changed = true;
  });
  std::vector<model::Constraint> constraints = space.constraints();
  for (model::Constraint& constraint : model::read_constraints(reader, faults)) {
    constraints.push_back(std::move(constraint));
    changed = true;
  }
  if (!changed || !faults.empty()) return space;
  auto made = model::Space::create(std::move(parameters), std::move(constraints));
  if (made) return std::move(*made);
  faults.add(std::move(made).error(), reader.position(), "parameters");
  return space;
}

std::vector<std::string> metric_names(const StudyDefinition& study) {
  std::vector<std::string> names;
  for (const OutputMetric& metric : study.trial.load.metrics)
    names.push_back(metric.name);
  for (const model::Metric& metric : study.application.metrics)
    names.push_back(metric.name);
  return names;
}

std::optional<std::string> unit_of(const StudyDefinition& study, const std::string& metric) {
  for (const OutputMetric& measured : study.trial.load.metrics) {
    if (measured.name == metric) return measured.unit;
  }
  for (const model::Metric& queried : study.application.metrics) {
    if (queried.name == metric) return queried.unit;
  }
  return std::nullopt;
}

void read_objective(yaml::MappingReader& reader, const yaml::Node& root, bool has_application, StudyDefinition& study,
                    yaml::Faults& faults) {
  if (has_application && !root.find("goal") && !root.find("goals") && !root.find("slos") && !root.find("formulas")) {
    study.problem.objective = study.application.objective;
    return;
  }
  const model::ObjectiveParts parts = model::read_objective(reader, kConfidence, faults);
  if (study.problem.space.parameters().empty()) return;
  model::check_objective(parts, study.problem.space, metric_names(study), faults);
  model::check_slo_units(parts, [&](const std::string& name) { return unit_of(study, name); }, faults);
  auto objective = model::Objective::create(parts.goals, parts.slos, parts.formulas);
  if (objective) {
    study.problem.objective = std::move(*objective);
  } else if (faults.empty()) {
    faults.add(std::move(objective).error(), reader.position(), "goal");
  }
}

void read_platform(yaml::MappingReader& reader, StudyDefinition& study, yaml::Faults& faults, bool has_application) {
  const yaml::Node* node = has_application ? reader.take("platform") : reader.take_required("platform");
  if (!node) return;
  const yaml::Node* kind = node->find("kind");
  if (!kind || kind->kind != yaml::Kind::kScalar) {
    faults.add(node->position, "platform.kind", "the platform has no kind", "command or local");
    return;
  }
  study.application.platform_kind = kind->text;
  study.application.platform.root = *node;
}

void check_metrics(const StudyDefinition& study, yaml::MappingReader& reader) {
  std::vector<std::string> parameters;
  for (const model::Parameter& parameter : study.problem.space.parameters())
    parameters.push_back(parameter.name);
  const std::vector<std::string> known = metric_names(study);
  for (const std::string& name : study.problem.objective.required_metrics(parameters)) {
    if (std::ranges::find(known, name) != known.end()) continue;
    reader.fault("metrics",
                 fmt::format("goal or SLOs use \"{}\", which neither the load test nor Prometheus gives", name),
                 spelling_hint(name, known));
  }
  if (!study.application.metrics.empty() && study.application.telemetry.prometheus_url.empty()) {
    reader.fault("prometheus", "there are metrics with queries but no Prometheus", "add prometheus: {url: ...}");
  }
}

}  // namespace

Result<StudyDefinition> read_study(std::string_view text, const std::string& file, const packs::PackLibrary& packs,
                                   const std::function<Result<std::string>(const std::string& name)>& read_file) {
  TRY_ASSIGN(const yaml::Document document, yaml::parse(text, file));
  yaml::Faults faults;
  yaml::MappingReader reader(document.root, "", faults);
  yaml::expect_kind(reader, "Study");
  StudyDefinition study;
  study.name = reader.text("name");
  if (!is_name(study.name)) reader.fault("name", "a name has lower-case letters, digits and hyphens, at most 63");
  study.description = reader.text("description", "");
  const std::string application = reader.text("application", "");
  if (!application.empty()) {
    TRY_ASSIGN(const std::string application_text, read_file(application));
    TRY_ASSIGN(study.application, packs::read_application(application_text, application, packs));
    study.problem.space = narrowed(reader, study.application.space, faults);
    refuse_component_fields(reader);
  } else if (document.root.find("components") != nullptr) {
    study.application.platform.file = file;
    read_components(reader, packs, study, faults);
  } else {
    study.application.platform.file = file;
    study.problem.space = model::read_space(reader, faults);
    refuse_component_fields(reader);
  }
  study.application.name = study.name;
  read_platform(reader, study, faults, !application.empty());
  read_telemetry(reader, study.application, faults);
  study.trial = read_trial(reader.take("trial"), faults);
  study.budget = read_budget(reader.take("budget"), faults);
  study.seed = static_cast<std::uint64_t>(reader.integer("seed", 1, 0, 1'000'000'000));
  read_objective(reader, document.root, !application.empty(), study, faults);
  study.problem.baseline = study.application.baseline;
  if (const yaml::Node* baseline = reader.take("baseline"); baseline && !study.problem.space.parameters().empty()) {
    study.problem.baseline = model::read_whole_configuration(*baseline, "baseline", study.problem.space, faults);
  }
  if (faults.empty() && !study.problem.objective.goals().empty()) check_metrics(study, reader);
  reader.finish();
  TRY(faults.result());
  const model::Goal& goal = study.problem.objective.goals().front();
  study.goal_text = (goal.direction == model::Direction::kMinimize ? "minimize " : "maximize ") + goal.text;
  study.application.space = study.problem.space;
  study.application.objective = study.problem.objective;
  study.application.baseline = study.problem.baseline;
  study.source_text = text;
  study.revision = fmt::format("{:016x}", stable_hash(text));
  return study;
}

}  // namespace trimtab::engine
