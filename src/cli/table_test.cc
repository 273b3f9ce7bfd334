#include "cli/table.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/values.h"
#include "yaml/document.h"

namespace trimtab::cli {
namespace {

TEST(Table, AlignsByWhatIsSeen) {
  Table table({{"NAME"}, {"COST", false, true}, {"EXTRA", true}, {"NOTE"}});
  table.add({"größer", "1.50", "x", "a"});
  table.add({"b", "12345.00", "y", ""});
  std::ostringstream narrow;
  table.print(narrow, false);
  EXPECT_EQ(narrow.str(),
            "NAME        COST  NOTE\n"
            "größer      1.50  a\n"
            "b       12345.00\n");
  std::ostringstream wide;
  table.print(wide, true);
  EXPECT_NE(wide.str().find("EXTRA"), std::string::npos);
}

TEST(Table, LeavesOutWhatIsSpareWhereRoomIsShort) {
  const auto fitted = [](std::size_t width, std::string& out) {
    Table table({{"NAME"}, {"MORE", false, false, 1}, {"LESS", false, false, 2}, {"WIDE", true}});
    table.add({"a-long-name", "m", "l", "w"});
    const auto left_out = table.fit(width);
    std::ostringstream printed;
    table.print(printed, false);
    out = printed.str();
    return left_out;
  };
  std::string out;
  EXPECT_TRUE(fitted(23, out).empty());
  EXPECT_EQ(out, "NAME         MORE  LESS\na-long-name  m     l\n");
  EXPECT_EQ(fitted(22, out), std::vector<std::string>{"LESS"});
  EXPECT_EQ(out, "NAME         MORE\na-long-name  m\n");
  EXPECT_EQ(fitted(3, out), (std::vector<std::string>{"LESS", "MORE"}));  // the name stays
  EXPECT_EQ(out, "NAME\na-long-name\n");
}

TEST(Table, ControlCharactersDoNotReachTheTerminal) {
  Table table({{"NAME"}});
  table.add({"a\x1b[31mb\nc"});
  std::ostringstream out;
  table.print(out, false);
  EXPECT_EQ(out.str(), "NAME\na [31mb c\n");
}

TEST(Values, PricesAreNumbersOfZeroOrMore) {
  for (const char* good : {"0", "18.5", "1e3"})
    EXPECT_EQ(price_fault(good), "") << good;
  for (const char* bad : {"", "-1", "nan", "inf", "18.5 EUR", "0x1p", "1e999"})
    EXPECT_NE(price_fault(bad), "") << bad;
}

TEST(PrintYaml, IsReadBackAsWhatItWas) {
  const nlohmann::json document{{"text", "plain text"},
                                {"version", "1.0"},
                                {"no", "yes"},
                                {"colon", "a: b # c"},
                                {"empty", ""},
                                {"number", 0.1},
                                {"none", nullptr},
                                {"list", {1, "two", nlohmann::json::array(), {{"x", 1}}}},
                                {"map", nlohmann::json::object()}};
  std::ostringstream out;
  print_yaml(out, document);
  const auto read = yaml::parse(out.str(), "out");
  ASSERT_TRUE(read) << out.str() << read.error().to_string();
  const yaml::Node& root = read->root;
  EXPECT_EQ(root.find("text")->text, "plain text");
  for (const char* name : {"version", "no", "colon", "empty"}) {
    ASSERT_NE(root.find(name), nullptr) << name;
    EXPECT_TRUE(root.find(name)->quoted) << name;
    EXPECT_EQ(root.find(name)->text, document[name].get<std::string>());
  }
  EXPECT_FALSE(root.find("number")->quoted);
  EXPECT_TRUE(root.find("none")->is_null());
  ASSERT_EQ(root.find("list")->items.size(), 4U);
  EXPECT_EQ(root.find("list")->items[2].kind, yaml::Kind::kSequence);
  EXPECT_EQ(root.find("list")->items[3].find("x")->text, "1");
  EXPECT_EQ(root.find("map")->kind, yaml::Kind::kMapping);
}

TEST(Values, AreShort) {
  const nlohmann::json object{{"a", 0.30000000000000004}, {"b", nullptr}, {"c", true}, {"d", "text"}, {"e", 1234567.0}};
  EXPECT_EQ(cell(object, "a"), "0.3");
  EXPECT_EQ(cell(object, "b"), "-");
  EXPECT_EQ(cell(object, "c"), "yes");
  EXPECT_EQ(cell(object, "d"), "text");
  EXPECT_EQ(cell(object, "f"), "-");
  EXPECT_EQ(money(12.5, "EUR"), "12.50 EUR");
  EXPECT_EQ(configuration_text({{"cpu", 0.5}, {"gc", "G1"}}), "cpu=0.5 gc=G1");
}

}  // namespace
}  // namespace trimtab::cli
