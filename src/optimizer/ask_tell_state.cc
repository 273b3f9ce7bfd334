#include "optimizer/ask_tell_state.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "json/json.h"
#include "optimizer/ask_tell_json.h"

namespace trimtab::optimizer {
namespace {

using model::Configuration;
using model::Observation;
using nlohmann::json;

constexpr std::int64_t kWindow = 60'000'000;  // microseconds: told points have an order but no time of their own

Error data_loss(std::string message) {
  Error error;
  error.code = Code::kDataLoss;
  error.message = std::move(message);
  return error;
}

// The numbers are written in the shortest form that is read back as the same number.
Result<ModelFit> read_fit(const json& record) {
  ModelFit fit;
  if (!record.contains("fit")) return fit;
  const json& stored = record["fit"];
  const auto fault = [] { return fail(data_loss("a stored fit does not fit")); };
  if (!stored.is_object() || !stored.contains("hyper") || !stored["hyper"].is_array() ||
      !stored.value("observations", json()).is_number_unsigned())
    return fault();
  fit.observations = stored["observations"].get<std::size_t>();
  for (const json& output : stored["hyper"]) {
    if (!output.is_array()) return fault();
    std::vector<double>& numbers = fit.hyper.emplace_back();
    for (const json& number : output) {
      if (!number.is_number()) return fault();
      numbers.push_back(number.get<double>());
    }
  }
  const auto scales = stored.find("goal_as_measured");
  if (scales == stored.end()) return fit;
  for (const json& scale : scales->is_array() ? *scales : json::array({*scales})) {
    if (!scale.is_boolean()) return fault();
    fit.as_measured.push_back(scale.get<bool>());
  }
  return fit;
}

json fit_json(const ModelFit& fit) {
  json stored{{"observations", fit.observations}, {"hyper", fit.hyper}};
  if (std::ranges::find(fit.as_measured, true) != fit.as_measured.end()) stored["goal_as_measured"] = fit.as_measured;
  return stored;
}

}  // namespace

AskTellState::AskTellState(const Problem& problem, StudyEras eras)
    : problem_(&problem), encoding_(problem.space, problem.baseline), eras_(std::move(eras)) {}

Context AskTellState::complete(Context given) const {
  given.insert(latest_.begin(), latest_.end());  // what was given stays
  return given;
}

Result<std::size_t> AskTellState::index_of(const std::string& id) const {
  std::size_t number = 0;
  const char* end = id.data() + id.size();
  const bool named = id.starts_with("t-");
  const auto [stop, fault] = named ? std::from_chars(id.data() + 2, end, number) : std::from_chars_result{};
  if (!named || fault != std::errc{} || stop != end || number == 0 || number > points_.size() ||
      id != this->id(number - 1)) {
    Error error = not_found(fmt::format("\"{}\" was never suggested", id.substr(0, 40)));
    error.field = "tell.id";
    return fail(std::move(error));
  }
  return number - 1;
}

Result<Told> AskTellState::read_tell(const json& body) const {
  TRY(trimtab::json::only(body, {"id", "configuration", "metrics", "context", "failed"}, "tell"));
  if (body.contains("id") == body.contains("configuration"))
    return fail(invalid_input("a tell names either an id or a configuration", "tell",
                              "the id of a suggestion, or the configuration of a point that was not suggested"));
  Told told;
  if (body.contains("id")) {
    TRY_ASSIGN(const std::string id, trimtab::json::text(body, "id", "tell"));
    TRY_ASSIGN(told.asked, index_of(id));
    if (!open_.contains(*told.asked)) {
      Error error =
          conflict(fmt::format("\"{}\" was told already", id), "tell a repeated measurement by configuration");
      error.field = "tell.id";
      return fail(std::move(error));
    }
    told.configuration = points_[*told.asked].configuration;
    told.context = points_[*told.asked].context;
  } else {
    TRY_ASSIGN(told.configuration, read_configuration(body["configuration"], "tell.configuration", encoding_));
  }
  if (body.contains("context")) {
    TRY_ASSIGN(Context given, read_context(body["context"], "tell.context", problem_->context));
    given.insert(told.context.begin(), told.context.end());
    told.context = std::move(given);
  }
  told.context = complete(std::move(told.context));
  TRY(read_outcome(body, told));
  return told;
}

Result<void> AskTellState::read_outcome(const json& body, Told& told) const {
  if (body.contains("failed")) {
    TRY_ASSIGN(told.failure, trimtab::json::text(body, "failed", "tell"));
  } else if (!body.contains("metrics")) {
    return fail(invalid_input("a tell needs metrics, or failed with the reason", "tell.metrics"));
  }
  if (body.contains("metrics")) {
    TRY_ASSIGN(told.metrics, read_metrics(body["metrics"], "tell.metrics"));
  }
  for (const ContextVariable& variable : problem_->context) {
    if (const auto measured = told.metrics.find(variable.name); measured != told.metrics.end())
      told.context[variable.name] = measured->second;
    if (!told.context.contains(variable.name))
      return fail(invalid_input(fmt::format("the context variable \"{}\" is missing", variable.name),
                                "tell.context." + variable.name));
  }
  told.metrics.insert(told.context.begin(), told.context.end());
  if (told.failure) return {};
  std::vector<std::string> names;
  for (const model::Parameter& parameter : problem_->space.parameters())
    names.push_back(parameter.name);
  for (const std::string& metric : problem_->objective.required_metrics(names))
    if (!told.metrics.contains(metric))
      return fail(invalid_input(fmt::format("the metric \"{}\" is missing", metric), "tell.metrics." + metric));
  const model::Objective& objective = problem_->objective;
  const auto computable = [](Result<double> value) -> Result<void> {
    if (value) return {};
    Error error = std::move(value).error();
    error.field = "tell.metrics";
    return fail(std::move(error));
  };
  for (std::size_t g = 0; g < objective.goals().size(); ++g)
    TRY(computable(objective.goal_value(g, told.metrics, told.configuration)));
  for (std::size_t k = 0; k < objective.slos().size(); ++k)
    TRY(computable(objective.slo_value(k, told.metrics, told.configuration)));
  return {};
}

void AskTellState::suggest(const std::vector<Configuration>& configurations, const Context& context,
                           const ModelFit& fit) {
  if (!fit.hyper.empty()) fit_ = fit;
  for (const Configuration& configuration : configurations) {
    open_.insert(points_.size());
    points_.push_back({configuration, context});
  }
}

bool AskTellState::tell(const Told& told) {
  const std::string id = this->id(told.asked.value_or(points_.size()));
  if (told.asked) {
    open_.erase(*told.asked);
  } else {
    points_.push_back({told.configuration, told.context});
  }
  for (const auto& [name, value] : told.context)
    latest_[name] = value;
  Observation observation;
  observation.start.us = static_cast<std::int64_t>(eras_.all().size()) * kWindow;
  observation.end.us = observation.start.us + kWindow;
  observation.configuration = told.configuration;
  observation.metrics = told.metrics;
  // The live search knows one load: the variable of that name, else the first.
  if (const auto load = told.context.find("load"); load != told.context.end()) {
    observation.load = load->second;
  } else if (!problem_->context.empty()) {
    observation.load = told.context.at(problem_->context.front().name);
  }
  observation.failed = told.failure.has_value();
  observation.failure = told.failure.value_or("");
  const bool changed = eras_.add(std::move(observation), id);
  if (changed) fit_ = {};  // of the era that ended
  return changed;
}

json AskTellState::record_of(const std::vector<Configuration>& suggested, const Context& context,
                             const ModelFit& fit) const {
  json configurations = json::array();
  for (const Configuration& configuration : suggested)
    configurations.push_back(configuration_json(configuration));
  json record{{"suggested", std::move(configurations)}, {"context", numbers_json(context)}, {"first", id(next())}};
  // Only a new fit: the journal would otherwise grow by the same numbers again and again.
  if (!fit.hyper.empty() && fit != fit_) record["fit"] = fit_json(fit);
  return record;
}

json AskTellState::record_of(const Told& told) const {
  json body{{"context", numbers_json(told.context)}, {"metrics", numbers_json(told.metrics)}};
  if (told.failure) body["failed"] = *told.failure;
  if (told.asked) {
    body["id"] = id(*told.asked);
  } else {
    body["configuration"] = configuration_json(told.configuration);
  }
  return {{"tell", std::move(body)}};
}

Result<void> AskTellState::restore(const json& record) {
  if (record.contains("tell")) {
    const auto told = read_tell(record["tell"]);
    if (!told) return fail(data_loss("a stored tell does not fit: " + told.error().to_string()));
    static_cast<void>(tell(*told));
    return {};
  }
  if (!record.contains("suggested") || !record["suggested"].is_array() || record.value("first", json()) != id(next()))
    return fail(data_loss("a stored record is neither a suggestion in its turn nor a tell"));
  std::vector<Configuration> configurations;
  for (const json& one : record["suggested"]) {
    auto configuration = read_configuration(one, "suggested", encoding_);
    if (!configuration)
      return fail(data_loss("a stored suggestion does not fit: " + configuration.error().to_string()));
    configurations.push_back(*std::move(configuration));
  }
  const auto context = read_context(record.value("context", json()), "context", problem_->context);
  if (!context) return fail(data_loss("a stored context does not fit: " + context.error().to_string()));
  TRY_ASSIGN(const ModelFit fit, read_fit(record));
  suggest(configurations, *context, fit);
  return {};
}

StudySearchRequest AskTellState::request(const Context& context) const {
  StudySearchRequest request = eras_.request();
  request.fit = fit_;
  request.context = context;
  for (const std::size_t index : open_)
    request.pending.push_back(points_[index].configuration);
  return request;
}

}  // namespace trimtab::optimizer
