#include "platform/local/stack.h"

#include <algorithm>
#include <utility>

namespace trimtab::platform {
namespace {

void append(std::vector<std::string>& to, std::vector<std::string> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

void join(packs::Rendered& whole, packs::Rendered part) {
  append(whole.flags, std::move(part.flags));
  append(whole.arguments, std::move(part.arguments));
  whole.limits.merge(part.limits);
  whole.requests.merge(part.requests);
  whole.environment.merge(part.environment);
  whole.autoscaler.merge(part.autoscaler);
}

}  // namespace

Result<Stack> Stack::create(const model::Application& application, const packs::PackLibrary& packs) {
  Stack stack;
  for (const model::Component& component : application.components) {
    const packs::Pack* pack = packs.find(component.pack);
    if (pack == nullptr) return fail(invalid_input("there is no pack " + component.pack, "components"));
    stack.parts_.push_back({component.name + ".", *pack});
  }
  for (const model::Parameter& parameter : application.space.parameters()) {
    stack.effects_.emplace(parameter.name, parameter.effect);
  }
  for (const Part& part : stack.parts_) {
    for (const packs::PackParameter& one : part.pack.parameters) {
      const std::string full = part.prefix + one.parameter.name;
      if (one.rendering.place == packs::Rendering::Place::kAutoscaler && stack.effects_.contains(full))
        stack.autoscaled_.insert(full);
    }
  }
  return stack;
}

Result<packs::Rendered> Stack::render(const model::Configuration& configuration) const {
  packs::Rendered whole;
  std::size_t rendered = 0;
  for (const Part& part : parts_) {
    model::Configuration own;
    for (const auto& [name, value] : configuration.entries()) {
      if (name.starts_with(part.prefix)) own.set(name.substr(part.prefix.size()), value);
    }
    rendered += own.size();
    TRY_ASSIGN(packs::Rendered made, packs::render(part.pack, own));
    join(whole, std::move(made));
  }
  if (rendered != configuration.size()) {
    return fail(invalid_input("a parameter belongs to no component: " + configuration.to_string()));
  }
  return whole;
}

model::Configuration Stack::recognise(const std::vector<std::string>& command_line,
                                      const std::map<std::string, std::string>& environment,
                                      const std::map<std::string, double>& limits) const {
  model::Configuration live;
  for (const Part& part : parts_) {
    const model::Configuration own = packs::recognise(part.pack, command_line, environment, limits);
    for (const auto& [name, value] : own.entries()) {
      const std::string full = part.prefix + name;
      if (effects_.contains(full)) live.set(full, value);
    }
  }
  return live;
}

packs::Rendering::Place Stack::place_of(std::string_view word) const {
  using Place = packs::Rendering::Place;
  for (const Part& part : parts_) {
    for (const packs::PackParameter& one : part.pack.parameters) {
      const Place place = one.rendering.place;
      if (place != Place::kFlag && place != Place::kArgument) continue;
      if (effects_.contains(part.prefix + one.parameter.name) && packs::gives(one, word)) return place;
    }
  }
  return Place::kNone;
}

std::string Stack::first_written_at(packs::Rendering::Place place) const {
  for (const Part& part : parts_) {
    for (const packs::PackParameter& one : part.pack.parameters) {
      std::string name = part.prefix + one.parameter.name;
      if (one.rendering.place == place && effects_.contains(name)) return name;
    }
  }
  return {};
}

model::Configuration Stack::part(const model::Configuration& configuration, bool autoscaler) const {
  model::Configuration own;
  for (const auto& [name, value] : configuration.entries()) {
    if (autoscaled_.contains(name) == autoscaler) own.set(name, value);
  }
  return own;
}

bool Stack::change_live(const std::vector<std::string>& parameters) const {
  return std::all_of(parameters.begin(), parameters.end(), [&](const std::string& name) {
    const auto found = effects_.find(name);
    return found != effects_.end() && found->second == model::ChangeEffect::kLive;
  });
}

}  // namespace trimtab::platform
