#include <cmath>

#include <fmt/format.h>

#include "packs/pack.h"

namespace trimtab::packs {
namespace {

using Place = Rendering::Place;

// As a program reads it: whole numbers without exponent.
std::string number_text(double number) {
  constexpr double kWhole = 1e15;
  if (number == std::floor(number) && std::fabs(number) < kWhole) return fmt::format("{:.0f}", number);
  return fmt::format("{}", number);
}

std::string fill(std::string pattern, const std::string& value) {
  constexpr std::string_view kValue = "${value}";
  for (auto at = pattern.find(kValue); at != std::string::npos; at = pattern.find(kValue, at + value.size()))
    pattern.replace(at, kValue.size(), value);
  return pattern;
}

Result<std::string> words_of(const PackParameter& parameter, const model::Value& value) {
  const Rendering& rendering = parameter.rendering;
  if (value.is_number()) return fill(rendering.pattern, number_text(value.number()));
  if (!value.is_text()) return fail(invalid_input("a parameter is a number or a text", parameter.parameter.name));
  if (rendering.by_value.empty()) return fill(rendering.pattern, value.text());
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
