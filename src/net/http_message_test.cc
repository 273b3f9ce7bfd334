#include "net/http_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab::net {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(ParseTarget, TakesPathAndQueryApart) {
  const auto target = parse_target("/a%20b/c?x=1&y&z=p%26q+r&x=2&&=e");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a b/c");
  EXPECT_THAT(target->query, ElementsAre(Pair("", "e"), Pair("x", "1"), Pair("y", ""), Pair("z", "p&q r")));
}

TEST(ParseTarget, KeepsPlusInThePath) {
  EXPECT_EQ(parse_target("/a+b")->path, "/a+b");
  EXPECT_EQ(parse_target("/?")->path, "/");
}

TEST(ParseTarget, RefusesWhatIsNoOriginForm) {
  for (const auto* text :
       {"", "*", "x", "http://h/", "/a%", "/a%2", "/a%zz", "/a%00", "/?x=%", "/a b", "/\x80", "/\x01"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

TEST(PercentEncode, IsUndoneByParseTarget) {
  std::string all;
  for (int c = 1; c < 256; ++c)
    all += static_cast<char>(c);
  const auto target = parse_target("/" + percent_encode(all) + "?" + encode_form({{all, all}}));
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/" + all);
  EXPECT_THAT(target->query, ElementsAre(Pair(all, all)));
}

TEST(Headers, FindsWithoutCase) {
  Headers headers{{"Content-Type", "a"}};
  headers.add("content-type", "b");
  ASSERT_NE(headers.find("CONTENT-TYPE"), nullptr);
  EXPECT_EQ(*headers.find("CONTENT-TYPE"), "a");
  EXPECT_EQ(headers.find("Content-Typ"), nullptr);
}

}  // namespace
}  // namespace trimtab::net
