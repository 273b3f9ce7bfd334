// Space: writes the document that a person would. JSON is YAML, so that every name and formula can be quoted safely.
#include "trimtab/optimizer.h"
#include <nlohmann/json.hpp>

namespace trimtab {
namespace {

using Json = nlohmann::json;

std::string text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parameter(std::string_view name, const char* type, std::string_view when) {
  Json item{{"name", name}, {"type", type}};
  if (!when.empty()) item["when"] = when;
  return item;
}

Json number(std::string_view name, const char* type, const Space::Domain& domain) {
  Json item = parameter(name, type, domain.when);
  if (domain.log_scale) item["scale"] = "log";
  if (domain.step != 0) item["step"] = domain.step;
  return item;
}

}  // namespace

Space& Space::add(std::string_view list, std::string item) {
  const auto at = lists_.find(list);
  (at == lists_.end() ? lists_[std::string(list)] : at->second).push_back(std::move(item));
  return *this;
}

Space& Space::integer(std::string_view name, std::int64_t min, std::int64_t max, const Domain& domain) {
  Json item = number(name, "integer", domain);
  item["min"] = min;
  item["max"] = max;
  return add("parameters", text(item));
}

Space& Space::real(std::string_view name, double min, double max, const Domain& domain) {
  Json item = number(name, "real", domain);
  item["min"] = min;
  item["max"] = max;
  return add("parameters", text(item));
}

Space& Space::categorical(std::string_view name, const std::vector<std::string>& values, std::string_view when) {
  Json item = parameter(name, "categorical", when);
  item["values"] = values;
  return add("parameters", text(item));
}

Space& Space::ordinal(std::string_view name, const std::vector<std::string>& values, std::string_view when) {
  Json item = parameter(name, "ordinal", when);
  item["values"] = values;
  return add("parameters", text(item));
}

Space& Space::constraint(std::string_view formula) {
  return add("constraints", text(formula));
}
Space& Space::minimize(std::string_view formula) {
  return add("goals", text({{"minimize", formula}}));
}
Space& Space::maximize(std::string_view formula) {
  return add("goals", text({{"maximize", formula}}));
}
Space& Space::slo(std::string_view bound) {
  return add("slos", text(bound));
}
Space& Space::context(std::string_view name) {
  return add("context", text({{"name", name}, {"type", "real"}}));
}

Space& Space::baseline(const Values& configuration) {
  Json object = Json::object();
  for (const auto& [name, value] : configuration)
    std::visit([&](const auto& one) { object[name] = one; }, value);
  baseline_ = text(object);
  return *this;
}

std::string Space::document() const {
  std::string result = "apiVersion: trimtab.dev/v1\nkind: Space\n";
  for (const auto& [list, items] : lists_) {
    result += list + ":\n";
    for (const std::string& item : items)
      result += "  - " + item + "\n";
  }
  if (!baseline_.empty()) result += "baseline: " + baseline_ + "\n";
  return result;
}

}  // namespace trimtab
