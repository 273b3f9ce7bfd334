#include "api/openapi.h"

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/fake_live_service_test.h"
#include "api/rest.h"
#include "api/schema_check_test.h"

namespace trimtab::api {
namespace {

using nlohmann::json;

std::set<std::string> documented() {
  std::set<std::string> result;
  const auto document = json::parse(openapi_document());
  for (const auto& [path, operations] : document.at("paths").items()) {
    for (const auto& [method, operation] : operations.items())
      result.insert(method + " " + path);
  }
  return result;
}

TEST(OpenApi, DescribesEveryRouteAndNoOther) {
  FakeLiveService live;
  const FixedClock clock;
  std::set<std::string> served;
  for (auto [method, pattern] : make_router({.live = live, .clock = clock}).routes()) {
    std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
    served.insert(method + " " + std::regex_replace(pattern, std::regex(":([a-z]+)"), "{$1}"));
  }
  EXPECT_EQ(served, documented());
}

void collect_references(const json& value, std::set<std::string>& found) {
  if (value.is_object() && value.contains("$ref")) found.insert(value.at("$ref").get<std::string>());
  if (!value.is_structured()) return;
  for (const auto& member : value)
    collect_references(member, found);
}

TEST(OpenApi, RefersOnlyToWhatIsThere) {
  const auto document = json::parse(openapi_document());
  std::set<std::string> references;
  collect_references(document, references);
  EXPECT_GT(references.size(), 10u);
  for (const auto& reference : references) {
    EXPECT_TRUE(document.contains(json::json_pointer(reference.substr(1)))) << reference;
  }
}

TEST(OpenApi, AsksForTheTokenExactlyWhereSomethingChanges) {
  const auto document = json::parse(openapi_document());
  for (const auto& [path, operations] : document.at("paths").items()) {
    for (const auto& [method, operation] : operations.items()) {
      EXPECT_EQ(operation.contains("security"), method != "get") << method << " " << path;
      const bool has_variable = path.contains('{');
      EXPECT_EQ(has_variable, operation.dump().contains(R"("in":"path")")) << method << " " << path;
    }
  }
}

// The member names on the first level of "export interface Name extends Base { ... }" in the page's contract.
std::map<std::string, std::set<std::string>> page_interfaces() {
  std::ifstream file(TRIMTAB_SOURCE_DIR "/web/src/api/types.ts");
  std::stringstream content;
  content << file.rdbuf();
  auto text = std::regex_replace(content.str(), std::regex("//[^\n]*"), "");
  std::map<std::string, std::set<std::string>> result;
  const std::regex head("export interface (\\w+)(?: extends (\\w+))? \\{");
  for (std::sregex_iterator at(text.begin(), text.end(), head), end; at != end; ++at) {
    auto& members = result[(*at)[1]];
    if ((*at)[2].matched) members = result[(*at)[2]];
    std::string first_level;
    int depth = 1;
    for (auto c = (*at)[0].second; c != text.end() && depth > 0; ++c) {
      if (*c == '}') --depth;
      if (depth == 1) first_level += *c == ';' ? '\n' : *c;
      if (*c == '{') ++depth;
    }
    const std::regex member("(?:^|[\\n])\\s*(\\w+)\\??:");
    for (std::sregex_iterator m(first_level.begin(), first_level.end(), member); m != end; ++m)
      members.insert((*m)[1]);
  }
  return result;
}

TEST(OpenApi, HasTheShapesOfThePage) {
  const SchemaCheck check(json::parse(openapi_document()));
  const auto& schemas = check.document().at("components").at("schemas");
  int compared = 0;
  for (const auto& [name, members] : page_interfaces()) {
    if (name == "ApiError") continue;  // the inside of Error
    ASSERT_TRUE(schemas.contains(name)) << name;
    std::set<std::string> described;
    const auto properties = check.members(schemas.at(name));
    for (const auto& [member, schema] : properties.items())
      described.insert(member);
    EXPECT_EQ(described, members) << name;
    ++compared;
  }
  EXPECT_GT(compared, 20);
}

}  // namespace
}  // namespace trimtab::api
