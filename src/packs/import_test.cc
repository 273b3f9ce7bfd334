#include "packs/import.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "model/space_document.h"
#include "packs/pack.h"

namespace trimtab::packs {
namespace {

Imported import(const char* text) {
  auto imported = import_foreign(yaml::parse(text, "foreign.yaml").value());
  EXPECT_TRUE(imported) << imported.error().to_string();
  return imported.value_or(Imported{});
}

bool mentions(const Imported& imported, const std::string& text) {
  return std::ranges::any_of(imported.left_out,
                             [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

TEST(ImportTest, AComponentTypeBecomesAPack) {
  const Imported imported = import(R"yaml(name: java-openjdk-17
description: The "JVM"
parameters:
  - name: jvm_maxHeapSize
    description: Maximum heap
    unit: megabytes
    domain: {type: integer, domain: [16, 1048576]}
    defaultValue: 1024
    operators: {FileConfigurator: {confTemplate: "-Xmx${value}M"}}
  - name: jvm_gcType
    domain: {type: categorical, categories: [Serial, G1]}
    defaultValue: G1
    operators: {FileConfigurator: {confTemplate: "-XX:+Use${value}GC"}}
  - {name: jvm_share, type: real, domain: [0.1, 100.0], restart: false}
  - {name: nothing_known}
metrics: [{name: mem_used}]
credits: 1
)yaml");
  EXPECT_EQ(imported.kind, "Pack");
  const auto pack = read_pack(yaml::parse(imported.document, "out.yaml").value());
  ASSERT_TRUE(pack) << pack.error().to_string() << imported.document;
  EXPECT_EQ(pack->name, "java_openjdk_17");
  ASSERT_EQ(pack->parameters.size(), 3U);
  EXPECT_EQ(pack->find_parameter("jvm_maxHeapSize")->parameter.max, 1048576);
  EXPECT_EQ(render(*pack, {{"jvm_maxHeapSize", 512}, {"jvm_gcType", "G1"}})->flags,
            (std::vector<std::string>{"-XX:+UseG1GC", "-Xmx512M"}));
  EXPECT_TRUE(mentions(imported, "nothing_known"));
  EXPECT_TRUE(mentions(imported, "mem_used"));
  EXPECT_TRUE(mentions(imported, "credits"));
  EXPECT_TRUE(mentions(imported, "jvm_share"));  // nothing says how it is written
}

TEST(ImportTest, AStudyBecomesASpace) {
  const Imported imported = import(R"yaml(name: shop
system: shop
parametersSelection:
  - {name: jvm.heap, domain: [256, 1024]}
  - {name: jvm.gc, categories: [Serial, G1]}
  - {name: jvm.other}
parameterConstraints:
  - {name: fits, formula: "jvm.heap + 50 <= 2000"}
goal:
  objective: minimize
  function: {formula: "jvm.heap * 0.1"}
steps:
  - {type: baseline, values: {jvm.heap: 512, jvm.gc: G1}}
)yaml");
  EXPECT_EQ(imported.kind, "Space");
  const auto document = yaml::parse(imported.document, "out.yaml").value();
  for (const auto& fault : model::space_document_faults(document))
    ADD_FAILURE() << fault.to_string() << "\n" << imported.document;
  EXPECT_TRUE(mentions(imported, "jvm.other"));
  EXPECT_TRUE(mentions(imported, "system"));
}

TEST(ImportTest, AnythingElseIsRefused) {
  EXPECT_EQ(import_foreign(yaml::parse("kind: Deployment\n", "x.yaml").value()).error().code, Code::kInvalidInput);
  EXPECT_EQ(import_foreign(yaml::parse("parameters: [{name: a}]\n", "x.yaml").value()).error().code,
            Code::kInvalidInput);
}

}  // namespace
}  // namespace trimtab::packs
