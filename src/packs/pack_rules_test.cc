#include "packs/pack_rules.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "packs/application_document.h"

namespace trimtab::packs {
namespace {

std::string document(std::string_view components, std::string_view parameters, std::string_view rest = "") {
  return std::string(
             "apiVersion: trimtab.dev/v1\nkind: Application\nname: shop\nplatform: {kind: simulated}\n"
             "metrics: [{name: arrivals, query: x, role: load}]\ngoal: {minimize: arrivals}\n"
             "components:\n") +
         std::string(components) + "parameters:\n" + std::string(parameters) + std::string(rest);
}

Result<model::Application> read(const std::string& text) {
  return read_application(text, "a.yaml", PackLibrary::embedded().value());
}

std::vector<std::string> constraints(const std::string& text) {
  const auto application = read(text);
  if (!application) ADD_FAILURE() << application.error().to_string();
  std::vector<std::string> texts;
  if (application)
    for (const auto& constraint : application->space.constraints())
      texts.push_back(constraint.described());
  return texts;
}

const std::string kJvm = "  - {name: java, pack: jvm}\n";
const std::string kHeaps =
    "  - {name: java.heap, min: 64, max: 512}\n  - {name: java.initial_heap, min: 64, max: 1024}\n";

TEST(PackRulesTest, ARelationHoldsWhereAllOfItsParametersAreThere) {
  EXPECT_EQ(constraints(document(kJvm, kHeaps)),
            (std::vector<std::string>{"java.initial_heap <= java.heap (the pack jvm)"}));
  EXPECT_TRUE(constraints(document(kJvm, "  - {name: java.heap, min: 64, max: 512}\n")).empty());
}

TEST(PackRulesTest, CanBeSwitchedOff) {
  EXPECT_TRUE(constraints(document(kJvm, kHeaps, "pack_rules: {relations: false}\n")).empty());
  EXPECT_TRUE(constraints(document(kJvm, kHeaps, "pack_rules: {except: [java.initial_heap <= java.heap]}\n")).empty());
  const auto unknown = read(document(kJvm, kHeaps, "pack_rules: {except: [java.initial_heap < java.heap]}\n"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().field, "pack_rules");
  EXPECT_NE(unknown.error().hint.find("java.initial_heap <= java.heap"), std::string::npos);
}

TEST(PackRulesTest, TheErrorNamesPackAndRelation) {
  const auto application = read(document(kJvm, kHeaps, "baseline: {java.heap: 256, java.initial_heap: 512}\n"));
  ASSERT_FALSE(application);
  EXPECT_NE(application.error().message.find("the relation \"java.initial_heap <= java.heap\" of the pack jvm"),
            std::string::npos)
      << application.error().message;
}

TEST(PackRulesTest, RangesThatNoRelationAllowsAreAFault) {
  const auto application = read(
      document(kJvm, "  - {name: java.heap, min: 64, max: 128}\n  - {name: java.initial_heap, min: 256, max: 512}\n"));
  ASSERT_FALSE(application);
  EXPECT_NE(application.error().message.find("(the pack jvm)"), std::string::npos) << application.error().message;
}

TEST(PackRulesTest, RelationsReachAcrossComponents) {
  const std::string containers = "  - {name: pod, pack: container}\n  - {name: sidecar, pack: container}\n";
  const std::string parameters =
      "  - {name: go.mem_limit, min: 64, max: 512}\n"
      "  - {name: pod.memory_limit, min: 64, max: 512}\n";
  // Two containers: which one is meant must be said.
  EXPECT_TRUE(constraints(document(containers + "  - {name: go, pack: go}\n", parameters)).empty());
  const auto placed = constraints(document(containers + "  - {name: go, pack: go, container: pod}\n", parameters));
  ASSERT_EQ(placed.size(), 1U);
  EXPECT_EQ(placed[0], "go.mem_limit <= 0.95 * pod.memory_limit (the pack go)");
  EXPECT_EQ(constraints(document("  - {name: pod, pack: container}\n  - {name: go, pack: go}\n", parameters)), placed);
}

TEST(PackRulesTest, EveryRelationOfTheEmbeddedPacksNamesParametersThatThereAre) {
  const PackLibrary library = PackLibrary::embedded().value();
  int across = 0;
  for (const Pack* pack : library.all()) {
    for (const PackRelation& relation : pack->relations) {
      for (const std::string& name : relation.expression.variables()) {
        const auto dot = name.find('.');
        const Pack* owner = dot == std::string::npos ? pack : library.find(name.substr(0, dot));
        ASSERT_NE(owner, nullptr) << pack->name << ": " << relation.text;
        EXPECT_NE(owner->find_parameter(dot == std::string::npos ? name : name.substr(dot + 1)), nullptr)
            << pack->name << ": " << relation.text;
        across += owner == pack ? 0 : 1;
      }
    }
  }
  EXPECT_GE(across, 10);
}

}  // namespace
}  // namespace trimtab::packs
