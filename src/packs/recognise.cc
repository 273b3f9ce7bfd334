#include <algorithm>
#include <optional>

#include "packs/detection/shell_words.h"
#include "packs/pack.h"
#include "packs/pattern.h"

namespace trimtab::packs {
namespace {

using Place = Rendering::Place;

// Words in the order in which the runtime reads them; a later one wins.
struct Words {
  std::vector<std::string> variables;  // "NAME=value"
  std::vector<std::string> flags;
  std::vector<std::string> arguments;
};

bool is_one_of(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// Index of the first word that belongs to the program: the one after -jar's value, or after the main class.
std::size_t program_start(const Launcher& launcher, const std::vector<std::string>& command_line) {
  for (std::size_t i = 1; i < command_line.size(); ++i) {
    const std::string& word = command_line[i];
    if (is_one_of(launcher.program_options, word)) return std::min(i + 2, command_line.size());
    if (is_one_of(launcher.options_with_value, word)) {
      ++i;
    } else if (!word.starts_with('-')) {
      return i + 1;
    }
  }
  return command_line.size();
}

void append_variables(const std::vector<std::string>& names, const std::map<std::string, std::string>& environment,
                      std::vector<std::string>& words) {
  for (const auto& name : names) {
    const auto at = environment.find(name);
    if (at == environment.end()) continue;
    for (auto& word : option_words(at->second))
      words.push_back(std::move(word));
  }
}

Words read_words(const Launcher& launcher, const std::vector<std::string>& command_line,
                 const std::map<std::string, std::string>& environment) {
  Words words;
  for (const auto& [name, value] : environment)
    words.variables.push_back(name + "=" + value);
  append_variables(launcher.variables_before, environment, words.flags);
  if (launcher.is_known()) {
    const std::size_t start = program_start(launcher, command_line);
    for (std::size_t i = 1; i < command_line.size(); ++i)
      (i < start ? words.flags : words.arguments).push_back(command_line[i]);
  } else {
    words.flags.insert(words.flags.end(), command_line.begin(), command_line.end());
    words.arguments = command_line;
  }
  append_variables(launcher.variables_after, environment, words.flags);
  return words;
}

std::optional<model::Value> match_word(const PackParameter& parameter, std::string_view word, bool own_place) {
  const Rendering& rendering = parameter.rendering;
  if (own_place) {
    for (const auto& [value, flag] : rendering.by_value) {
      if (!flag.empty() && word == flag) return model::Value(value);
    }
    const std::string pattern =
        rendering.place == Place::kEnvironment ? rendering.name + "=" + rendering.pattern : rendering.pattern;
    if (const auto found = match(pattern, parameter.parameter, word)) return found;
  }
  for (const auto& alias : rendering.aliases) {
    if (const auto found = match(alias, parameter.parameter, word)) return found;
  }
  return std::nullopt;
}

std::optional<model::Value> find_value(const PackParameter& parameter, const Words& words) {
  const Place place = parameter.rendering.place;
  std::optional<model::Value> found;
  const auto scan = [&](const std::vector<std::string>& list, Place own) {
    for (const auto& word : list) {
      if (auto value = match_word(parameter, word, place == own)) found = std::move(value);
    }
  };
  scan(words.variables, Place::kEnvironment);
  scan(words.flags, Place::kFlag);
  scan(words.arguments, Place::kArgument);
  if (found) return found;
  for (const auto& [value, flag] : parameter.rendering.by_value) {
    if (flag.empty()) return model::Value(value);  // what is the case when nothing is written
  }
  return std::nullopt;
}

// What stands before a value's name among the limits; nullptr: it does not stand there.
const char* group_of(Place place) {
  switch (place) {
    case Place::kLimit:
      return "";
    case Place::kRequest:
      return "request.";
    case Place::kAutoscaler:
      return "autoscaler.";
    default:
      return nullptr;
  }
}

}  // namespace

bool gives(const PackParameter& parameter, std::string_view word) {
  const Place place = parameter.rendering.place;
  return match_word(parameter, word, place == Place::kFlag || place == Place::kArgument).has_value();
}

model::Configuration recognise(const Pack& pack, const std::vector<std::string>& command_line,
                               const std::map<std::string, std::string>& environment,
                               const std::map<std::string, double>& limits) {
  const Words words = read_words(pack.launcher, command_line, environment);
  model::Configuration configuration;
  for (const auto& parameter : pack.parameters) {
    const Rendering& rendering = parameter.rendering;
    if (rendering.place == Place::kNone) continue;
    if (const char* group = group_of(rendering.place); group != nullptr) {
      const auto at = limits.find(group + rendering.name);
      if (at != limits.end()) configuration.set(parameter.parameter.name, at->second);
    } else if (auto value = find_value(parameter, words)) {
      configuration.set(parameter.parameter.name, *std::move(value));
    }
  }
  return configuration;
}

}  // namespace trimtab::packs
