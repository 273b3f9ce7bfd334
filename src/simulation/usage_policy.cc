#include "simulation/usage_policy.h"

#include <algorithm>
#include <cmath>

#include "simulation/account.h"
#include <fmt/format.h>

namespace trimtab::simulation {
namespace {

constexpr double kAfterKill = 1.2;  // the VPA's oom-bump-up-ratio

struct Sample {
  double value = 0;
  double weight = 1;
};

double weighted_quantile(std::vector<Sample> samples, double q) {
  if (samples.empty()) return 0;
  std::ranges::sort(samples, {}, &Sample::value);
  double total = 0;
  for (const Sample& sample : samples)
    total += sample.weight;
  double sum = 0;
  for (const Sample& sample : samples) {
    sum += sample.weight;
    if (sum >= q * total) return sample.value;
  }
  return samples.back().value;
}

const model::Parameter* parameter_ending(const model::Space& space, std::string_view suffix) {
  for (const model::Parameter& parameter : space.parameters()) {
    if (parameter.name == suffix || parameter.name.ends_with("." + std::string(suffix))) return &parameter;
  }
  return nullptr;
}

// The least admissible number that is not below `wanted`, or the greatest there is.
double round_up(const model::Parameter& parameter, double wanted) {
  double number = parameter.snap(std::clamp(wanted, parameter.min, parameter.max));
  const double step = parameter.step.value_or(parameter.type == model::ParameterType::kInteger ? 1 : 0);
  if (number < wanted && number + step <= parameter.max) number = parameter.snap(number + step);
  return number;
}

struct Sizes {
  double cpu = 0;
  double memory = 0;
};

Sizes recommend(const UsageRule& rule, const std::vector<StepTruth>& history, Instant now) {
  std::vector<Sample> cpu;
  std::vector<Sample> memory;
  double killed_at = 0;
  for (auto step = history.rbegin(); step != history.rend() && step->end > now - rule.history; ++step) {
    const double age = to_seconds(now - step->end);
    const double weight = rule.cpu_half_life.count() > 0 ? std::exp2(-age / to_seconds(rule.cpu_half_life)) : 1;
    cpu.push_back({step->measured.at("cpu_used"), weight});
    memory.push_back({step->measured.at("memory_working_set"), 1});
    if (step->out_of_memory_kills > 0) killed_at = std::max(killed_at, step->working_set_mib);
  }
  return {rule.cpu_margin * weighted_quantile(std::move(cpu), rule.cpu_quantile),
          std::max(rule.memory_margin * weighted_quantile(std::move(memory), rule.memory_quantile),
                   kAfterKill * killed_at)};
}

}  // namespace

UsageRule right_size_rule() {
  UsageRule rule;
  rule.name = "right-size to p95 usage + 20 %";
  return rule;
}

UsageRule vpa_rule() {
  UsageRule rule;
  rule.name = "VPA-like";
  rule.cpu_quantile = 0.9;
  rule.cpu_margin = 1.15;
  rule.cpu_half_life = std::chrono::hours(24);
  rule.memory_quantile = 1;
  rule.memory_margin = 1.15;
  rule.every = std::chrono::hours(12);
  rule.least_change = 0.1;
  return rule;
}

Result<RunOutcome> run_static(const Scenario& scenario, const ServiceModel& model, const std::vector<double>& loads,
                              const model::Configuration& configuration, const std::string& name) {
  TRY_ASSIGN(SimulatedService service, make_service(scenario, model, configuration));
  Account account(scenario, name);
  for (const double load : loads) {
    service.advance(load, scenario.step);
    account.book(service);
  }
  return account.close(service);
}

Result<RunOutcome> run_usage_rule(const Scenario& scenario, const ServiceModel& model, const std::vector<double>& loads,
                                  const UsageRule& rule) {
  const model::Space& space = scenario.application.space;
  const model::Parameter* cpu = parameter_ending(space, "cpu_limit");
  const model::Parameter* memory = parameter_ending(space, "memory_limit");
  if (!cpu || !memory) return fail(invalid_input("the application has no cpu_limit and memory_limit to size"));
  TRY_ASSIGN(SimulatedService service, make_service(scenario, model, scenario.application.baseline));
  Account account(scenario, rule.name);
  Instant next = scenario.start + rule.every;
  for (const double load : loads) {
    service.advance(load, scenario.step);
    account.book(service);
    if (service.now() < next || service.changing()) continue;
    next = next + rule.every;
    const Sizes sizes = recommend(rule, service.history(), service.now());
    const model::Configuration live = service.live().configuration;
    model::Configuration target = live;
    const auto resize = [&](const model::Parameter& parameter, double wanted) {
      const double number = round_up(parameter, wanted);
      const double current = live.number(parameter.name).value_or(number);
      if (std::abs(number - current) > rule.least_change * current) target.set(parameter.name, number);
    };
    resize(*cpu, sizes.cpu);
    resize(*memory, sizes.memory);
    if (target == live) continue;
    const std::string decision = fmt::format("{}-{}", rule.name, account.outcome().changes + 1);
    engine::ApplyRequest request;
    request.application = scenario.application.name;
    request.decision = decision;
    request.target = target;
    TRY(service.begin(request));
    ++account.outcome().changes;
    account.note(service.now(), "applied: " + target.to_string());
  }
  return account.close(service);
}

}  // namespace trimtab::simulation
