#include "api/schema_check_test.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace trimtab::api {
namespace {

using nlohmann::json;

bool is_of(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "integer") return value.is_number_integer();
  if (type == "boolean") return value.is_boolean();
  return type == "null" && value.is_null();
}

bool has_type(const json& value, const json& types) {
  if (types.is_string()) return is_of(value, types);
  return std::ranges::any_of(types, [&](const json& type) { return is_of(value, type); });
}

}  // namespace

json SchemaCheck::resolve(const json& schema) const {
  if (schema.contains("$ref")) {
    return resolve(document_.at(json::json_pointer(schema.at("$ref").get<std::string>().substr(1))));
  }
  if (!schema.contains("allOf")) return schema;
  json whole{{"type", "object"}, {"required", json::array()}, {"properties", json::object()}};
  for (const auto& part : schema.at("allOf")) {
    const auto resolved = resolve(part);
    if (resolved.contains("additionalProperties")) whole["additionalProperties"] = resolved["additionalProperties"];
    for (const auto& name : resolved.value("required", json::array()))
      whole["required"].push_back(name);
    whole["properties"].update(resolved.value("properties", json::object()));
  }
  return whole;
}

json SchemaCheck::members(const json& schema) const {
  return resolve(schema).value("properties", json::object());
}

void SchemaCheck::check_object(const json& value, const json& schema, const std::string& path,
                               std::vector<std::string>& found) const {
  const auto properties = schema.value("properties", json::object());
  const auto others = schema.value("additionalProperties", json(false));
  for (const auto& name : schema.value("required", json::array())) {
    if (!value.contains(name)) found.push_back(path + ": lacks " + name.get<std::string>());
  }
  for (const auto& [name, member] : value.items()) {
    if (properties.contains(name)) {
      check(member, properties[name], path + "." + name, found);
    } else if (others.is_object()) {
      check(member, others, path + "." + name, found);
    } else {
      found.push_back(path + ": unknown member " + name);
    }
  }
}

void SchemaCheck::check(const json& value, const json& unresolved, const std::string& path,
                        std::vector<std::string>& found) const {
  const auto schema = resolve(unresolved);
  if (schema.contains("oneOf")) {
    const auto fits = [&](const json& one) { return faults(value, one).empty(); };
    if (std::ranges::count_if(schema["oneOf"], fits) != 1) found.push_back(path + ": fits not exactly one schema");
    return;
  }
  if (schema.contains("type") && !has_type(value, schema["type"])) {
    found.push_back(path + ": is " + value.dump() + ", not " + schema["type"].dump());
    return;
  }
  if (schema.contains("enum") && std::ranges::find(schema["enum"], value) == schema["enum"].end()) {
    found.push_back(path + ": " + value.dump() + " is not listed");
  }
  if (value.is_object() && (schema.contains("properties") || schema.contains("additionalProperties"))) {
    check_object(value, schema, path, found);
  }
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto place = path + "[" + std::to_string(i) + "]";
      if (schema.contains("items")) check(value[i], schema["items"], place, found);
      if (schema.contains("prefixItems")) check(value[i], schema["prefixItems"].at(i), place, found);
    }
  }
}

std::vector<std::string> SchemaCheck::faults(const json& value, const json& schema) const {
  std::vector<std::string> found;
  check(value, schema, "$", found);
  return found;
}

json SchemaCheck::answer_schema(const std::string& method, const std::string& path, const std::string& status) const {
  const auto& responses = document_.at("paths").at(path).at(method).at("responses");
  const auto& response = responses.contains(status) ? responses.at(status) : responses.at("default");
  if (!response.contains("content")) return nullptr;
  return response.at("content").begin()->at("schema");
}

TEST(SchemaCheck, FindsFaults) {
  const SchemaCheck check(json::parse(R"({"s": {"type": "object", "required": ["a"], "properties":
      {"a": {"type": ["integer", "null"]}, "b": {"type": "array", "items": {"enum": ["x"]}}}}})"));
  const json schema{{"$ref", "#/s"}};
  EXPECT_TRUE(check.faults(json::parse(R"({"a": null, "b": ["x"]})"), schema).empty());
  EXPECT_EQ(check.faults(json::parse(R"({"b": []})"), schema).size(), 1u);
  EXPECT_EQ(check.faults(json::parse(R"({"a": 1.5, "c": 1, "b": ["x", "y"]})"), schema).size(), 3u);
  EXPECT_EQ(check.faults(json::parse("[]"), schema).size(), 1u);
}

}  // namespace trimtab::api
