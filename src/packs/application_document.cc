#include "packs/application_document.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/random.h"
#include "base/spelling.h"
#include "packs/application_parts.h"
#include "packs/application_policy.h"
#include "packs/memory_feasibility.h"
#include "packs/pack_rules.h"
#include "packs/platform_support.h"

namespace trimtab::packs {
namespace {

using model::Application;
using model::MetricRole;

// A name that stands in URLs, file names and labels: RFC 1123.
bool is_application_name(std::string_view name) {
  constexpr std::size_t kLongest = 63;
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kLongest && plain(name.front()) && plain(name.back()) &&
         std::ranges::all_of(name, [&](char c) { return plain(c) || c == '-'; });
}

std::vector<std::string> names_of(const std::vector<model::Metric>& metrics) {
  std::vector<std::string> names;
  for (const auto& metric : metrics)
    names.push_back(metric.name);
  return names;
}

void read_head(yaml::MappingReader& reader, Application& application) {
  yaml::expect_kind(reader, "Application");
  application.name = reader.text("name");
  application.description = reader.text("description", "");
  if (!application.name.empty() && !is_application_name(application.name)) {
    reader.fault("name", fmt::format("\"{}\" is not a name of an application", application.name),
                 "use small letters, digits and \"-\", at most 63");
  }
}

void read_platform(yaml::MappingReader& reader, const std::string& file, Application& application) {
  const yaml::Node* node = reader.take_required("platform");
  if (node == nullptr) return;
  application.platform = {file, *node};
  yaml::MappingReader platform(*node, reader.path_of("platform"), reader.faults());
  application.platform_kind = platform.choice("kind", {"local", "kubernetes", "simulated"});
}

// The metric named by `load:`, else the only one with that role.
void read_load(yaml::MappingReader& reader, Application& application) {
  const std::string named = reader.text("load", "");
  std::vector<std::string> candidates;
  for (const auto& metric : application.metrics) {
    if (metric.role == MetricRole::kLoad) candidates.push_back(metric.name);
  }
  application.load_metric = named;
  if (named.empty()) {
    if (candidates.size() != 1) {
      reader.fault("load",
                   candidates.empty() ? "no metric says what the load is" : "several metrics have the role load",
                   "write load: NAME with the metric that counts requests per second");
      return;
    }
    application.load_metric = candidates.front();
  }
  const auto at = std::ranges::find(application.metrics, application.load_metric, &model::Metric::name);
  if (at == application.metrics.end()) {
    reader.fault("load", fmt::format("there is no metric \"{}\"", named),
                 spelling_hint(named, names_of(application.metrics)));
    return;
  }
  at->role = MetricRole::kLoad;
}

// A unit that an SLO states must be its metric's, and its bound must be a value the metric can have.
void check_bounds(const model::ObjectiveParts& parts, const std::vector<model::Metric>& metrics, yaml::Faults& faults) {
  const auto find = [&](const std::string& name) { return std::ranges::find(metrics, name, &model::Metric::name); };
  const auto unit_of = [&](const std::string& name) {
    const auto metric = find(name);
    return metric == metrics.end() ? std::nullopt : std::optional(metric->unit);
  };
  model::check_slo_units(parts, unit_of, faults);
  for (std::size_t i = 0; i < parts.slos.size(); ++i) {
    const model::Slo& slo = parts.slos[i];
    const model::SloPlace& place = parts.slo_places[i];
    const auto metric = find(slo.value.to_string());
    const bool other_unit = !place.unit.empty() && metric != metrics.end() && place.unit != metric->unit;
    if (metric == metrics.end() || other_unit) continue;
    if (slo.bound >= metric->plausible_min && slo.bound <= metric->plausible_max) continue;
    faults.add(place.position, place.field,
               fmt::format("the bound {} is no value that {} can have ({} to {} {})", slo.bound, metric->name,
                           metric->plausible_min, metric->plausible_max, metric->unit),
               "write the bound in the metric's unit");
  }
}

// What goal, SLOs and load need must be there in every window.
void require_used_metrics(Application& application) {
  std::vector<std::string> parameters;
  for (const auto& parameter : application.space.parameters())
    parameters.push_back(parameter.name);
  std::vector<std::string> used = application.objective.required_metrics(parameters);
  used.push_back(application.load_metric);
  for (auto& metric : application.metrics) {
    if (std::ranges::find(used, metric.name) != used.end()) metric.required = true;
  }
}

Application read_fields(const yaml::Document& document, const PackLibrary& packs, yaml::Faults& faults) {
  Application application;
  yaml::MappingReader reader(document.root, "", faults);
  read_head(reader, application);
  const auto components = read_components(reader, packs);
  for (const auto& entry : components)
    application.components.push_back(entry.component);
  read_platform(reader, document.file, application);
  application.telemetry = read_telemetry(reader, application.platform_kind != "simulated");
  application.metrics = read_metrics(reader, components);
  read_load(reader, application);
  application.prices = read_prices(reader);
  application.cadence = read_cadence(reader);
  application.policy = read_policy(reader);
  const auto parameters = read_parameters(reader, components);
  check_platform(parameters, components, application.platform_kind, faults);
  reader.take("constraints");
  if (!parameters.empty()) application.space = model::read_space(reader, parameters, faults);
  const PackRules rules = read_pack_rules(reader);
  application.space = with_relations(application.space, components, rules, reader);
  if (rules.memory) application.memory = memory_feasibility(components, application.space);
  const auto parts = model::read_objective(reader, application.policy.confidence, faults);
  const yaml::Node* baseline = reader.take("baseline");
  reader.finish();
  check_bounds(parts, application.metrics, faults);
  // What follows needs the components and parameters; without them it would only repeat their faults.
  if (application.space.parameters().empty()) return application;
  check_parameter_modes(reader, application.space);
  model::check_objective(parts, application.space, names_of(application.metrics), faults);
  if (baseline != nullptr) {
    application.baseline = model::read_whole_configuration(*baseline, "baseline", application.space, faults);
  }
  if (!faults.empty()) return application;
  auto objective = model::Objective::create(parts.goals, parts.slos, parts.formulas);
  if (!objective) {
    faults.add(std::move(objective).error(), reader.position(), "");
    return application;
  }
  application.objective = *std::move(objective);
  application.monotone = monotone_relations(components, application.metrics, application.space);
  require_used_metrics(application);
  return application;
}

}  // namespace

Result<Application> read_application(std::string_view text, const std::string& file, const PackLibrary& packs) {
  TRY_ASSIGN(const yaml::Document document, yaml::parse(text, file));
  yaml::Faults faults;
  Application application = read_fields(document, packs, faults);
  TRY(faults.result());
  application.source_text = std::string(text);
  application.revision = fmt::format("{:016x}", stable_hash(text));
  return application;
}

std::vector<Error> application_faults(std::string_view text, const std::string& file, const PackLibrary& packs) {
  const auto document = yaml::parse(text, file);
  if (!document) return {document.error()};
  yaml::Faults faults;
  read_fields(*document, packs, faults);
  return faults.all();
}

}  // namespace trimtab::packs
