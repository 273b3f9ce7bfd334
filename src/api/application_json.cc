#include "api/application_json.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "engine/live_json.h"
#include "insight/slo_burn.h"
#include "json/json.h"
#include "model/parameter_names.h"

namespace trimtab::api {
namespace {

using nlohmann::json;

constexpr auto kBreachHistory = std::chrono::hours(7 * 24);
// slo_burn() also gives a rate against an allowance, which is not shown here; any positive allowance does.
constexpr double kAnyAllowance = 1;
constexpr double kLargestExactInteger = 9007199254740992.0;  // 2^53

std::string_view text(model::MetricRole role) {
  switch (role) {
    case model::MetricRole::kNone:
      return "none";
    case model::MetricRole::kLoad:
      return "load";
    case model::MetricRole::kThroughput:
      return "throughput";
    case model::MetricRole::kLatency:
      return "latency";
    case model::MetricRole::kErrors:
      return "errors";
    case model::MetricRole::kOutOfMemory:
      return "out_of_memory";
    case model::MetricRole::kRestarts:
      return "restarts";
    case model::MetricRole::kThrottling:
      return "throttling";
    case model::MetricRole::kReplicas:
      return "replicas";
  }
  return "none";
}

std::string unit_of(const model::Application& application, const std::string& metric) {
  const auto found = std::ranges::find(application.metrics, metric, &model::Metric::name);
  return found == application.metrics.end() ? std::string() : found->unit;
}

json optional_number(const std::optional<double>& number) {
  return number ? value_json(*number) : json(nullptr);
}

json slos_json(const LiveApplication& live, Instant now) {
  const auto& slos = live.application.objective.slos();
  const auto burns =
      insight::slo_burn(live.application.objective, live.state.observations, now - kBreachHistory, kAnyAllowance);
  json result = json::array();
  for (std::size_t k = 0; k < slos.size(); ++k) {
    const auto& slo = slos[k];
    const auto last = live.state.slo_last.find(slo.name);
    const bool known = last != live.state.slo_last.end();
    const auto& names = slo.value.variables();
    result.push_back({
        {"name", slo.name},
        {"bound", trimtab::json::finite(slo.bound)},
        {"upper", slo.upper},
        // A formula has no unit of its own, but a bare metric has.
        {"unit", names.size() == 1 && slo.value.to_string() == names[0] ? unit_of(live.application, names[0]) : ""},
        {"value", known ? trimtab::json::finite(last->second) : json(nullptr)},
        {"holds", known ? json(slo.holds(last->second)) : json(nullptr)},
        {"breached_share", k < burns.size() ? burns[k].share : 0.0},
        {"confidence", slo.confidence},
    });
  }
  return result;
}

std::string context_name(const engine::LiveApplicationState& state) {
  const auto found = std::ranges::find(state.contexts, state.context, &engine::LoadContext::id);
  return found == state.contexts.end() ? std::string() : found->name;
}

json parameters_json(const LiveApplication& live) {
  json result = json::array();
  for (const auto& parameter : live.application.space.parameters()) {
    const auto own = live.application.policy.parameter_modes.find(parameter.name);
    const auto mode = own == live.application.policy.parameter_modes.end() ? live.state.mode : own->second;
    result.push_back(parameter_json(parameter, live.state.live.configuration, live.state.baseline, mode));
  }
  return result;
}

json metrics_json(const model::Application& application) {
  json result = json::array();
  for (const auto& metric : application.metrics) {
    result.push_back({{"name", metric.name},
                      {"unit", metric.unit},
                      {"role", text(metric.role)},
                      {"description", metric.description}});
  }
  return result;
}

json replicas_json(const engine::LiveState& live) {
  json result = json::array();
  for (const auto& replica : live.replicas) {
    result.push_back({{"name", replica.name},
                      {"ready", replica.ready},
                      {"configuration", configuration_json(replica.configuration)},
                      {"identity", replica.identity},
                      {"restarts", replica.restarts},
                      {"out_of_memory_kills", replica.out_of_memory_kills},
                      {"trouble", replica.trouble}});
  }
  return result;
}

json contexts_json(const engine::LiveApplicationState& state) {
  json result = json::array();
  for (const auto& context : state.contexts) {
    result.push_back({{"id", context.id},
                      {"name", context.name},
                      {"low", context.low},
                      {"high", context.high},
                      {"centre", context.centre},
                      {"share", context.share},
                      {"current", context.id == state.context}});
  }
  return result;
}

json barred_json(const engine::LiveApplicationState& state) {
  json result = json::array();
  for (const auto& barred : state.barred) {
    result.push_back({{"configuration", configuration_json(barred.configuration)},
                      {"context", barred.context},
                      {"until", format_rfc3339(barred.until)},
                      {"reason", barred.reason}});
  }
  return result;
}

json cadence_json(const model::Cadence& cadence) {
  return {{"window_s", to_seconds(cadence.window)},
          {"step_s", to_seconds(cadence.step)},
          {"decide_every_s", to_seconds(cadence.decide_every)},
          {"guard_every_s", to_seconds(cadence.guard_every)},
          {"settle_s", to_seconds(cadence.settle)}};
}

}  // namespace

json value_json(const model::Value& value) {
  if (value.is_text()) return value.text();
  if (value.is_boolean()) return value.boolean();
  const double number = value.number();
  if (std::trunc(number) == number && std::abs(number) < kLargestExactInteger) {
    return static_cast<std::int64_t>(number);
  }
  return trimtab::json::finite(number);
}

json configuration_json(const model::Configuration& configuration) {
  json result = json::object();
  for (const auto& [name, value] : configuration.entries())
    result[name] = value_json(value);
  return result;
}

json configuration_change_json(const engine::ConfigurationChanged& change) {
  return {{"at", format_rfc3339(change.at)},
          {"configuration", configuration_json(change.configuration)},
          {"decision", change.decision},
          {"kind", change.kind}};
}

json parameter_json(const model::Parameter& parameter, const model::Configuration& live,
                    const model::Configuration& baseline, model::Mode mode) {
  const auto value_in = [&](const model::Configuration& configuration) {
    const auto* value = configuration.find(parameter.name);
    return value == nullptr ? json(nullptr) : value_json(*value);
  };
  const auto dot = parameter.name.find('.');
  const bool number = parameter.is_number();
  return {{"name", parameter.name},
          {"component", dot == std::string::npos ? std::string() : parameter.name.substr(0, dot)},
          {"type", model::type_name(parameter.type)},
          {"min", number ? value_json(parameter.min) : json(nullptr)},
          {"max", number ? value_json(parameter.max) : json(nullptr)},
          {"step", optional_number(parameter.step)},
          {"values", parameter.values},
          {"unit", parameter.unit},
          {"max_step", optional_number(parameter.max_step)},
          {"effect", model::effect_name(parameter.effect)},
          {"mode", model::to_string(mode)},
          {"description", parameter.description},
          {"live", value_in(live)},
          {"baseline", value_in(baseline)}};
}

json application_summary_json(const LiveApplication& live, Instant now) {
  const auto& application = live.application;
  const auto& state = live.state;
  const auto id_or_null = [](const std::optional<model::Recommendation>& recommendation) {
    return recommendation ? json(recommendation->id) : json(nullptr);
  };
  return {{"name", application.name},
          {"description", application.description},
          {"mode", model::to_string(state.mode)},
          {"phase", engine::to_string(state.phase)},
          {"paused", state.paused},
          {"status", state.status},
          {"waiting_for", state.waiting_for},
          {"data_trouble", state.data_trouble},
          {"disturbance", state.disturbance},
          {"healthy", state.live.healthy},
          {"replicas", state.live.replicas.size()},
          {"slos", slos_json(live, now)},
          {"load",
           {{"now", trimtab::json::finite(state.load_now)},
            {"expected", trimtab::json::finite(state.load_expected)},
            {"unit", unit_of(application, application.load_metric)},
            {"context", context_name(state)}}},
          {"cost",
           {{"currency", application.prices.currency},
            {"current", trimtab::json::finite(state.cost_current)},
            {"baseline", trimtab::json::finite(state.cost_baseline)},
            {"saving", trimtab::json::finite(state.cost_baseline - state.cost_current)}}},
          {"open_recommendation", id_or_null(state.open)},
          {"decision", id_or_null(state.decision)}};
}

json application_detail_json(const LiveApplication& live, Instant now) {
  const auto& application = live.application;
  const auto& state = live.state;
  auto result = application_summary_json(live, now);
  result["document"] = application.source_text;
  result["enrolled"] = format_rfc3339(live.enrolled);
  result["platform"] = application.platform_kind;
  result["load_metric"] = application.load_metric;
  result["parameters"] = parameters_json(live);
  result["metrics"] = metrics_json(application);
  result["configuration"] = configuration_json(state.live.configuration);
  result["configuration_since"] = format_rfc3339(state.configuration_since);
  result["replica_states"] = replicas_json(state.live);
  result["contexts"] = contexts_json(state);
  result["barred"] = barred_json(state);
  result["left_alone"] = state.left_alone;
  result["windows"] = {{"usable", state.windows_usable}, {"refused", state.windows_refused}};
  result["cadence"] = cadence_json(application.cadence);
  result["pause_reason"] = state.pause_reason;
  return result;
}

}  // namespace trimtab::api
