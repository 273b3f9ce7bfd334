// Documents damaged at random: never a crash, and reading agrees with the list of faults.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>

#include "base/random.h"
#include "model/space_document.h"
#include "packs/application_document.h"

namespace trimtab::packs {
namespace {

std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream stream(std::filesystem::path(TRIMTAB_SOURCE_DIR) / file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines)
    text += line + "\n";
  return text;
}

const std::vector<std::string> kPieces{
    "-1", "1e308", "\"", "'",      "{",  "}", "[", "]",  ": ", ", ",     "null", "~",        "nan", "true",     "- ",
    "&a", "*a",    "0",  "1e-300", "\t", "#", "|", ">=", "==", "gc == ", "(",    "arrivals", "min", "$LABELS$", "\xff"};

std::string damaged(std::vector<std::string> lines, Random& random) {
  for (std::uint64_t changes = 1 + random.below(3); changes > 0; --changes) {
    const std::size_t i = random.below(lines.size());
    std::string& line = lines[i];
    switch (random.below(5)) {
      case 0:
        line.clear();
        break;
      case 1:
        std::swap(line, lines[random.below(lines.size())]);
        break;
      case 2:
        if (!line.empty()) line.erase(random.below(line.size()), 1 + random.below(6));
        break;
      case 3:
        line.insert(random.below(line.size() + 1), kPieces[random.below(kPieces.size())]);
        break;
      default:
        if (!line.empty()) line[random.below(line.size())] = static_cast<char>(32 + random.below(95));
        break;
    }
  }
  return joined(lines);
}

TEST(DamagedDocumentsTest, ReadingAgreesWithTheFaults) {
  const auto packs = PackLibrary::embedded().value();
  const auto lines = lines_of("tests/golden/documents/application_complete.yaml");
  ASSERT_GT(lines.size(), 40U);
  Random random(11);
  int sound = 0;
  int faulty = 0;
  for (int i = 0; i < 1500; ++i) {
    const std::string text = damaged(lines, random);
    const auto faults = application_faults(text, "d.yaml", packs);
    const auto application = read_application(text, "d.yaml", packs);
    ASSERT_EQ(application.has_value(), faults.empty()) << text;
    if (!application) {
      ++faulty;
      ASSERT_EQ(application.error().message, faults.front().message) << text;
      ASSERT_FALSE(faults.front().message.empty());
      continue;
    }
    ++sound;
    if (!application->baseline.empty()) {
      ASSERT_TRUE(application->space.validate(application->baseline)) << text;
    }
  }
  EXPECT_GT(sound, 50);
  EXPECT_GT(faulty, 500);
}

TEST(DamagedDocumentsTest, SpacesAndPacksDoNotCrash) {
  Random random(12);
  for (const auto* file : {"tests/golden/documents/space_several.yaml", "packs/jvm.yaml", "packs/container.yaml"}) {
    const auto lines = lines_of(file);
    for (int i = 0; i < 400; ++i) {
      const auto document = yaml::parse(damaged(lines, random), "d.yaml");
      if (!document) continue;
      EXPECT_EQ(read_pack(*document).has_value(), pack_faults(*document).empty());
      EXPECT_EQ(model::read_space_document(*document).has_value(), model::space_document_faults(*document).empty());
    }
  }
}

}  // namespace
}  // namespace trimtab::packs
