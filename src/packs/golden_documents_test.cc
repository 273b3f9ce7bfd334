// Every document of tests/golden/documents with the faults that must be reported for it, word for word.
// TRIMTAB_UPDATE_GOLDEN=1 writes what is reported now; read the difference before committing it.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "model/space_document.h"
#include "packs/application_document.h"

namespace trimtab::packs {
namespace {

std::filesystem::path folder() {
  return std::filesystem::path(TRIMTAB_SOURCE_DIR) / "tests/golden/documents";
}

std::string read(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::vector<Error> faults_of(const std::string& text, const std::string& file, const PackLibrary& packs) {
  const auto document = yaml::parse(text, file);
  if (!document) return {document.error()};
  const yaml::Node* kind = document->root.find("kind");
  if (kind != nullptr && kind->text == "Space") return model::space_document_faults(*document);
  if (kind != nullptr && kind->text == "Pack") return pack_faults(*document);
  return application_faults(text, file, packs);
}

std::string report(const std::vector<Error>& faults) {
  if (faults.empty()) return "no faults\n";
  std::string text;
  for (const auto& fault : faults)
    text += fault.to_string() + "\n";
  return text;
}

class GoldenDocumentTest : public testing::TestWithParam<std::string> {};

TEST_P(GoldenDocumentTest, ReportsExactlyTheseFaults) {
  const auto path = folder() / (GetParam() + ".yaml");
  const std::string text = read(path);
  ASSERT_FALSE(text.empty()) << path;
  const auto packs = PackLibrary::embedded();
  ASSERT_TRUE(packs) << packs.error().to_string();
  const std::string found = report(faults_of(text, path.filename().string(), *packs));
  const auto expected_path = folder() / (GetParam() + ".txt");
  if (std::getenv("TRIMTAB_UPDATE_GOLDEN") != nullptr) std::ofstream(expected_path, std::ios::binary) << found;
  EXPECT_EQ(found, read(expected_path));
}

std::vector<std::string> documents() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

// The examples, with the places that ./run fills in.
std::string filled_in(std::string text) {
  const auto replace = [&](std::string_view name, std::string_view value) {
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name))
      text.replace(at, name.size(), value);
  };
  replace("@ROOT@", "/root");
  replace("@STATE@", "/state");
  replace("@MODE@", "recommend");
  replace("@SLOT1_PORT@", "18081");
  replace("@SLOT2_PORT@", "18082");
  replace("@SLOT3_PORT@", "18083");
  replace("@SLOT4_PORT@", "18084");
  replace("@PROMETHEUS_PORT@", "19090");
  return text;
}

TEST(ExampleDocumentsTest, HaveNoFaults) {
  const auto packs = PackLibrary::embedded();
  ASSERT_TRUE(packs) << packs.error().to_string();
  int seen = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::filesystem::path(TRIMTAB_SOURCE_DIR) / "examples")) {
    const std::string file = entry.path().filename().string();
    if (!file.ends_with(".yaml") && !file.ends_with(".yaml.in")) continue;
    const std::string text = filled_in(read(entry.path()));
    if (!text.contains("\nkind: Application\n")) continue;
    EXPECT_EQ(report(application_faults(text, file, *packs)), "no faults\n") << entry.path();
    ++seen;
  }
  EXPECT_GE(seen, 1);
}

INSTANTIATE_TEST_SUITE_P(Documents, GoldenDocumentTest, testing::ValuesIn(documents()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace trimtab::packs
