#include "simulation/scenario_document.h"

#include <utility>

#include "packs/application_document.h"
#include "yaml/reader.h"

namespace trimtab::simulation {
namespace {

void read_shape(yaml::MappingReader& reader, LoadOptions& load, yaml::Faults& faults) {
  std::vector<std::pair<double, double>> shape;
  reader.each("shape", [&](const yaml::Node& item, const std::string& path) {
    if (item.items.size() != 2) {
      faults.add(item.position, path, "expected [hour, share of the peak]");
      return;
    }
    const auto hour = yaml::scalar_number(item.items[0]);
    const auto share = yaml::scalar_number(item.items[1]);
    if (!hour || !share || *hour < 0 || *hour >= 24 || *share < 0) {
      faults.add(item.position, path, "expected an hour from 0 to 24 and a share of at least 0");
    } else if (!shape.empty() && *hour <= shape.back().first) {
      faults.add(item.position, path, "the hours must ascend");
    } else {
      shape.emplace_back(*hour, *share);
    }
  });
  if (!shape.empty()) load.shape = std::move(shape);
}

LoadOptions read_load(const yaml::Node* node, yaml::Faults& faults) {
  LoadOptions load;
  if (!node) return load;
  yaml::MappingReader reader(*node, "load", faults);
  load.peak = reader.number("peak", load.peak);
  read_shape(reader, load, faults);
  load.weekend = reader.number("weekend", load.weekend);
  load.growth_per_week = reader.number("growth_per_week", load.growth_per_week);
  load.noise = reader.number("noise", load.noise);
  load.surges_per_week = reader.number("surges_per_week", load.surges_per_week);
  load.surge_factor = reader.number("surge_factor", load.surge_factor);
  load.surge_length = reader.duration("surge_length", load.surge_length);
  load.day = reader.duration("day", load.day);
  if (load.peak <= 0) reader.fault("peak", "must be positive");
  if (load.day <= Duration::zero()) reader.fault("day", "must be positive");
  reader.finish();
  return load;
}

ServiceParameters read_service(const yaml::Node* node, yaml::Faults& faults) {
  ServiceParameters service = shop_parameters();
  if (!node) return service;
  yaml::MappingReader reader(*node, "service", faults);
  const std::pair<const char*, double ServiceParameters::*> numbers[] = {
      {"render_ms", &ServiceParameters::render_ms},
      {"render_alloc_mib", &ServiceParameters::render_alloc_mib},
      {"zipf", &ServiceParameters::zipf},
      {"page_mib", &ServiceParameters::page_mib},
      {"cache_heap_share", &ServiceParameters::cache_heap_share},
      {"live_base_mib", &ServiceParameters::live_base_mib},
      {"native_mib", &ServiceParameters::native_mib},
      {"thread_mib", &ServiceParameters::thread_mib},
      {"idle_cores", &ServiceParameters::idle_cores},
      {"host_cores", &ServiceParameters::host_cores},
      {"timeout_s", &ServiceParameters::timeout_s},
      {"warm_up_factor", &ServiceParameters::warm_up_factor},
      {"warm_up_time_s", &ServiceParameters::warm_up_time_s},
  };
  for (const auto& [name, member] : numbers) {
    service.*member = reader.number(name, service.*member);
    if (service.*member < 0) reader.fault(name, "must not be negative");
  }
  service.pages = reader.integer("pages", service.pages, 1, 1'000'000);
  service.warm_pages = reader.integer("warm_pages", service.warm_pages, 0, 1'000'000);
  double cpu_scale = reader.number("cpu_scale", 1);  // all requests' processor time: a faster or slower machine
  if (cpu_scale <= 0) reader.fault("cpu_scale", "must be positive"), cpu_scale = 1;
  for (RequestClass& c : service.classes)
    c.cpu_ms *= cpu_scale;
  service.render_ms *= cpu_scale;
  reader.finish();
  return service;
}

}  // namespace

Result<Scenario> read_scenario(std::string_view text, const std::string& file, const packs::PackLibrary& packs,
                               const std::function<Result<std::string>(const std::string& name)>& read_file) {
  TRY_ASSIGN(const yaml::Document document, yaml::parse(text, file));
  yaml::Faults faults;
  yaml::MappingReader reader(document.root, "", faults);
  yaml::expect_kind(reader, "Scenario");
  Scenario scenario;
  scenario.name = reader.text("name");
  const std::string application = reader.text("application");
  const std::string start = reader.text("start", "2026-01-05T00:00:00Z");
  scenario.length = reader.duration("length", scenario.length);
  scenario.history = reader.duration("history", scenario.history);
  scenario.step = reader.duration("step", scenario.step);
  scenario.replicas = reader.integer("replicas", scenario.replicas, 1, 1000);
  scenario.replica_start = reader.duration("replica_start", scenario.replica_start);
  scenario.measurement_noise = reader.number("measurement_noise", scenario.measurement_noise);
  scenario.allowed_breach = reader.number("allowed_breach", scenario.allowed_breach);
  scenario.seed = static_cast<std::uint64_t>(reader.integer("seed", 1, 0, 1'000'000'000));
  scenario.load = read_load(reader.take("load"), faults);
  scenario.service = read_service(reader.take("service"), faults);
  scenario.load.seed = scenario.seed;
  if (scenario.step <= Duration::zero()) reader.fault("step", "must be positive");
  if (scenario.length < scenario.step) reader.fault("length", "must be at least one step");
  if (scenario.history < Duration::zero()) reader.fault("history", "must not be negative");
  if ((scenario.length + scenario.history) / std::max(scenario.step, Duration(1)) > 1'000'000)
    reader.fault("length", "more than a million steps");
  const auto instant = parse_rfc3339(start);
  if (instant) {
    scenario.start = *instant;
  } else {
    reader.fault("start", instant.error().message);
  }
  reader.finish();
  TRY(faults.result());
  TRY_ASSIGN(const std::string application_text, read_file(application));
  TRY_ASSIGN(scenario.application, packs::read_application(application_text, application, packs));
  if (scenario.application.baseline.empty()) {
    return fail(invalid_input("a simulated application needs a baseline", "baseline"));
  }
  TRY(scenario.application.space.validate(scenario.application.baseline));
  return scenario;
}

}  // namespace trimtab::simulation
