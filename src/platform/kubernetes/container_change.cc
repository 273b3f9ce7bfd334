#include "platform/kubernetes/container_change.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "kubernetes/object.h"
#include "kubernetes/quantity.h"
#include <nlohmann/json.hpp>

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;
using kubernetes::member;

constexpr double kMebi = 1024.0 * 1024.0;

std::vector<std::string> words_of(const Json& container, const char* list) {
  std::vector<std::string> words;
  for (const Json& word : member(container, list)) {
    if (word.is_string()) words.push_back(word.get<std::string>());
  }
  return words;
}

std::vector<std::string> split(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;)
    words.push_back(word);
  return words;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

void read_resources(const Json& resources, const char* group, const std::string& prefix,
                    std::map<std::string, double>& into) {
  for (const char* name : {"cpu", "memory"}) {
    const Json& value = member(member(resources, group), name);
    if (!value.is_string()) continue;
    const auto parsed = kubernetes::parse_quantity(value.get_ref<const std::string&>());
    if (parsed) into[prefix + name] = std::string_view(name) == "memory" ? *parsed / kMebi : *parsed;
  }
}

using Place = packs::Rendering::Place;

bool has_own(const std::vector<std::string>& words, const Stack& stack) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return stack.place_of(word) != Place::kNone; });
}

// Takes the words of `kind` out; returns where the first of them stood.
std::optional<std::size_t> take_out(std::vector<std::string>& words, Place kind, const Stack& stack) {
  std::optional<std::size_t> first;
  std::vector<std::string> kept;
  for (const std::string& word : words) {
    if (stack.place_of(word) != kind) {
      kept.push_back(word);
    } else if (!first) {
      first = kept.size();
    }
  }
  words = std::move(kept);
  return first;
}

void set_variable(Json& container, const std::string& name, const std::string& value) {
  Json& variables = container["env"];
  if (!variables.is_array()) variables = Json::array();
  for (Json& variable : variables) {
    if (variable.value("name", std::string()) != name) continue;
    variable = {{"name", name}, {"value", value}};
    return;
  }
  variables.push_back({{"name", name}, {"value", value}});
}

const Json* find_variable(const Json& container, const std::string& name) {
  for (const Json& variable : member(container, "env")) {
    if (variable.value("name", std::string()) == name) return &variable;
  }
  return nullptr;
}

void put_in(std::vector<std::string>& words, std::size_t at, const std::vector<std::string>& more) {
  words.insert(words.begin() + static_cast<std::ptrdiff_t>(at), more.begin(), more.end());
}

Result<void> set_flags(Json& container, const std::vector<std::string>& flags, const Stack& stack,
                       const std::string& variable_name) {
  for (const char* list : {"command", "args"}) {
    std::vector<std::string> words = words_of(container, list);
    const auto at = take_out(words, Place::kFlag, stack);
    if (!at) continue;
    put_in(words, *at, flags);
    container[list] = words;
    return {};
  }
  const Json* variable = find_variable(container, variable_name);
  if (variable != nullptr && variable->contains("valueFrom")) {
    return fail(invalid_input("the variable " + variable_name + " is taken from elsewhere (valueFrom)",
                              "platform.flags_variable"));
  }
  std::vector<std::string> words = split(variable == nullptr ? "" : variable->value("value", std::string()));
  take_out(words, Place::kFlag, stack);
  words.insert(words.end(), flags.begin(), flags.end());
  set_variable(container, variable_name, join(words));
  return {};
}

Result<void> set_arguments(Json& container, const std::vector<std::string>& arguments, const Stack& stack) {
  for (const char* list : {"args", "command"}) {
    std::vector<std::string> words = words_of(container, list);
    if (words.empty()) continue;
    const auto at = take_out(words, Place::kArgument, stack);
    put_in(words, at.value_or(words.size()), arguments);
    container[list] = words;
    return {};
  }
  return fail(invalid_input("the container has no command line that arguments could be added to",
                            "spec.template.spec.containers", "write the program's arguments as args"));
}

void set_resources(Json& container, const char* group, const std::map<std::string, double>& values) {
  for (const auto& [name, value] : values) {
    container["resources"][group][name] =
        name == "memory" ? kubernetes::format_memory(value * kMebi) : kubernetes::format_cpu(value);
  }
}

}  // namespace

bool same_value(const model::Value& a, const model::Value& b) {
  if (!a.is_number() || !b.is_number()) return a == b;
  // Half a millicore or a MiB: what rounding to whole units can make.
  return std::abs(a.number() - b.number()) <= std::max(0.00051, 1e-6 * std::abs(b.number()));
}

std::vector<std::string> missing_values(const model::Configuration& live, const model::Configuration& target) {
  std::vector<std::string> names;
  for (const auto& [name, value] : target.entries()) {
    const model::Value* found = live.find(name);
    if (found == nullptr || !same_value(*found, value)) names.push_back(name);
  }
  return names;
}

model::Configuration read_container(const Json& container, const Json& actual, const Stack& stack) {
  std::vector<std::string> words = words_of(container, "command");
  if (words.empty()) words.emplace_back("entrypoint");  // of the image
  for (std::string& word : words_of(container, "args"))
    words.push_back(std::move(word));
  std::map<std::string, std::string> environment;
  for (const Json& variable : member(container, "env")) {
    if (member(variable, "value").is_string()) {
      environment[variable.value("name", std::string())] = variable["value"].get<std::string>();
    }
  }
  const Json& specified = member(container, "resources");
  std::map<std::string, double> limits;
  for (const Json* resources : {&specified, &actual}) {  // what is in force wins
    read_resources(*resources, "limits", "", limits);
    read_resources(*resources, "requests", "request.", limits);
  }
  return stack.recognise(words, environment, limits);
}

Result<Json> changed_container(const Json& container, const model::Configuration& target, const Stack& stack,
                               const std::string& flags_variable) {
  TRY_ASSIGN(const packs::Rendered rendered, stack.render(target));
  Json changed = container;
  set_resources(changed, "limits", rendered.limits);
  set_resources(changed, "requests", rendered.requests);
  for (const auto& [name, value] : rendered.environment)
    set_variable(changed, name, value);
  if (!rendered.flags.empty()) TRY(set_flags(changed, rendered.flags, stack, flags_variable));
  if (!rendered.arguments.empty()) TRY(set_arguments(changed, rendered.arguments, stack));
  const auto lost = missing_values(read_container(changed, {}, stack), target);
  if (!lost.empty()) {
    return fail(
        invalid_input("the container would not take " + lost.front() + ": something else in it wins", lost.front()));
  }
  return changed;
}

Json owned_fields(const Json& container, const Json& changed, const model::Configuration& target, const Stack& stack,
                  const std::string& flags_variable) {
  Json owned{{"name", member(container, "name")}};
  const auto rendered = stack.render(target);
  if (!rendered) return owned;
  // Everything there is of them, not only what the target names: an applied field that is left out the next time would
  // be taken away.
  for (const char* group : {"limits", "requests"}) {
    const Json& values = member(member(container, "resources"), group);
    if (values.is_object() && !values.empty()) owned["resources"][group] = values;
  }
  for (const char* list : {"command", "args"}) {
    const bool touched = member(container, list) != member(changed, list) || has_own(words_of(container, list), stack);
    if (touched && container.contains(list)) owned[list] = container[list];
  }
  const auto own_variable = [&](const std::string& name) {
    const Json* variable = find_variable(container, name);
    if (variable != nullptr) owned["env"].push_back(*variable);
  };
  for (const auto& [name, unused] : rendered->environment)
    own_variable(name);
  const auto flags_in = [&](const Json& where) {
    const Json* variable = find_variable(where, flags_variable);
    return variable != nullptr && has_own(split(variable->value("value", std::string())), stack);
  };
  const bool in_variable = flags_in(container) || flags_in(changed);
  if (in_variable && !rendered->environment.contains(flags_variable)) own_variable(flags_variable);
  return owned;
}

}  // namespace trimtab::platform
