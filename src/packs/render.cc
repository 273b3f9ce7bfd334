#include <fmt/format.h>

#include "packs/pack.h"
#include "packs/pattern.h"

namespace trimtab::packs {
namespace {

using Place = Rendering::Place;

Result<std::string> words_of(const PackParameter& parameter, const model::Value& value) {
  const Rendering& rendering = parameter.rendering;
  if (rendering.by_value.empty() || !value.is_text()) return fill(rendering.pattern, parameter.parameter, value);
  const auto at = rendering.by_value.find(value.text());
  if (at != rendering.by_value.end()) return at->second;
  return fail(invalid_input(fmt::format("\"{}\" of {} has no rendering", value.text(), parameter.parameter.name),
                            parameter.parameter.name));
}

Result<void> render_one(const PackParameter& parameter, const model::Value& value, Rendered& out) {
  const Rendering& rendering = parameter.rendering;
  switch (rendering.place) {
    case Place::kNone:
      return {};
    case Place::kLimit:
    case Place::kRequest: {
      if (!value.is_number()) {
        return fail(
            invalid_input(fmt::format("{} takes a number", parameter.parameter.name), parameter.parameter.name));
      }
      (rendering.place == Place::kLimit ? out.limits : out.requests)[rendering.name] = value.number();
      return {};
    }
    case Place::kEnvironment: {
      TRY_ASSIGN(out.environment[rendering.name], words_of(parameter, value));
      return {};
    }
    case Place::kAutoscaler: {
      if (!value.is_number()) {
        return fail(
            invalid_input(fmt::format("{} takes a number", parameter.parameter.name), parameter.parameter.name));
      }
      out.autoscaler[rendering.name] = value.number();
      return {};
    }
    case Place::kSysctl: {
      TRY_ASSIGN(out.sysctls[rendering.name], words_of(parameter, value));
      return {};
    }
    case Place::kFlag:
    case Place::kArgument: {
      TRY_ASSIGN(std::string words, words_of(parameter, value));
      if (words.empty()) return {};
      (rendering.place == Place::kFlag ? out.flags : out.arguments).push_back(std::move(words));
      return {};
    }
  }
  return {};
}

}  // namespace

Result<Rendered> render(const Pack& pack, const model::Configuration& parameters) {
  Rendered out;
  for (const auto& [name, value] : parameters.entries()) {
    const PackParameter* parameter = pack.find_parameter(name);
    if (parameter == nullptr) {
      return fail(invalid_input(fmt::format("the pack {} has no parameter \"{}\"", pack.name, name), name));
    }
    TRY(render_one(*parameter, value, out));
  }
  return out;
}

}  // namespace trimtab::packs
