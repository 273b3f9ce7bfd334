#include <gtest/gtest.h>

#include "expr/expression.h"

namespace trimtab::expr {
namespace {

const std::vector<std::string> kCollectors{"Serial", "G1"};

std::optional<NameType> type_of(std::string_view name) {
  if (name == "heap") return NameType{};
  if (name == "gc") return NameType{Type::kText, kCollectors};
  return std::nullopt;
}

Result<Type> check(const char* text) {
  return Expression::parse(text).value().check(type_of);
}

TEST(CheckTypesTest, FindsTheType) {
  EXPECT_EQ(check("heap * 2 + max(1, heap)"), Type::kNumber);
  EXPECT_EQ(check("gc == 'G1' && !(heap < 3)"), Type::kBoolean);
  EXPECT_EQ(check("gc == 'G1' ? heap : 1"), Type::kNumber);
  EXPECT_EQ(check("heap > 1 ? gc : 'x'"), Type::kText);
}

TEST(CheckTypesTest, SaysWhatDoesNotFitAndWhere) {
  const std::vector<std::tuple<const char*, int, const char*>> cases{
      {"heap + gc", 8, "\"gc\" is a text where a number is needed"},
      {"heap && true", 1, "\"heap\" is a number where a condition is needed"},
      {"1 + memory", 5, "unknown name \"memory\""},
      {"gc == 1", 4, "\"gc == 1\" compares a text with a number"},
      {"heap > 1 || gc == \"G2\"", 19, "gc never is \"G2\""},
      {"heap ? 1 : 2", 1, "\"heap\" is a number where a condition is needed"},
      {"heap > 1 ? 1 : 'a'", 10, "the two sides of the choice differ: a number and a text"},
  };
  for (const auto& [text, column, message] : cases) {
    const auto result = check(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().message, message);
    EXPECT_EQ(result.error().position.column, column) << text;
  }
  EXPECT_EQ(check("gc != \"G2\"").error().hint, "did you mean \"G1\"?");
  EXPECT_EQ(check("gc != \"Epsilon\"").error().hint, "known: Serial, G1");
}

}  // namespace
}  // namespace trimtab::expr
