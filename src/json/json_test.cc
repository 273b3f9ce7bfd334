#include "json/json.h"

#include <limits>

#include <gtest/gtest.h>

namespace trimtab::json {
namespace {

TEST(JsonTest, RefusesWhatIsBrokenDeepOrDouble) {
  EXPECT_EQ(parse("{\"a\": [1, 2.5]}").value()["a"][1], 2.5);
  EXPECT_EQ(parse("{\"a\": }").error().position.column, 7);
  EXPECT_NE(parse("{\"a\": 1, \"a\": 2}").error().message.find("twice"), std::string::npos);
  EXPECT_EQ(parse(std::string(1000, '[')).error().code, Code::kExhausted);
  EXPECT_EQ(parse("\"" + std::string(2000, 'x') + "\"", {.bytes = 1000, .depth = 64}).error().code, Code::kExhausted);
  EXPECT_FALSE(parse("NaN"));
  EXPECT_FALSE(parse(""));
}

TEST(JsonTest, ErrorsNameTheField) {
  const auto value = parse("{\"a\": {\"n\": \"x\"}}").value();
  EXPECT_EQ(number(value["a"], "n", "a").error().field, "a.n");
  EXPECT_EQ(text(value["a"], "m", "a").error().field, "a.m");
  EXPECT_FALSE(only(value, {"b"}));
  EXPECT_TRUE(finite(std::numeric_limits<double>::quiet_NaN()).is_null());
}

}  // namespace
}  // namespace trimtab::json
