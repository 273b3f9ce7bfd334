#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "packs/detection/shell_words.h"
#include "packs/pack.h"

namespace trimtab::packs {
namespace {

using Place = Rendering::Place;

constexpr std::string_view kValue = "${value}";
constexpr double kMebibyte = 1048576;

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

// Bytes of one unit of the suffix; JVM, Go and Kubernetes write binary multiples in these ways.
std::optional<double> bytes_of_suffix(std::string_view suffix) {
  if (suffix.ends_with("iB")) suffix.remove_suffix(2);
  if (suffix.ends_with('i')) suffix.remove_suffix(1);
  if (suffix.empty() || suffix == "B") return 1;
  if (suffix.size() != 1) return std::nullopt;
  switch (suffix[0]) {
    case 'k':
    case 'K':
      return 1024;
    case 'm':
    case 'M':
      return kMebibyte;
    case 'g':
    case 'G':
      return kMebibyte * 1024;
    case 't':
    case 'T':
      return kMebibyte * 1048576;
    default:
      return std::nullopt;
  }
}

struct Number {
  double value = 0;
  std::string_view rest;
};
std::optional<Number> leading_number(std::string_view text) {
  Number number;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number.value);
  if (status != std::errc{} || !std::isfinite(number.value)) return std::nullopt;
  number.rest = text.substr(static_cast<std::size_t>(end - text.data()));
  return number;
}

double bytes_of_unit(std::string_view unit) {
  if (unit == "KiB") return 1024;
  if (unit == "MiB") return kMebibyte;
  return unit == "GiB" ? kMebibyte * 1024 : 0;
}

// A pattern whose suffix is the parameter's unit ("-Xmx${value}m" in MiB) stands for any way to write a size.
bool is_size(const model::Parameter& parameter, std::string_view suffix) {
  const double unit = bytes_of_unit(parameter.unit);
  return unit > 0 && !suffix.empty() && bytes_of_suffix(suffix) == unit;
}

// A pattern with several places is matched by its first, and then as a whole: the others must hold the same text.
std::optional<model::Value> match_once(const model::Parameter& parameter, std::string_view pattern,
                                       std::string_view word);

std::optional<model::Value> match(const model::Parameter& parameter, std::string_view pattern, std::string_view word) {
  const auto first = pattern.find(kValue);
  const auto second = first == std::string_view::npos ? first : pattern.find(kValue, first + kValue.size());
  if (second == std::string_view::npos) return match_once(parameter, pattern, word);
  const std::string_view between = pattern.substr(first + kValue.size(), second - first - kValue.size());
  if (!word.starts_with(pattern.substr(0, first))) return std::nullopt;
  const auto end = word.find(between, first);
  if (end == std::string_view::npos) return std::nullopt;
  std::string whole(pattern);
  const std::string text(word.substr(first, end - first));
  for (auto at = whole.find(kValue); at != std::string::npos; at = whole.find(kValue, at + text.size()))
    whole.replace(at, kValue.size(), text);
  if (whole != word) return std::nullopt;
  return match_once(parameter, kValue, text);
}

std::optional<model::Value> match_once(const model::Parameter& parameter, std::string_view pattern,
                                       std::string_view word) {
  const auto at = pattern.find(kValue);
  if (at == std::string_view::npos || !word.starts_with(pattern.substr(0, at))) return std::nullopt;
  const std::string_view suffix = pattern.substr(at + kValue.size());
  std::string_view text = word.substr(at);
  if (parameter.is_number() && is_size(parameter, suffix)) {
    const auto number = leading_number(text);
    if (!number) return std::nullopt;
    const auto bytes = bytes_of_suffix(number->rest);
    if (!bytes) return std::nullopt;
    return model::Value(number->value * *bytes / bytes_of_unit(parameter.unit));
  }
  if (!text.ends_with(suffix)) return std::nullopt;
  text.remove_suffix(suffix.size());
  if (!parameter.is_number()) {
    return is_one_of(parameter.values, text) ? std::optional<model::Value>(text) : std::nullopt;
  }
  const auto number = leading_number(text);
  if (!number || !number->rest.empty()) return std::nullopt;
  return model::Value(number->value);
}

std::optional<model::Value> match_word(const PackParameter& parameter, std::string_view word, bool own_place) {
  const Rendering& rendering = parameter.rendering;
  if (own_place) {
    for (const auto& [value, flag] : rendering.by_value) {
      if (!flag.empty() && word == flag) return model::Value(value);
    }
    const std::string pattern =
        rendering.place == Place::kEnvironment ? rendering.name + "=" + rendering.pattern : rendering.pattern;
    if (const auto found = match(parameter.parameter, pattern, word)) return found;
  }
  for (const auto& alias : rendering.aliases) {
    if (const auto found = match(parameter.parameter, alias, word)) return found;
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
