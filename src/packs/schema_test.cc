// The JSON Schemas, the guide and the decoders must name the same fields.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/space_document.h"
#include "packs/application_document.h"
#include "packs/embedded.h"

namespace trimtab::packs {
namespace {

using nlohmann::json;
using Names = std::set<std::string>;

std::string read(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}
std::filesystem::path root() {
  return TRIMTAB_SOURCE_DIR;
}

json schema(std::string_view file) {
  for (const auto& text : embedded_schemas()) {
    if (text.file == file) return json::parse(text.text);
  }
  ADD_FAILURE() << "no schema " << file;
  return {};
}

std::vector<Error> faults_of(const std::string& text) {
  const auto document = yaml::parse(text, "d.yaml");
  if (!document) return {document.error()};
  const yaml::Node* kind = document->root.find("kind");
  if (kind != nullptr && kind->text == "Space") return model::space_document_faults(*document);
  if (kind != nullptr && kind->text == "Pack") return pack_faults(*document);
  return application_faults(text, "d.yaml", PackLibrary::embedded().value());
}

// What the decoder says it knows where `unknown_field_x` stands: "known fields: a, b, c".
Names known_fields(const std::string& text) {
  Names names;
  for (const auto& fault : faults_of(text)) {
    const std::string lead = "known fields: ";
    if (!fault.field.ends_with("unknown_field_x") || !fault.hint.starts_with(lead)) continue;
    std::string list = fault.hint.substr(lead.size());
    for (std::size_t at = 0; at < list.size();) {
      const std::size_t end = std::min(list.find(", ", at), list.size());
      names.insert(list.substr(at, end - at));
      at = end + 2;
    }
  }
  return names;
}

Names keys(const json& object) {
  Names names;
  for (const auto& [key, value] : object.items())
    names.insert(key);
  return names;
}

TEST(SchemaTest, NamesTheFieldsThatTheDecodersKnow) {
  const std::string head = "kind: Application\n";
  const std::string space = "kind: Space\n";
  const std::string pack = "kind: Pack\n";
  const std::vector<std::tuple<const char*, const char*, std::string>> cases{
      {"application.json", "/properties", head + "unknown_field_x: 1\n"},
      {"application.json", "/properties/components/items/properties", head + "components: [{unknown_field_x: 1}]\n"},
      {"application.json", "/properties/prometheus/properties", head + "prometheus: {unknown_field_x: 1}\n"},
      {"application.json", "/properties/prices/properties", head + "prices: {unknown_field_x: 1}\n"},
      {"application.json", "/properties/cadence/properties", head + "cadence: {unknown_field_x: 1}\n"},
      {"application.json", "/properties/policy/properties", head + "policy: {unknown_field_x: 1}\n"},
      {"application.json", "/properties/policy/properties/change_windows/items/properties",
       head + "policy: {change_windows: [{unknown_field_x: 1}]}\n"},
      {"application.json", "/$defs/metric/properties", head + "metrics: [{name: a, unknown_field_x: 1}]\n"},
      {"application.json", "/$defs/plausible/properties",
       head + "metrics: [{name: a, query: b, plausible: {unknown_field_x: 1}}]\n"},
      {"application.json", "/$defs/parameter/properties",
       head + "components: [{name: jvm, pack: jvm}]\nparameters: [{name: jvm.heap, unknown_field_x: 1}]\n"},
      {"application.json", "/$defs/goal/properties", head + "goal: {unknown_field_x: 1}\n"},
      {"application.json", "/$defs/slo/oneOf/1/properties", head + "slos: [{unknown_field_x: 1}]\n"},
      {"space.json", "/properties", space + "unknown_field_x: 1\n"},
      {"space.json", "/$defs/parameter/properties", space + "parameters: [{type: real, unknown_field_x: 1}]\n"},
      {"space.json", "/properties/context/items/properties", space + "context: [{unknown_field_x: 1}]\n"},
      {"pack.json", "/properties", pack + "unknown_field_x: 1\n"},
      {"pack.json", "/properties/launcher/properties", pack + "launcher: {unknown_field_x: 1}\n"},
      {"pack.json", "/$defs/parameter/properties", pack + "parameters: [{type: real, unknown_field_x: 1}]\n"},
      {"pack.json", "/$defs/metric/properties", pack + "metrics: [{unknown_field_x: 1}]\n"},
      {"pack.json", "/properties/monotone/items/properties", pack + "monotone: [{unknown_field_x: 1}]\n"},
      {"pack.json", "/properties/facts/items/properties", pack + "facts: [{fact: a, unknown_field_x: 1}]\n"},
      {"pack.json", "/properties/detect/properties", pack + "detect: {unknown_field_x: 1}\n"},
      {"pack.json", "/$defs/parameter/properties/render/properties",
       pack + "parameters: [{name: a, type: real, min: 0, max: 1, render: {unknown_field_x: 1}}]\n"},
  };
  for (const auto& [file, pointer, text] : cases) {
    const json properties = schema(file).value(json::json_pointer(pointer), json::object());
    EXPECT_FALSE(properties.empty()) << file << pointer;
    EXPECT_EQ(known_fields(text), keys(properties)) << file << pointer;
  }
}

void collect_property_names(const json& node, Names& names) {
  if (node.is_array()) {
    for (const auto& item : node)
      collect_property_names(item, names);
  }
  if (!node.is_object()) return;
  for (const auto& [key, value] : node.items()) {
    if (key == "properties") {
      for (const auto& [name, property] : value.items())
        names.insert(name);
    }
    collect_property_names(value, names);
  }
}

TEST(GuideTest, DescribesEveryField) {
  for (const auto& [file, guide] :
       {std::pair("application.json", "application.md"), std::pair("pack.json", "packs.md")}) {
    std::string text = read(root() / "docs/guide" / guide);
    if (std::string_view(guide) == "packs.md") text += read(root() / "docs/guide/application.md");
    Names names;
    collect_property_names(schema(file), names);
    for (const auto& name : names) {
      const bool described = text.contains("`" + name + "`") || text.contains("`" + name + ":") ||
                             text.contains("{" + name + ":") || text.contains(", " + name + ":");
      EXPECT_TRUE(described) << guide << " says nothing of " << name;
    }
  }
}

TEST(GuideTest, ExamplesHaveNoFaults) {
  int examples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root() / "docs/guide")) {
    if (entry.path().extension() != ".md") continue;
    const std::string text = read(entry.path());
    const std::string fence = "```yaml\n";
    for (auto at = text.find(fence); at != std::string::npos; at = text.find(fence, at + 1)) {
      const auto begin = at + fence.size();
      const std::string block = text.substr(begin, text.find("```", begin) - begin);
      if (!block.starts_with("apiVersion: trimtab.dev/v1\n")) continue;  // a piece of a document
      const bool known = block.contains("\nkind: Application\n") || block.contains("\nkind: Space\n") ||
                         block.contains("\nkind: Pack\n");
      if (!known) continue;
      for (const auto& fault : faults_of(block))
        ADD_FAILURE() << entry.path() << ": " << fault.to_string();
      ++examples;
    }
  }
  EXPECT_GE(examples, 3);
}

}  // namespace
}  // namespace trimtab::packs
