#include "packs/pattern.h"

#include <gtest/gtest.h>

namespace trimtab::packs {
namespace {

model::Parameter number(std::string unit) {
  model::Parameter parameter;
  parameter.name = "heap";
  parameter.type = model::ParameterType::kInteger;
  parameter.unit = std::move(unit);
  parameter.max = 1 << 20;
  return parameter;
}

TEST(PatternTest, HasPlacesOfOneForm) {
  for (const char* good : {"${value}", "-Xms${value}m -Xmx${value}m", "0x${value:x}00000"})
    EXPECT_TRUE(is_pattern(good)) << good;
  for (const char* bad : {"", "-Xmx512m", "{value}", "${value}${value}", "${value:x}${value:x}", "${value} ${value:x}"})
    EXPECT_FALSE(is_pattern(bad)) << bad;
}

// What is written is what is found, whatever the value.
TEST(PatternTest, MatchUndoesFill) {
  for (const char* pattern : {"-Xmx${value}m", "-Xms${value}m -Xmx${value}m", "A=${value}", "0x${value:x}00000",
                              "T=${value:x}", "${value:x}h"}) {
    for (const double value : {0.0, 1.0, 9.0, 10.0, 15.0, 16.0, 200.0, 4096.0, 65535.0, 1048576.0}) {
      const auto word = fill(pattern, number("MiB"), model::Value(value));
      ASSERT_TRUE(word) << pattern;
      const auto found = match(pattern, number("MiB"), *word);
      ASSERT_TRUE(found) << *word;
      EXPECT_EQ(found->number(), value) << *word;
    }
  }
}

TEST(PatternTest, HexadecimalDigitsAreFoundInAnySpelling) {
  const model::Parameter heap = number("MiB");
  EXPECT_EQ(fill("0x${value:x}00000", heap, model::Value(200.0)).value(), "0xc800000");
  for (const char* word : {"H=0xC800000", "H=c800000", "H=0XC800000", "H=00c800000"})
    EXPECT_EQ(match("H=0x${value:x}00000", heap, word)->number(), 200) << word;
  EXPECT_EQ(match("H=0x${value:x}00000", heap, "H=0xC880000")->number(), 200.5);  // bytes between two MiB
  for (const char* word : {"H=", "H=0x", "H=xyz", "H=-1", "G=0xC800000", "H=0xC8 00000", "H=0xfffffffffffffffff"})
    EXPECT_FALSE(match("H=0x${value:x}00000", heap, word)) << word;
  for (const double value : {-1.0, 0.5, 1e300})
    EXPECT_EQ(fill("${value:x}", heap, model::Value(value)).error().code, Code::kInvalidInput) << value;
  EXPECT_FALSE(fill("${value:x}", heap, model::Value("G1")));
}

TEST(PatternTest, ASizeIsFoundInAnySpelling) {
  for (const char* word : {"-Xmx1g", "-Xmx1024m", "-Xmx1048576k", "-Xmx1073741824", "-Xmx1GiB"})
    EXPECT_EQ(match("-Xmx${value}m", number("MiB"), word)->number(), 1024) << word;
  EXPECT_FALSE(match("-Xmx${value}m", number("MiB"), "-Xmx1x"));
  EXPECT_FALSE(match("-Xms${value}m -Xmx${value}m", number("MiB"), "-Xms1m -Xmx2m"));
}

}  // namespace
}  // namespace trimtab::packs
