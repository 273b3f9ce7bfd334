#include "optimizer/ask_tell_json.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/spelling.h"
#include "json/json.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Parameter;
using nlohmann::json;

// Written without a fraction. A negative zero is not: it must be read back as it was.
bool is_plain_integer(double number) {
  return number == std::floor(number) && std::abs(number) < 9e15 && !(number == 0 && std::signbit(number));
}

Result<model::Value> read_value(const json& value, const std::string& path, const Parameter& parameter) {
  if (parameter.is_number()) {
    if (!value.is_number()) return fail(invalid_input("expected a number", path));
    return model::Value(value.get<double>());
  }
  if (value.is_string()) return model::Value(value.get<std::string>());
  // A document's values may look like numbers or booleans: [64, 128], [true, false].
  if (value.is_number() || value.is_boolean()) return model::Value(value.dump());
  return fail(invalid_input("expected a text", path));
}

Result<std::map<std::string, double, std::less<>>> read_numbers(const json& value, const std::string& path) {
  if (!value.is_object()) return fail(invalid_input("expected an object", path));
  std::map<std::string, double, std::less<>> numbers;
  for (const auto& [name, one] : value.items()) {
    if (!one.is_number() || !std::isfinite(one.get<double>()))
      return fail(invalid_input("expected a finite number", path + "." + name));
    numbers.emplace(name, one.get<double>());
  }
  return numbers;
}

}  // namespace

Result<Configuration> read_configuration(const json& value, const std::string& path, const Encoding& encoding) {
  if (!value.is_object()) return fail(invalid_input("expected an object: parameter to value", path));
  const model::Space& space = encoding.space();
  Configuration configuration;
  for (const auto& [name, one] : value.items()) {
    const std::string field = path + "." + name;
    const Parameter* parameter = space.find(name);
    if (parameter == nullptr) {
      std::vector<std::string> names;
      for (const Parameter& known : space.parameters())
        names.push_back(known.name);
      return fail(invalid_input(fmt::format("\"{}\" is not a parameter", name), field, spelling_hint(name, names)));
    }
    TRY_ASSIGN(model::Value read, read_value(one, field, *parameter));
    if (auto valid = parameter->validate(read); !valid) {
      Error error = std::move(valid).error();
      error.field = field;
      return fail(std::move(error));
    }
    configuration.set(name, std::move(read));
  }
  configuration = encoding.canonical(std::move(configuration));
  if (auto valid = space.validate(configuration); !valid) {
    Error error = std::move(valid).error();
    error.field = path;
    return fail(std::move(error));
  }
  return configuration;
}

Result<Context> read_context(const json& value, const std::string& path,
                             const std::vector<ContextVariable>& variables) {
  TRY_ASSIGN(Context context, read_numbers(value, path));
  for (const auto& [name, number] : context) {
    if (std::ranges::find(variables, name, &ContextVariable::name) != variables.end()) continue;
    std::vector<std::string> names;
    for (const ContextVariable& variable : variables)
      names.push_back(variable.name);
    const std::string hint = names.empty() ? "the space document has no context: list" : spelling_hint(name, names);
    return fail(invalid_input(fmt::format("\"{}\" is not a context variable", name), path + "." + name, hint));
  }
  return context;
}

Result<model::Metrics> read_metrics(const json& value, const std::string& path) {
  return read_numbers(value, path);
}

json configuration_json(const Configuration& configuration) {
  json object = json::object();
  for (const auto& [name, value] : configuration.entries()) {
    if (!value.is_number()) {
      object[name] = value.text();
    } else if (const double number = value.number(); is_plain_integer(number)) {
      object[name] = static_cast<std::int64_t>(number);
    } else {
      object[name] = number;
    }
  }
  return object;
}

json numbers_json(const model::Metrics& numbers) {
  json object = json::object();
  for (const auto& [name, value] : numbers)
    object[name] = json::number_float_t(value);
  return object;
}

json predictions_json(const std::vector<model::Prediction>& predictions, const model::Objective& objective) {
  json object = json::object();
  std::map<std::string, double> loads;
  for (const model::Prediction& prediction : predictions) {
    std::string name = prediction.metric;
    for (const model::Slo& slo : objective.slos())
      if (slo.name == name && slo.value.variables().size() == 1 && slo.value.to_string() == slo.value.variables()[0])
        name = slo.value.variables()[0];
    const auto [at, fresh] = loads.emplace(name, prediction.at_load);
    if (!fresh && prediction.at_load <= at->second) continue;
    at->second = prediction.at_load;
    object[name] = {{"mean", json::number_float_t(prediction.mean)},
                    {"low", json::number_float_t(prediction.low)},
                    {"high", json::number_float_t(prediction.high)}};
    for (auto& [key, number] : object[name].items())
      number = trimtab::json::finite(number.get<double>());
  }
  return object;
}

}  // namespace trimtab::optimizer
