// Optimizer: the public face of optimizer::AskTell. Every call is a line of its protocol, so that the library and the
// command cannot drift apart; the texts cost microseconds beside a suggestion.
#include "trimtab/optimizer.h"

#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "model/space_document.h"
#include "optimizer/ask_tell.h"
#include "yaml/document.h"

namespace trimtab {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMagic = "trimtab optimizer state 1";

Fault fault_of(const Json& error) {
  return {error["code"].get<std::string>(), error["message"].get<std::string>(), error["field"].get<std::string>()};
}

Fault fault_of(const Error& error) {
  return fault_of(Json::parse(optimizer::error_reply(error))["error"]);
}

Fault fault(const char* code, std::string message, std::string field) {
  return {code, std::move(message), std::move(field)};
}

std::string text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// JSON writes a number that is not finite as null, which the session then refuses with its field.
Json numbers_json(const Numbers& numbers) {
  Json object = Json::object();
  for (const auto& [name, value] : numbers)
    object[name] = value;
  return object;
}

Json values_json(const Values& values) {
  Json object = Json::object();
  for (const auto& [name, value] : values)
    std::visit([&](const auto& one) { object[name] = one; }, value);
  return object;
}

Values values_of(const Json& object) {
  Values values;
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) {
      values.emplace(name, value.get<std::string>());
    } else {
      values.emplace(name, value.get<double>());
    }
  }
  return values;
}

Numbers numbers_of(const Json& object) {
  Numbers numbers;
  for (const auto& [name, value] : object.items())
    if (value.is_number()) numbers.emplace(name, value.get<double>());
  return numbers;
}

// The protocol writes a number that is not finite as null.
double number_of(const Json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::vector<double> goals_of(const Json& objective) {
  if (objective.is_number()) return {objective.get<double>()};
  std::vector<double> goals;
  if (objective.is_array())
    for (const Json& one : objective)
      goals.push_back(one.get<double>());
  return goals;
}

// Of a suggestion, or of a prediction.
Suggestion suggestion_of(const Json& reply) {
  Suggestion suggestion;
  suggestion.id = reply.value("id", "");
  suggestion.configuration = values_of(reply["configuration"]);
  suggestion.feasible = number_of(reply["feasible"]);
  for (const auto& [name, range] : reply["prediction"].items())
    suggestion.prediction[name] = {number_of(range["mean"]), number_of(range["low"]), number_of(range["high"])};
  suggestion.why = reply.value("why", "");
  return suggestion;
}

Best best_of(const Json& reply) {
  Best best;
  best.configuration = values_of(reply["configuration"]);
  best.metrics = numbers_of(reply.value("metrics", Json::object()));
  best.goals = goals_of(reply.value("objective", Json()));
  best.confidence = reply.value("confidence", 0.0);
  best.measurements = reply.value("measurements", 0);
  return best;
}

std::string owner_of(std::string_view document, const Options& options) {
  std::string priors;
  for (const std::string& prior : options.priors)
    priors += fmt::format("{}\n{}\n", prior.size(), prior);
  return text({{"space", fmt::format("{:016x}", stable_hash(document))},
               {"priors", fmt::format("{:016x}", stable_hash(priors))},
               {"seed", options.seed}});
}

Result<optimizer::AskTell> session_of(std::string_view document, const Options& options) {
  TRY_ASSIGN(const yaml::Document parsed, yaml::parse(document, "space"));
  TRY_ASSIGN(model::SpaceDocument space, model::read_space_document(parsed));
  if (!space.candidates_file.empty())
    return fail(invalid_input("the library reads no files", "candidates", "use trimtab optimize for a discrete study"));
  optimizer::AskTellOptions given{options.seed, options.budget, options.live, {}};
  for (std::size_t i = 0; i < options.priors.size(); ++i) {
    TRY_ASSIGN(optimizer::PriorStudy study,
               optimizer::read_prior_study(options.priors[i], std::to_string(i + 1), space.space, {}));
    given.priors.push_back(std::move(study));
  }
  optimizer::Problem problem{std::move(space.space), std::move(space.objective), {}, std::move(space.baseline)};
  for (auto& variable : space.context)
    problem.context.push_back({std::move(variable.name), variable.log_scale});
  return optimizer::AskTell::create(std::move(problem), {}, given);
}

}  // namespace

struct Optimizer::Impl {
  // Mutable: questions go through the same door as changes.
  mutable optimizer::AskTell session;
  std::string saved;  // the version, the owner, and a record for each ask and tell; a line each

  [[nodiscard]] Outcome<Json> call(const Json& request) const {
    Json reply = Json::parse(session.handle(text(request)));
    if (!reply.contains("error")) return reply;
    return std::unexpected(fault_of(reply["error"]));
  }
  Outcome<Json> change(const Json& request) {
    std::string record;
    const auto keep = [&](const std::string& line, bool) -> Result<void> {
      record = line + '\n';
      return {};
    };
    Json reply = Json::parse(session.handle(text(request), keep));
    if (reply.contains("error")) return std::unexpected(fault_of(reply["error"]));
    saved += record;
    return reply;
  }
  Outcome<Told> tell(Json body) {
    const auto reply = change({{"tell", std::move(body)}});
    if (!reply) return std::unexpected(reply.error());
    const Json& told = (*reply)["told"];
    return Told{told["id"].get<std::string>(), goals_of(told["objective"]), told["feasible"].get<bool>(),
                told.value("changed_since", "")};
  }
};

Outcome<Optimizer> Optimizer::create(std::string_view document, const Options& options) {
  auto session = session_of(document, options);
  if (!session) return std::unexpected(fault_of(session.error()));
  return Optimizer(std::make_unique<Impl>(
      Impl{std::move(*session), std::string(kMagic) + '\n' + owner_of(document, options) + '\n'}));
}

Outcome<Optimizer> Optimizer::create(const Space& space, const Options& options) {
  return create(space.document(), options);
}

Outcome<Optimizer> Optimizer::restore(std::string_view document, const Options& options, std::string_view saved) {
  auto made = create(document, options);
  if (!made) return made;
  if (!saved.starts_with(kMagic) || !saved.ends_with('\n'))
    return std::unexpected(fault("data_loss", "the text is no whole saved state of this version", "saved"));
  const std::string& start = made->impl_->saved;
  if (!saved.starts_with(start))
    return std::unexpected(fault("conflict", "the state belongs to another document, seed or priors", "saved"));
  for (std::string_view rest = saved.substr(start.size()); !rest.empty();) {
    const std::size_t end = rest.find('\n');
    if (auto restored = made->impl_->session.restore(rest.substr(0, end)); !restored)
      return std::unexpected(fault_of(restored.error()));
    rest.remove_prefix(end + 1);
  }
  made->impl_->saved = saved;
  return made;
}

Optimizer::Optimizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Optimizer::Optimizer(Optimizer&&) noexcept = default;
Optimizer& Optimizer::operator=(Optimizer&&) noexcept = default;
Optimizer::~Optimizer() = default;

Outcome<std::vector<Suggestion>> Optimizer::ask(int count, const Numbers& context) {
  const auto reply = impl_->change({{"ask", {{"count", count}, {"context", numbers_json(context)}}}});
  if (!reply) return std::unexpected(reply.error());
  std::vector<Suggestion> suggestions;
  for (const Json& one : (*reply)["suggestions"])
    suggestions.push_back(suggestion_of(one));
  return suggestions;
}

Outcome<Told> Optimizer::tell(std::string_view id, const Numbers& metrics, const Numbers& context) {
  return impl_->tell({{"id", id}, {"metrics", numbers_json(metrics)}, {"context", numbers_json(context)}});
}

Outcome<Told> Optimizer::tell_point(const Values& configuration, const Numbers& metrics, const Numbers& context) {
  return impl_->tell({{"configuration", values_json(configuration)},
                      {"metrics", numbers_json(metrics)},
                      {"context", numbers_json(context)}});
}

Outcome<Told> Optimizer::tell_failed(std::string_view id, std::string_view reason) {
  return impl_->tell({{"id", id}, {"failed", reason}});
}

Outcome<std::optional<Best>> Optimizer::best(const Numbers& context) const {
  const auto reply = impl_->call({{"best", {{"context", numbers_json(context)}}}});
  if (!reply) return std::unexpected(reply.error());
  if ((*reply)["best"].is_null()) return std::nullopt;
  return best_of((*reply)["best"]);
}

Outcome<Suggestion> Optimizer::predict(const Values& configuration, const Numbers& context) const {
  const auto reply =
      impl_->call({{"predict", {{"configuration", values_json(configuration)}, {"context", numbers_json(context)}}}});
  if (!reply) return std::unexpected(reply.error());
  return suggestion_of((*reply)["predict"]);
}

Outcome<std::vector<Share>> Optimizer::explain() const {
  const auto reply = impl_->call({{"importance", Json::object()}});
  if (!reply) return std::unexpected(reply.error());
  std::vector<Share> shares;
  for (const Json& one : (*reply)["importance"])
    shares.push_back({one["parameter"].get<std::string>(), number_of(one["share"]), number_of(one["interaction"])});
  return shares;
}

Outcome<std::vector<Best>> Optimizer::pareto() const {
  const auto reply = impl_->call({{"pareto", Json::object()}});
  if (!reply) return std::unexpected(reply.error());
  std::vector<Best> front;
  for (const Json& one : (*reply)["pareto"])
    front.push_back(best_of(one));
  return front;
}

std::vector<std::string> Optimizer::prior_notes() const {
  return impl_->session.prior_notes();
}

std::string Optimizer::save() const {
  return impl_->saved;
}

}  // namespace trimtab
